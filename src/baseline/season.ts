import { DAY_MS, type EpochMs } from "../log/time.ts";

const HOUR_MS = 3_600_000;
const HOURS_PER_WEEK = 168;
const FIVE_MINUTES_MS = 300_000;
const SLOTS_PER_DAY = DAY_MS / FIVE_MINUTES_MS;
const SLOTS_PER_HOUR = 12;
const GLOBAL_HALF_LIFE_MS = 7 * DAY_MS;
/** Of an hour of the week: about four weeks. */
const HOUR_KEEP_PER_VISIT = 0.84;
/** Of a five-minute slot of the day: a half-life of 28 visits. */
const SLOT_KEEP_PER_VISIT = 2 ** (-1 / 28);
/** Weight of one hour, in five-minute buckets: what a finer level needs before it outweighs the coarser one. */
const DAY_PRIOR = 12;
const WEEK_PRIOR = 4;
const SLOT_PRIOR = 2;
/** And so many records: the slots of a quiet series are chance for long. */
const SLOT_RECORDS = 20;

/**
 * What a series logs per bucket by hour of the week: shrunk to the hour of the day, that to the overall mean, with
 * the shape within the hour (cron jobs, edges of batches) on top. Times are UTC.
 */
export class Season {
  readonly #bucketMs: number;
  readonly #keepGlobal: number;
  readonly #keepHour: number;
  readonly #keepSlot: number;
  #sum = 0;
  #weight = 0;
  /** In one piece of memory: four would take half a kilobyte more. */
  readonly #cells = new Float32Array(2 * (HOURS_PER_WEEK + SLOTS_PER_DAY));
  readonly #hours = this.#cells.subarray(0, HOURS_PER_WEEK);
  readonly #hourWeights = this.#cells.subarray(HOURS_PER_WEEK, 2 * HOURS_PER_WEEK);
  readonly #slots = this.#cells.subarray(2 * HOURS_PER_WEEK, 2 * HOURS_PER_WEEK + SLOTS_PER_DAY);
  readonly #slotWeights = this.#cells.subarray(2 * HOURS_PER_WEEK + SLOTS_PER_DAY);

  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
    this.#keepGlobal = 2 ** (-bucketMs / GLOBAL_HALF_LIFE_MS);
    this.#keepHour = HOUR_KEEP_PER_VISIT ** Math.min(1, bucketMs / HOUR_MS);
    this.#keepSlot = SLOT_KEEP_PER_VISIT ** Math.min(1, bucketMs / FIVE_MINUTES_MS);
  }

  /** Weight of all that was learnt, in buckets. */
  get weight(): number {
    return this.#weight;
  }

  /** Overall mean per bucket; NaN before anything was learnt. */
  get mean(): number {
    return this.#sum / this.#weight;
  }

  /** How many days this hour of the day was learnt, and how many weeks this hour of the week; old ones weigh less. */
  visits(timeMs: EpochMs): { readonly days: number; readonly weeks: number } {
    const hour = Math.floor(timeMs / HOUR_MS) % HOURS_PER_WEEK;
    let days = 0;
    for (let i = hour % 24; i < HOURS_PER_WEEK; i += 24) days += this.#hourWeights[i] ?? 0;
    const perHour = HOUR_MS / this.#bucketMs;
    return { days: days / perHour, weeks: (this.#hourWeights[hour] ?? 0) / perHour };
  }

  /** Expected records of the bucket that starts at `timeMs`; NaN before anything was learnt. */
  expected(timeMs: EpochMs): number {
    if (this.#weight <= 0) return NaN;
    const hour = Math.floor(timeMs / HOUR_MS) % HOURS_PER_WEEK;
    const hourOfDay = hour % 24;
    let daySum = DAY_PRIOR * this.mean;
    let dayWeight = DAY_PRIOR;
    for (let i = hourOfDay; i < HOURS_PER_WEEK; i += 24) {
      daySum += this.#hours[i] ?? 0;
      dayWeight += this.#hourWeights[i] ?? 0;
    }
    const byDay = daySum / dayWeight;
    const byWeek =
      (WEEK_PRIOR * byDay + (this.#hours[hour] ?? 0)) / (WEEK_PRIOR + (this.#hourWeights[hour] ?? 0));
    return byWeek * this.#shape(timeMs, hourOfDay);
  }

  /** How this slot stands to the mean of its hour. */
  #shape(timeMs: EpochMs, hourOfDay: number): number {
    const from = hourOfDay * SLOTS_PER_HOUR;
    let sum = 0;
    let weight = 0;
    for (let i = from; i < from + SLOTS_PER_HOUR; i++) {
      sum += this.#slots[i] ?? 0;
      weight += this.#slotWeights[i] ?? 0;
    }
    if (weight <= 0 || sum <= 0) return 1;
    const slot = slotOf(timeMs);
    const everyHour = this.#everyHour(slot % SLOTS_PER_HOUR);
    const prior = SLOT_PRIOR + SLOT_RECORDS / this.mean;
    return (
      (prior * everyHour + (this.#slots[slot] ?? 0)) /
      (prior + ((this.#slotWeights[slot] ?? 0) * sum) / weight)
    );
  }

  /** The same slot of all hours: what runs hourly is known after a day, not after weeks. */
  #everyHour(slot: number): number {
    let sum = 0;
    let weight = 0;
    let all = 0;
    let allWeight = 0;
    for (let i = 0; i < SLOTS_PER_DAY; i++) {
      all += this.#slots[i] ?? 0;
      allWeight += this.#slotWeights[i] ?? 0;
      if (i % SLOTS_PER_HOUR !== slot) continue;
      sum += this.#slots[i] ?? 0;
      weight += this.#slotWeights[i] ?? 0;
    }
    const prior = (SLOT_PRIOR + SLOT_RECORDS / this.mean) / 2;
    return all > 0 ? (prior + (sum * allWeight) / all) / (prior + weight) : 1;
  }

  /** Learns the bucket that started at `timeMs` with a weight of 0 to 1. */
  learn(timeMs: EpochMs, count: number, weight: number): void {
    const expected = this.expected(timeMs);
    this.#sum = this.#sum * this.#keepGlobal + weight * count;
    this.#weight = this.#weight * this.#keepGlobal + weight;
    const hour = Math.floor(timeMs / HOUR_MS) % HOURS_PER_WEEK;
    decay(this.#hours, this.#hourWeights, hour, this.#keepHour, weight * count, weight);
    // Relative to the mean, so that a busy day weighs no more than a quiet one.
    const relative = Number.isFinite(expected) && this.mean > 0 ? count / this.mean : 1;
    decay(this.#slots, this.#slotWeights, slotOf(timeMs), this.#keepSlot, weight * relative, weight);
  }

  toJson(): SeasonJson {
    return {
      bucketMs: this.#bucketMs,
      sum: this.#sum,
      weight: this.#weight,
      hours: [...this.#hours],
      hourWeights: [...this.#hourWeights],
      slots: [...this.#slots],
      slotWeights: [...this.#slotWeights],
    };
  }

  restore(json: SeasonJson): void {
    this.#sum = json.sum;
    this.#weight = json.weight;
    this.#hours.set(json.hours.slice(0, HOURS_PER_WEEK));
    this.#hourWeights.set(json.hourWeights.slice(0, HOURS_PER_WEEK));
    this.#slots.set(json.slots.slice(0, SLOTS_PER_DAY));
    this.#slotWeights.set(json.slotWeights.slice(0, SLOTS_PER_DAY));
  }
}

export interface SeasonJson {
  readonly bucketMs: number;
  readonly sum: number;
  readonly weight: number;
  readonly hours: readonly number[];
  readonly hourWeights: readonly number[];
  readonly slots: readonly number[];
  readonly slotWeights: readonly number[];
}

function slotOf(timeMs: EpochMs): number {
  return Math.floor(timeMs / FIVE_MINUTES_MS) % SLOTS_PER_DAY;
}

function decay(
  sums: Float32Array,
  weights: Float32Array,
  index: number,
  keep: number,
  sum: number,
  weight: number,
): void {
  sums[index] = (sums[index] ?? 0) * keep + sum;
  weights[index] = (weights[index] ?? 0) * keep + weight;
}
