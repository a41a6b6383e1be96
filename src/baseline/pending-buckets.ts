import type { EpochMs } from "../log/time.ts";
import { WINDOW_STEPS, type BucketSample } from "./count-model.ts";

/** A closed bucket that waits to be learnt. */
export interface PendingBucket {
  readonly sample: BucketSample;
  readonly errors: readonly number[];
  readonly warnings: readonly number[];
  /** Something was being reported about the series while it filled. */
  readonly disturbed: boolean;
}

/** What JSON makes of one: it has no word for what is not known yet. */
type PendingJson = readonly (number | null)[];

const LISTS = 6;
const START = 0;
const EXCUSED = 1;
const DISTURBED = 2;
const LIST_FROM = 3;
const NUMBERS = LIST_FROM + LISTS * WINDOW_STEPS.length;

/** The buckets of one series that wait, the oldest first, as one row of numbers: as objects they would take thrice as much. */
export class PendingBuckets {
  #numbers = new Float64Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push({ sample, errors, warnings, disturbed }: PendingBucket): void {
    const { startMs, excused, counts, slow, nearSlow, nearFast } = sample;
    this.#pushRow([
      startMs,
      excused,
      disturbed ? 1 : 0,
      ...[counts, slow, nearSlow, nearFast, errors, warnings].flatMap((list) => row(list)),
    ]);
  }

  #pushRow(numbers: readonly number[]): void {
    const from = this.#length * NUMBERS;
    if (from >= this.#numbers.length) {
      const wider = new Float64Array(Math.max(2, this.#length * 2) * NUMBERS);
      wider.set(this.#numbers);
      this.#numbers = wider;
    }
    this.#numbers.set(numbers, from);
    this.#length += 1;
  }

  /** Negative: from the end. */
  at(index: number): PendingBucket | undefined {
    const place = index < 0 ? this.#length + index : index;
    if (place < 0 || place >= this.#length) return undefined;
    const from = place * NUMBERS;
    const one = (at: number): number => this.#numbers[from + at] ?? 0;
    const list = (number: number): number[] => {
      const start = from + LIST_FROM + number * WINDOW_STEPS.length;
      return [...this.#numbers.subarray(start, start + WINDOW_STEPS.length)];
    };
    const startMs: EpochMs = one(START);
    return {
      sample: {
        startMs,
        excused: one(EXCUSED),
        counts: list(0),
        slow: list(1),
        nearSlow: list(2),
        nearFast: list(3),
      },
      errors: list(4),
      warnings: list(5),
      disturbed: one(DISTURBED) === 1,
    };
  }

  shift(): PendingBucket | undefined {
    const oldest = this.at(0);
    if (oldest === undefined) return undefined;
    this.#numbers.copyWithin(0, NUMBERS, this.#length * NUMBERS);
    this.#length -= 1;
    return oldest;
  }

  /** Something was being reported while the last `count` filled. */
  disturb(count: number): void {
    for (let i = Math.max(0, this.#length - count); i < this.#length; i++) {
      this.#numbers[i * NUMBERS + DISTURBED] = 1;
    }
  }

  clear(): void {
    this.#length = 0;
  }

  toJson(): readonly PendingJson[] {
    return Array.from({ length: this.#length }, (_, i) => [
      ...this.#numbers.subarray(i * NUMBERS, (i + 1) * NUMBERS),
    ]);
  }

  restore(json: readonly PendingJson[]): void {
    for (const numbers of json) {
      if (numbers.length === NUMBERS) this.#pushRow(numbers.map((value) => value ?? NaN));
    }
  }
}

/** As long as there are windows. */
function row(list: readonly number[]): number[] {
  return WINDOW_STEPS.map((_, i) => list[i] ?? NaN);
}
