import { DAY_MS, type EpochMs } from "../log/time.ts";
import { Dispersion } from "./dispersion.ts";
import { Level } from "./level.ts";
import { Season, type SeasonJson } from "./season.ts";
import { surpriseAbove, surpriseBelow, type Spread } from "./tail.ts";

/** Window lengths in steps (minutes at a window of 5 minutes), shortest first. */
export const WINDOW_STEPS = [1, 5, 15, 60] as const;
export const LONGEST_STEPS = 60;
/** A step is this part of the configured window. */
export const STEPS_PER_BUCKET = 5;

const SLOW_HALF_LIFE_BUCKETS = 288;
const FAST_HALF_LIFE_BUCKETS = 6;
const FAST_PRIOR: Spread = { kappa: 0.1, phi: 0.04 };
const SLOW_PRIOR: Spread = { kappa: 0.1, phi: 0.08 };
/** Jobs start some minutes early or late: the expectation is looked up this many steps around the time. */
const JITTER_STEPS = 4;
const COLD_PHI = 0.25;
const COLD_MS = 14 * DAY_MS;
/** Clocks are set by an hour twice a year, and what people and jobs do moves with them. */
const CLOCK_STEPS = 60;
/** Buckets whose expectation is kept: the longest window, the changed clock to both sides, and some to spare. */
const KEPT_BUCKETS = 40;
const YOUNG_BUCKETS = 32;

/** What one model expects of one window. */
export interface Expectation {
  /** At the time itself. */
  readonly mu: number;
  /** The largest and smallest within the jitter, and by a clock that was set an hour forth or back. */
  readonly high: number;
  readonly low: number;
}

/** What a closed bucket was and what was expected of it then. */
export interface BucketSample {
  readonly startMs: EpochMs;
  /** Records by window length, all ending with the bucket. */
  readonly counts: readonly number[];
  readonly slow: readonly number[];
  readonly fast: readonly number[];
}

