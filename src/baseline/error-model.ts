import { DAY_MS } from "../log/time.ts";
import { WINDOW_STEPS } from "./count-model.ts";
import { Cells } from "./cells.ts";
import { Dispersion, learnSpreads, spreadOf } from "./dispersion.ts";
import type { Spread } from "./tail.ts";

const HALF_LIFE_MS = 7 * DAY_MS;
const PRIOR_SHARE = 0.005;
const PRIOR_RECORDS = 60;
const SPREAD: Spread = { kappa: 1, phi: 0.1 };
/** The share itself is known as well as it was counted: added to phi, so many errors standing for what is known before. */
const KNOWN_BEFORE = 2;
/** Shares move with the hour, too: added to phi before the first day is over. */
const FIRST_DAY_PHI = 0.8;
const FOLLOW_ADOPTED = 1 / 12;

/** Share of errors among a series' records, without a season; the spread is that of errors given the records. */
export class ErrorModel {
  readonly #keep: number;
  readonly #bucketsPerDay: number;
  readonly #spread: readonly Dispersion[];
  #errors = 0;
  #records = 0;
  /** Learnt so far. */
  #buckets = 0;
  /** Of a lasting change; 0: none. */
  #adopted = 0;

  static readonly CELLS = WINDOW_STEPS.length * Dispersion.CELLS;

  constructor(bucketMs: number, cells = new Cells(ErrorModel.CELLS)) {
    this.#bucketsPerDay = DAY_MS / bucketMs;
    this.#keep = 2 ** (-bucketMs / HALF_LIFE_MS);
    this.#spread = WINDOW_STEPS.map(() => new Dispersion(bucketMs, SPREAD, cells));
  }

  get share(): number {
    return Math.max(this.#learntShare(), this.#adopted);
  }

  #learntShare(): number {
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

  spread(window: number): Spread {
    const unseen = FIRST_DAY_PHI * Math.max(0, 1 - this.#buckets / this.#bucketsPerDay);
    return spreadOf(this.#spread, window, unseen + 1 / (this.#errors + KNOWN_BEFORE)) ?? SPREAD;
  }

  learn(counts: readonly number[], errors: readonly number[], mus: readonly number[], weight: number): void {
    const expected = counts.map((count, i) => this.expected(count, mus[i] ?? NaN));
    learnSpreads(this.#spread, errors, expected, weight);
    this.#buckets += 1;
    this.#follow(counts[1] ?? 0, errors[1] ?? 0);
    this.#errors = this.#errors * this.#keep + weight * (errors[1] ?? 0);
    this.#records = this.#records * this.#keep + weight * (counts[1] ?? 0);
  }

  /** An adopted share lasts as long as errors come like that. */
  #follow(count: number, errors: number): void {
    if (this.#adopted === 0 || count === 0) return;
    this.#adopted += FOLLOW_ADOPTED * (Math.min(1, errors / count) - this.#adopted);
    if (this.#adopted <= this.#learntShare()) this.#adopted = 0;
  }

  /** A lasting change of the share. */
  adopt(share: number): void {
    this.#adopted = share;
  }

  toJson(): ErrorModelJson {
    return {
      errors: this.#errors,
      records: this.#records,
      adopted: this.#adopted,
      buckets: this.#buckets,
      spread: this.#spread.map((spread) => spread.toJson()),
    };
  }

  restore(json: ErrorModelJson): void {
    this.#errors = json.errors;
    this.#records = json.records;
    this.#adopted = json.adopted;
    this.#buckets = json.buckets;
    for (const [i, spread] of this.#spread.entries()) spread.restore(json.spread[i] ?? []);
  }
}

export interface ErrorModelJson {
  readonly errors: number;
  readonly records: number;
  readonly adopted: number;
  readonly buckets: number;
  readonly spread: readonly (readonly number[])[];
}
