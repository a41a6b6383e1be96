import type { LagStats } from "./delta.ts";

export type MutableLag = { -readonly [field in keyof LagStats]: LagStats[field] };

/** How long the records of one batch took to come, by series; no object per record. */
export class BatchLag {
  readonly #counts: Float64Array;
  readonly #sumsMs: Float64Array;
  readonly #minsMs: Float64Array;
  readonly #maxsMs: Float64Array;
  readonly #late: Float64Array;
  lateInAll = 0;

  constructor(series: number) {
    this.#counts = new Float64Array(series);
    this.#sumsMs = new Float64Array(series);
    this.#minsMs = new Float64Array(series).fill(Infinity);
    this.#maxsMs = new Float64Array(series).fill(-Infinity);
    this.#late = new Float64Array(series);
  }

  /** `lagMs` is negative where the record's clock is ahead of ours. */
  see(series: number, lagMs: number): void {
    this.#counts[series] = (this.#counts[series] ?? 0) + 1;
    this.#sumsMs[series] = (this.#sumsMs[series] ?? 0) + lagMs;
    if (lagMs < (this.#minsMs[series] ?? 0)) this.#minsMs[series] = lagMs;
    if (lagMs > (this.#maxsMs[series] ?? 0)) this.#maxsMs[series] = lagMs;
  }

  /** One that was seen is too old to be counted. */
  late(series: number): void {
    this.#late[series] = (this.#late[series] ?? 0) + 1;
    this.lateInAll += 1;
  }

  lateOf(series: number): number {
    return this.#late[series] ?? 0;
  }

  /** Did a record of it tell its time? */
  has(series: number): boolean {
    return (this.#counts[series] ?? 0) > 0;
  }

  /** With what was known before. */
  joined(series: number, known: MutableLag | null): MutableLag {
    const count = this.#counts[series] ?? 0;
    const sumMs = this.#sumsMs[series] ?? 0;
    const minMs = this.#minsMs[series] ?? 0;
    const maxMs = this.#maxsMs[series] ?? 0;
    if (known === null) return { count, sumMs, minMs, maxMs };
    known.count += count;
    known.sumMs += sumMs;
    known.minMs = Math.min(known.minMs, minMs);
    known.maxMs = Math.max(known.maxMs, maxMs);
    return known;
  }
}
