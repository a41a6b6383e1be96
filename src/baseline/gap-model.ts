import { MAX_GAP_BUCKET } from "../window/delta.ts";

const BUCKETS = MAX_GAP_BUCKET + 1;
/** Steps of fresh gaps that are kept until they are learnt; three of them are judged. */
const KEPT_STEPS = 8;
/** A pair of lines needs this many gaps before it is judged. */
const MIN_LEARNT = 20;
/** Above this share of what was learnt a gap is usual. */
const TAIL = 0.02;
const KEEP_PER_BUCKET = 0.998;

/** How long one line of a trace usually follows another, as a histogram over half octaves. */
export class GapModel {
  readonly #learnt = new Float32Array(BUCKETS);
  #total = 0;
  readonly #fresh = new Map<number, Uint16Array>();

  add(step: number, bucket: number, count: number): void {
    let counts = this.#fresh.get(step);
    if (counts === undefined) {
      counts = new Uint16Array(BUCKETS);
      this.#fresh.set(step, counts);
    }
    counts[bucket] = Math.min(65_535, (counts[bucket] ?? 0) + count);
  }

  get known(): boolean {
    return this.#total >= MIN_LEARNT;
  }

  /** The first bucket above which less than `TAIL` of the learnt gaps lie, one half octave of room added. */
  #limit(): number {
    let above = 0;
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      above += this.#learnt[bucket] ?? 0;
      if (above > TAIL * this.#total) return bucket + 2;
    }
    return 0;
  }

  /** Fresh gaps of `count` steps up to `lastStep`: how many, how many unusually long, and how likely one is. */
  judge(lastStep: number, count: number): { readonly n: number; readonly slow: number; readonly p: number } {
    const limit = this.#limit();
    let n = 0;
    let slow = 0;
    for (let step = lastStep - count + 1; step <= lastStep; step++) {
      const counts = this.#fresh.get(step);
      if (counts === undefined) continue;
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        n += counts[bucket] ?? 0;
        if (bucket >= limit) slow += counts[bucket] ?? 0;
      }
    }
    let above = 0;
    for (let bucket = limit; bucket < BUCKETS; bucket++) above += this.#learnt[bucket] ?? 0;
    return { n, slow, p: (above + 1) / (this.#total + 2 / TAIL) };
  }

  /** Learns and forgets the fresh steps up to and with `step`. */
  learn(step: number, weight: number): void {
    for (const [at, counts] of this.#fresh) {
      if (at > step) continue;
      this.#fresh.delete(at);
      if (weight <= 0) continue;
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const count = (counts[bucket] ?? 0) * weight;
        this.#learnt[bucket] = (this.#learnt[bucket] ?? 0) + count;
        this.#total += count;
      }
    }
    while (this.#fresh.size > KEPT_STEPS) {
      const [oldest] = this.#fresh.keys();
      if (oldest === undefined) break;
      this.#fresh.delete(oldest);
    }
  }

  decay(): void {
    if (this.#total < 1_000) return;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#learnt[bucket] = (this.#learnt[bucket] ?? 0) * KEEP_PER_BUCKET;
    }
    this.#total *= KEEP_PER_BUCKET;
  }

  toJson(): GapJson {
    const fresh = Array.from(this.#fresh, ([step, counts]) => [step, sparse(counts)] as const);
    return [sparse(this.#learnt), this.#total, fresh];
  }

  restore([learnt, total, fresh]: GapJson): void {
    for (const [bucket, count] of learnt) this.#learnt[bucket] = count;
    this.#total = total;
    for (const [step, counts] of fresh) {
      for (const [bucket, count] of counts) this.add(step, bucket, count);
    }
  }
}

type Sparse = readonly (readonly [bucket: number, count: number])[];

export type GapJson = readonly [
  learnt: Sparse,
  total: number,
  fresh: readonly (readonly [step: number, counts: Sparse])[],
];

function sparse(counts: Float32Array | Uint16Array): Sparse {
  return Array.from(counts, (count, bucket) => [bucket, count] as const).filter(([, count]) => count !== 0);
}
