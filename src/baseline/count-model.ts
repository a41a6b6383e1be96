import { DAY_MS, type EpochMs } from "../log/time.ts";
import { Cells } from "./cells.ts";
import { Dispersion, learnSpreads, spreadOf } from "./dispersion.ts";
import { Extremes, type ExtremesJson } from "./extremes.ts";
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
/** Added to phi for an hour of the day that was never seen, and for an hour of the week; known ones need less. */
const NEW_HOUR_PHI = 0.3;
const NEW_WEEK_PHI = 0.05;
const PER_DAY = 8;
/** Of an hour of the day, in days: what was learnt of the present hour a moment ago is not enough. */
const KNOWN_VISITS = 0.6;
const PER_WEEK = 8;
/** Clocks are set by an hour twice a year, and what people and jobs do moves with them. */
const CLOCK_STEPS = 60;
/** Buckets whose expectation is kept: the longest window, the changed clock to both sides, and some to spare. */
const KEPT_BUCKETS = 40;
const YOUNG_BUCKETS = 32;

/** What one model expects of one window. */
export interface Expectation {
  /** At the time itself. */
  readonly mu: number;
  /** The largest and smallest within the jitter, by a clock set an hour forth or back, and at the level before a change. */
  readonly high: number;
  readonly low: number;
  /** Within the jitter alone. */
  readonly nearHigh: number;
  readonly nearLow: number;
}

export type Side = "up" | "down";
/** Added to counts before they are put in relation: few records are soon many times as many. */
const RATIO_RECORDS = 5;
/** How far off a window of any place may be beyond what was seen of those that end with a bucket; natural logarithm. */
const RATIO_TOLERANCE = 0.15;
/** How long the level before a change that was adopted may come back, and after how many buckets it is back. */
const FORMER_MS = 3 * DAY_MS;
const RETURN_BUCKETS = 4;
/** A level that is set weighs as much as so many buckets. */
const LEVEL_BUCKETS = 72;

/** What a closed bucket was and what was expected of it then. */
export interface BucketSample {
  readonly startMs: EpochMs;
  /** Records by window length, all ending with the bucket. */
  readonly counts: readonly number[];
  readonly slow: readonly number[];
  /** Of a bucket, what is nearest to what came of all that was expected, by whatever clock. */
  readonly excused: number;
  /** What each model expected within the jitter that is nearest to what came. */
  readonly nearSlow: readonly number[];
  readonly nearFast: readonly number[];
}

/** Records of one series: season × slow level (× fast level), with a spread per model and window length. */
export class CountModel {
  readonly #bucketMs: number;
  readonly #stepMs: number;
  readonly #season: Season;
  readonly #slow: Level;
  readonly #fast: Level;
  readonly #slowSpread: readonly Dispersion[];
  readonly #fastSpread: readonly Dispersion[];
  readonly #extremes = new Extremes(2 * WINDOW_STEPS.length);
  #former: { readonly level: number; readonly sinceMs: EpochMs; evidence: number } | null = null;
  readonly #rates = new Float64Array(KEPT_BUCKETS);
  readonly #rateBuckets = new Float64Array(KEPT_BUCKETS).fill(-1);

  static readonly CELLS = 2 * WINDOW_STEPS.length * Dispersion.CELLS;

  constructor(bucketMs: number, cells = new Cells(CountModel.CELLS)) {
    this.#bucketMs = bucketMs;
    this.#stepMs = bucketMs / STEPS_PER_BUCKET;
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
    this.#slowSpread = WINDOW_STEPS.map(() => new Dispersion(bucketMs, SLOW_PRIOR, cells));
    this.#fastSpread = WINDOW_STEPS.map(() => new Dispersion(bucketMs, FAST_PRIOR, cells));
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
    const clockMs = CLOCK_STEPS * this.#stepMs;
    const jitterMs = JITTER_STEPS * this.#stepMs;
    const mu = this.#expected(steps, toMs);
    const early = this.#expected(steps, toMs - jitterMs);
    const late = this.#expected(steps, toMs + jitterMs);
    const back = this.#expected(steps, toMs - clockMs);
    const forth = this.#expected(steps, toMs + clockMs);
    const nearHigh = Math.max(mu, early, late);
    const nearLow = Math.min(mu, early, late);
    const former = this.#former === null ? 1 : this.#former.level / this.#slow.factor;
    const high = Math.max(nearHigh, back, forth) * Math.max(1, former);
    const low = Math.min(nearLow, back, forth) * Math.min(1, former);
    return { mu, high, low, nearHigh, nearLow };
  }

