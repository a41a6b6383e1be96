import { gapBucket, MAX_GAP_BUCKET } from "../window/delta.ts";

const BUCKETS = MAX_GAP_BUCKET + 1;
/** Steps of fresh gaps that are kept until they are learnt; three of them are judged. */
const KEPT_STEPS = 8;
/** A pair of lines needs this many gaps before it is judged. */
const MIN_LEARNT = 10;
/** An octave beyond all but `TAIL` of so many more there would be this many. */
const PRIOR_SLOW = 0.5;
const PRIOR_GAPS = 10;
/** Above this share of what was learnt a gap is usual. */
const TAIL = 0.02;
const KEEP_PER_BUCKET = 0.998;
/** What takes less than some twenty milliseconds is slow for nobody. */
const MIN_SLOW_BUCKET = gapBucket(23);

/** Steps in a row that looked slow, after which that is how it is. */
const ADOPT_AFTER_STEPS = 90;
/** Of what was learnt before. */
const ADOPTED_KEEP = 0.05;

/** One line of a trace, and the next of the series that keeps this. */
export interface GapPair {
  /** The series that wrote the earlier line. */
  readonly fromKey: string;
  readonly from: string;
  readonly to: string;
}

/** What some steps of a pair of lines show. */
export interface SeenGaps {
  readonly n: number;
  /** Unusually long ones, those of the newest step among them, and how likely one is. */
  readonly slow: number;
  readonly slowNow: number;
  readonly p: number;
}

/** How long one line of a trace usually follows another, as a histogram over half octaves. */
export class GapModel {
  readonly pair: GapPair;
  readonly #learnt = new Float32Array(BUCKETS);
  #total = 0;
  readonly #fresh = new Map<number, Uint16Array>();
  /** Steps that looked slow are not learnt. */
  readonly #slowSteps = new Set<number>();
  #slowInARow = 0;

  constructor(pair: GapPair) {
    this.pair = pair;
  }

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
      if (above > TAIL * this.#total) return Math.max(MIN_SLOW_BUCKET, bucket + 2);
    }
    return MIN_SLOW_BUCKET;
  }

  /** Fresh gaps of `count` steps up to `lastStep`: how many, how many unusually long, and how likely one is. */
  judge(lastStep: number, count: number): SeenGaps {
    const limit = this.#limit();
    let n = 0;
    let slow = 0;
    let slowNow = 0;
    for (let step = lastStep - count + 1; step <= lastStep; step++) {
      const counts = this.#fresh.get(step);
      if (counts === undefined) continue;
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        n += counts[bucket] ?? 0;
        if (bucket < limit) continue;
        slow += counts[bucket] ?? 0;
        if (step === lastStep) slowNow += counts[bucket] ?? 0;
      }
    }
    let above = 0;
    for (let bucket = limit; bucket < BUCKETS; bucket++) above += this.#learnt[bucket] ?? 0;
    return { n, slow, slowNow, p: (above + PRIOR_SLOW) / (this.#total + PRIOR_GAPS) };
  }

  /** What came in this step is not how it usually is; what came so for long is. */
  distrust(step: number): void {
    this.#slowSteps.add(step);
  }

  #trust(step: number): boolean {
    if (!this.#slowSteps.delete(step)) {
      this.#slowInARow = 0;
      return true;
    }
    this.#slowInARow += 1;
    if (this.#slowInARow === ADOPT_AFTER_STEPS) this.#fade(ADOPTED_KEEP);
    return this.#slowInARow >= ADOPT_AFTER_STEPS;
  }

  /** Learns and forgets the fresh steps up to and with `step`. */
  learn(step: number, weight: number): void {
    for (const [at, counts] of this.#fresh) {
      if (at > step) continue;
      this.#fresh.delete(at);
      if (!this.#trust(at) || weight <= 0) continue;
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
    if (this.#total >= 1_000) this.#fade(KEEP_PER_BUCKET);
  }

  #fade(keep: number): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      this.#learnt[bucket] = (this.#learnt[bucket] ?? 0) * keep;
    this.#total *= keep;
  }

  toJson(): GapJson {
    const fresh = Array.from(this.#fresh, ([step, counts]) => [step, sparse(counts)] as const);
    return [sparse(this.#learnt), this.#total, fresh, [...this.#slowSteps], this.#slowInARow];
  }

  restore([learnt, total, fresh, slowSteps, slowInARow]: GapJson): void {
    for (const step of slowSteps) this.#slowSteps.add(step);
    this.#slowInARow = slowInARow;
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
  slowSteps: readonly number[],
  slowInARow: number,
];

function sparse(counts: Float32Array | Uint16Array): Sparse {
  return Array.from(counts, (count, bucket) => [bucket, count] as const).filter(([, count]) => count !== 0);
}