/** Records of one series: season × slow level (× fast level), with a spread per model and window length. */
export class CountModel {
  readonly #bucketMs: number;
  readonly #season: Season;
  readonly #slow: Level;
  readonly #fast: Level;
  readonly #slowSpread: readonly Dispersion[];
  readonly #fastSpread: readonly Dispersion[];
  readonly #rates = new Float64Array(KEPT_BUCKETS);
  readonly #rateBuckets = new Float64Array(KEPT_BUCKETS).fill(-1);
  #firstMs: EpochMs | null = null;

  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
    this.#season = new Season(bucketMs);
    this.#slow = new Level({
      bucketMs,
      halfLifeMs: SLOW_HALF_LIFE_BUCKETS * bucketMs,
      prior: 8,
      min: 0.1,
      max: 10,
    });
    this.#fast = new Level({
      bucketMs,
      halfLifeMs: FAST_HALF_LIFE_BUCKETS * bucketMs,
      prior: 12,
      min: 0.2,
      max: 5,
    });
    this.#slowSpread = WINDOW_STEPS.map(() => new Dispersion(bucketMs, SLOW_PRIOR));
    this.#fastSpread = WINDOW_STEPS.map(() => new Dispersion(bucketMs, FAST_PRIOR));
  }

  get known(): boolean {
    return this.#season.weight > 0;
  }

  /** Buckets learnt, old ones weighing less. */
  get weight(): number {
    return this.#season.weight;
  }

  /** Overall mean per bucket. */
  get mean(): number {
    return this.#season.mean * this.#slow.factor;
  }

  /** By the season alone, per bucket. */
  #rate(bucket: number): number {
    const i = ((bucket % KEPT_BUCKETS) + KEPT_BUCKETS) % KEPT_BUCKETS;
    if (this.#rateBuckets[i] !== bucket) {
      this.#rateBuckets[i] = bucket;
      this.#rates[i] = this.#season.expected(bucket * this.#bucketMs);
    }
    return this.#rates[i] ?? 0;
  }

  #integral(fromMs: EpochMs, toMs: EpochMs): number {
    let sum = 0;
    for (let bucket = Math.floor(fromMs / this.#bucketMs); bucket * this.#bucketMs < toMs; bucket++) {
      const overlap =
        Math.min(toMs, (bucket + 1) * this.#bucketMs) - Math.max(fromMs, bucket * this.#bucketMs);
      sum += (this.#rate(bucket) * overlap) / this.#bucketMs;
    }
    return sum;
  }

  /** By the slow model, for the window of `steps` that ends at `toMs`; × `fastFactor` by the fast one. */
  expectation(steps: number, toMs: EpochMs): Expectation {
    const stepMs = this.#bucketMs / STEPS_PER_BUCKET;
    const lengthMs = steps * stepMs;
    const jitterMs = JITTER_STEPS * stepMs;
    const clockMs = CLOCK_STEPS * stepMs;
    const level = this.#slow.factor;
    const mu = level * this.#integral(toMs - lengthMs, toMs);
    const early = level * this.#integral(toMs - jitterMs - lengthMs, toMs - jitterMs);
    const late = level * this.#integral(toMs + jitterMs - lengthMs, toMs + jitterMs);
    const clockBack = level * this.#integral(toMs - clockMs - lengthMs, toMs - clockMs);
    const clockForth = level * this.#integral(toMs + clockMs - lengthMs, toMs + clockMs);
    return {
      mu,
      high: Math.max(mu, early, late, clockBack, clockForth),
      low: Math.min(mu, early, late, clockBack, clockForth),
    };
  }

  get fastFactor(): number {
    return this.#fast.factor;
  }

  #widen(atMs: EpochMs): number {
    const ageMs = this.#firstMs === null ? 0 : atMs - this.#firstMs;
    return COLD_PHI * Math.max(0, 1 - ageMs / COLD_MS);
  }

  slowSpread(window: number, atMs: EpochMs): Spread {
    return this.#slowSpread[window]?.spread(this.#widen(atMs)) ?? SLOW_PRIOR;
  }

  fastSpread(window: number, atMs: EpochMs): Spread {
    return this.#fastSpread[window]?.spread(this.#widen(atMs)) ?? FAST_PRIOR;
  }

  /** What is expected now, to be learnt from once the bucket is old enough. */
  sample(startMs: EpochMs, counts: readonly number[]): BucketSample {
    const stepMs = this.#bucketMs / STEPS_PER_BUCKET;
    const endMs = startMs + this.#bucketMs;
    const slow = WINDOW_STEPS.map(
      (steps) => this.#slow.factor * this.#integral(endMs - steps * stepMs, endMs),
    );
    const factor = this.#fast.factor;
    return { startMs, counts, slow, fast: slow.map((mu) => mu * factor) };
  }

  /** Follows the recent level; `frozen` while something is being reported about it. */
  follow(sample: BucketSample, frozen: boolean): void {
    const expected = sample.slow[1] ?? NaN;
    if (frozen || !(expected > 0)) return;
    const count = Math.min(expected * 3, Math.max(expected / 3, sample.counts[1] ?? 0));
    this.#fast.learn(count, expected, 1);
  }

  /** How odd a bucket is under the slow model, on both sides: −log10 p. */
  oddness(sample: BucketSample): number {
    const count = sample.counts[1] ?? 0;
    const mu = sample.slow[1] ?? NaN;
    if (!(mu > 0)) return 0;
    const spread = this.slowSpread(1, sample.startMs);
    const side = count > mu ? surpriseAbove(count, mu, spread) : surpriseBelow(count, mu, spread);
    return Math.max(0, side - Math.log10(2));
  }

  learn(sample: BucketSample, weight: number): void {
    this.#firstMs ??= sample.startMs;
    const count = sample.counts[1] ?? 0;
    const seasonal = this.#season.expected(sample.startMs);
    if (seasonal > 0) this.#slow.learn(count, seasonal, weight);
    for (let i = 0; i < WINDOW_STEPS.length; i++) {
      this.#slowSpread[i]?.learn(sample.counts[i] ?? 0, sample.slow[i] ?? NaN, weight);
      this.#fastSpread[i]?.learn(sample.counts[i] ?? 0, sample.fast[i] ?? NaN, weight);
    }
    this.#season.learn(sample.startMs, count, weight);
    if (this.#season.weight < YOUNG_BUCKETS) this.#rateBuckets.fill(-1);
  }

  /** A lasting change is now the level. */
  adopt(factor: number): void {
    this.#season.scale(factor);
    this.#slow.reset();
    this.#fast.reset();
    this.#rateBuckets.fill(-1);
  }

  toJson(): CountModelJson {
    return {
      season: this.#season.toJson(),
      slow: this.#slow.toJson(),
      fast: this.#fast.toJson(),
      slowSpread: this.#slowSpread.map((spread) => spread.toJson()),
      fastSpread: this.#fastSpread.map((spread) => spread.toJson()),
      firstMs: this.#firstMs,
      rates: [...this.#rates],
      rateBuckets: [...this.#rateBuckets],
    };
  }

  restore(json: CountModelJson): void {
    this.#season.restore(json.season);
    this.#slow.restore(json.slow);
    this.#fast.restore(json.fast);
    for (const [i, spread] of this.#slowSpread.entries()) spread.restore(json.slowSpread[i] ?? []);
    for (const [i, spread] of this.#fastSpread.entries()) spread.restore(json.fastSpread[i] ?? []);
    this.#firstMs = json.firstMs;
    this.#rates.set(json.rates.map((rate) => rate ?? NaN).slice(0, KEPT_BUCKETS));
    this.#rateBuckets.set(json.rateBuckets.slice(0, KEPT_BUCKETS));
  }
}

export interface CountModelJson {
  readonly season: SeasonJson;
  readonly slow: readonly number[];
  readonly fast: readonly number[];
  readonly slowSpread: readonly (readonly number[])[];
  readonly fastSpread: readonly (readonly number[])[];
  readonly firstMs: EpochMs | null;
  /** What was expected of recent and coming buckets is not worked out anew while it is asked for. */
  readonly rates: readonly (number | null)[];
  readonly rateBuckets: readonly number[];
}