  #expected(steps: number, toMs: EpochMs): number {
    return this.#slow.factor * this.#integral(toMs - steps * this.#stepMs, toMs);
  }

  get fastFactor(): number {
    return this.#fast.factor;
  }

  slowSpread(window: number, atMs: EpochMs): Spread {
    const { days, weeks } = this.#season.visits(atMs);
    const widen = NEW_HOUR_PHI / (1 + PER_DAY * days) + NEW_WEEK_PHI / (1 + PER_WEEK * weeks);
    return spreadOf(this.#slowSpread, window, widen) ?? SLOW_PRIOR;
  }

  /** Was this hour of the day ever seen? Until then only the recent level tells what to expect. */
  knowsHour(atMs: EpochMs): boolean {
    return this.#season.visits(atMs).days >= KNOWN_VISITS;
  }

  /** The recent level makes up for the day of the week. */
  fastSpread(window: number, atMs: EpochMs): Spread {
    const { days } = this.#season.visits(atMs);
    return spreadOf(this.#fastSpread, window, NEW_HOUR_PHI / (1 + PER_DAY * days)) ?? FAST_PRIOR;
  }

  /** What is expected now, to be learnt from once the bucket is old enough. */
  sample(startMs: EpochMs, counts: readonly number[]): BucketSample {
    const endMs = startMs + this.#bucketMs;
    const expected = WINDOW_STEPS.map((steps) => this.expectation(steps, endMs));
    this.#remember(counts, expected, startMs);
    const nearest = (factor: number): number[] =>
      expected.map(({ nearLow, nearHigh }, i) => clamp(counts[i] ?? 0, nearLow * factor, nearHigh * factor));
    const slow = expected.map(({ mu }) => mu);
    const excused = clamp(counts[1] ?? 0, expected[1]?.low ?? NaN, expected[1]?.high ?? NaN);
    return { startMs, counts, slow, excused, nearSlow: nearest(1), nearFast: nearest(this.#fast.factor) };
  }

  #remember(counts: readonly number[], expected: readonly Expectation[], atMs: EpochMs): void {
    for (const [window, expectation] of expected.entries()) {
      for (const side of ["up", "down"] as const) {
        const off = this.#deviation(side, counts[window] ?? 0, expectation);
        this.#extremes.add(kindOf(side, window), off, atMs);
      }
    }
  }

  /** How far beyond what either model expects, as a natural logarithm. */
  #deviation(side: Side, count: number, { high, low }: Expectation): number {
    const fast = this.#fast.factor;
    const [x, most, least] = [count, high * Math.min(1, fast), low * Math.max(1, fast)];
    return side === "up"
      ? Math.log((x + RATIO_RECORDS) / (most + RATIO_RECORDS))
      : Math.log((least + RATIO_RECORDS) / (x + RATIO_RECORDS));
  }

  /** Was the series as far off on several days of the last week? */
  isUsual(side: Side, window: number, count: number, expectation: Expectation, atMs: EpochMs): boolean {
    const off = this.#deviation(side, count, expectation) - RATIO_TOLERANCE;
    return this.#extremes.isUsual(kindOf(side, window), off, atMs);
  }

  /** Follows the recent level; `frozen` while something is being reported about it. True: the former level is back. */
  follow(sample: BucketSample, frozen: boolean): boolean {
    const expected = sample.excused;
    if (!(expected > 0)) return false;
    if (this.#hasReturned(sample)) return true;
    if (frozen) return false;
    const count = Math.min(expected * 3, Math.max(expected / 3, sample.counts[1] ?? 0));
    this.#fast.learn(count, expected, 1);
    return false;
  }

  /** What was taken as normal may have been a long fault or a day off: its end is no change. */
  #hasReturned({ startMs, counts, slow }: BucketSample): boolean {
    const former = this.#former;
    if (former === null) return false;
    const expected = slow[1] ?? NaN;
    const ratio = former.level / this.#slow.factor;
    if (startMs - former.sinceMs > FORMER_MS) {
      this.#former = null;
      return false;
    }
    const off = (mu: number): number =>
      Math.abs(Math.log(((counts[1] ?? 0) + RATIO_RECORDS) / (mu + RATIO_RECORDS)));
    former.evidence = Math.max(0, former.evidence + off(expected) - off(expected * ratio));
    if (former.evidence < RETURN_BUCKETS * Math.abs(Math.log(ratio))) return false;
    this.#level(former.level);
    this.#former = null;
    return true;
  }

  /** How odd a bucket is under the slow model, on both sides: −log10 p. */
  oddness(sample: BucketSample): number {
    const count = sample.counts[1] ?? 0;
    const mu = sample.nearSlow[1] ?? NaN;
    if (!(mu > 0)) return 0;
    const spread = this.slowSpread(1, sample.startMs);
    const side = count > mu ? surpriseAbove(count, mu, spread) : surpriseBelow(count, mu, spread);
    return Math.max(0, side - Math.log10(2));
  }

  learn(sample: BucketSample, weight: number): void {
    const count = sample.counts[1] ?? 0;
    const seasonal = this.#season.expected(sample.startMs);
    if (seasonal > 0) this.#slow.learn(count, seasonal, weight);
    learnSpreads(this.#slowSpread, sample.counts, sample.nearSlow, weight);
    learnSpreads(this.#fastSpread, sample.counts, sample.nearFast, weight);
    this.#season.learn(sample.startMs, count, weight);
    if (this.#season.weight < YOUNG_BUCKETS) this.#rateBuckets.fill(-1);
  }

  /** A lasting change is now the level; the former one stays possible for some days. */
  adopt(factor: number, nowMs: EpochMs): void {
    this.#former = { level: this.#slow.factor, sinceMs: nowMs, evidence: 0 };
    this.#level(this.#slow.factor * factor);
  }

  #level(factor: number): void {
    this.#slow.set(factor, LEVEL_BUCKETS * this.#season.mean);
    this.#fast.reset();
  }

  toJson(): CountModelJson {
    return {
      season: this.#season.toJson(),
      slow: this.#slow.toJson(),
      fast: this.#fast.toJson(),
      slowSpread: this.#slowSpread.map((spread) => spread.toJson()),
      fastSpread: this.#fastSpread.map((spread) => spread.toJson()),
      rates: [...this.#rates],
      rateBuckets: [...this.#rateBuckets],
      extremes: this.#extremes.toJson(),
      former: this.#former,
    };
  }

  restore(json: CountModelJson): void {
    this.#season.restore(json.season);
    this.#slow.restore(json.slow);
    this.#fast.restore(json.fast);
    for (const [i, spread] of this.#slowSpread.entries()) spread.restore(json.slowSpread[i] ?? []);
    for (const [i, spread] of this.#fastSpread.entries()) spread.restore(json.fastSpread[i] ?? []);
    this.#rates.set(json.rates.map((rate) => rate ?? NaN).slice(0, KEPT_BUCKETS));
    this.#rateBuckets.set(json.rateBuckets.slice(0, KEPT_BUCKETS));
    this.#extremes.restore(json.extremes);
    this.#former = json.former === null ? null : { ...json.former };
  }
}

export interface CountModelJson {
  readonly season: SeasonJson;
  readonly slow: readonly number[];
  readonly fast: readonly number[];
  readonly slowSpread: readonly (readonly number[])[];
  readonly fastSpread: readonly (readonly number[])[];
  /** What was expected of recent and coming buckets is not worked out anew while it is asked for. */
  readonly rates: readonly (number | null)[];
  readonly rateBuckets: readonly number[];
  readonly extremes: ExtremesJson;
  readonly former: { readonly level: number; readonly sinceMs: EpochMs; readonly evidence: number } | null;
}

/** NaN where a bound is. */
function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

function kindOf(side: Side, window: number): number {
  return 2 * window + (side === "up" ? 0 : 1);
}
