import { DAY_MS, type EpochMs } from "../log/time.ts";

/** Days that are remembered, today among them. */
const DAYS = 8;
/** On so many of them it must have been as far off for it to be how things are. */
const USUAL_DAYS = 3;

/** The largest value of each kind on each of the last days: what comes on several days of a week is usual. */
export class Extremes {
  readonly #kinds: number;
  readonly #largest: Float32Array;
  readonly #days = new Uint16Array(DAYS);

  constructor(kinds: number) {
    this.#kinds = kinds;
    this.#largest = new Float32Array(kinds * DAYS);
  }

  /** Values of 0 and less are nothing to remember. */
  add(kind: number, value: number, atMs: EpochMs): void {
    if (!(value > 0)) return;
    const day = Math.floor(atMs / DAY_MS) & 0xffff;
    const row = day % DAYS;
    if (this.#days[row] !== day) {
      this.#days[row] = day;
      this.#largest.fill(0, row * this.#kinds, (row + 1) * this.#kinds);
    }
    const i = row * this.#kinds + kind;
    this.#largest[i] = Math.max(this.#largest[i] ?? 0, value);
  }

  /** On how many days of the last week, today among them, was it at least this much? */
  #daysWith(kind: number, least: number, atMs: EpochMs): number {
    const today = Math.floor(atMs / DAY_MS) & 0xffff;
    let days = 0;
    for (let row = 0; row < DAYS; row++) {
      const age = today - (this.#days[row] ?? 0);
      if (age >= 0 && age < DAYS && (this.#largest[row * this.#kinds + kind] ?? 0) >= least) days += 1;
    }
    return days;
  }

  isUsual(kind: number, value: number, atMs: EpochMs): boolean {
    return this.#daysWith(kind, value, atMs) >= USUAL_DAYS;
  }

  toJson(): ExtremesJson {
    return [[...this.#days], [...this.#largest]];
  }

  restore([days, largest]: ExtremesJson): void {
    if (largest.length !== this.#largest.length) return;
    this.#days.set(days.slice(0, DAYS));
    this.#largest.set(largest);
  }
}

export type ExtremesJson = readonly [days: readonly number[], largest: readonly number[]];
