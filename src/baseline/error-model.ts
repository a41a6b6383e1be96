import { DAY_MS, type EpochMs } from "../log/time.ts";
import { WINDOW_STEPS } from "./count-model.ts";
import { Dispersion } from "./dispersion.ts";
import type { Spread } from "./tail.ts";

const HALF_LIFE_MS = 7 * DAY_MS;
const PRIOR_SHARE = 0.005;
const PRIOR_RECORDS = 60;
const SPREAD: Spread = { kappa: 1, phi: 0.4 };
const COLD_PHI = 0.5;
const COLD_MS = 14 * DAY_MS;

/** Share of errors among a series' records, without a season; the spread is that of errors given the records. */
export class ErrorModel {
  readonly #keep: number;
  readonly #spread: readonly Dispersion[];
  #errors = 0;
  #records = 0;
  #firstMs: EpochMs | null = null;

  constructor(bucketMs: number) {
    this.#keep = 2 ** (-bucketMs / HALF_LIFE_MS);
    this.#spread = WINDOW_STEPS.map(() => new Dispersion(bucketMs, SPREAD));
  }

  get share(): number {
    return (this.#errors + PRIOR_SHARE * PRIOR_RECORDS) / (this.#records + PRIOR_RECORDS);
  }

  /** Records that the share was learnt from. */
  get records(): number {
    return this.#records;
  }

  /**
   * Errors to be expected among `count` records where `mu` were expected: a collapsing or exploding denominator
   * must not decide.
   */
  expected(count: number, mu: number): number {
    const usual = Number.isFinite(mu) ? mu : count;
    return Math.min(Math.max(count, 0.5 * usual), Math.max(4 * usual, 20)) * this.share;
  }

  spread(window: number, atMs: EpochMs): Spread {
    const ageMs = this.#firstMs === null ? 0 : atMs - this.#firstMs;
    return this.#spread[window]?.spread(COLD_PHI * Math.max(0, 1 - ageMs / COLD_MS)) ?? SPREAD;
  }

  learn(
    atMs: EpochMs,
    counts: readonly number[],
    errors: readonly number[],
    mus: readonly number[],
    weight: number,
  ): void {
    this.#firstMs ??= atMs;
    for (let i = 0; i < WINDOW_STEPS.length; i++) {
      this.#spread[i]?.learn(errors[i] ?? 0, this.expected(counts[i] ?? 0, mus[i] ?? NaN), weight);
    }
    this.#errors = this.#errors * this.#keep + weight * (errors[1] ?? 0);
    this.#records = this.#records * this.#keep + weight * (counts[1] ?? 0);
  }

  /** A lasting change of the share. */
  adopt(share: number): void {
    this.#errors = share * this.#records;
  }

  toJson(): ErrorModelJson {
    return {
      errors: this.#errors,
      records: this.#records,
      spread: this.#spread.map((spread) => spread.toJson()),
      firstMs: this.#firstMs,
    };
  }

  restore(json: ErrorModelJson): void {
    this.#errors = json.errors;
    this.#records = json.records;
    for (const [i, spread] of this.#spread.entries()) spread.restore(json.spread[i] ?? []);
    this.#firstMs = json.firstMs;
  }
}

export interface ErrorModelJson {
  readonly errors: number;
  readonly records: number;
  readonly spread: readonly (readonly number[])[];
  readonly firstMs: EpochMs | null;
}
