import type { Series } from "../log/series.ts";
import type { EpochMs } from "../log/time.ts";
import type { Grid } from "../window/grid.ts";
import { CountRings } from "../window/rings.ts";
import { Arrivals, type ArrivalsJson } from "./arrivals.ts";
import { CountModel, WINDOW_STEPS, type CountModelJson, type Expectation } from "./count-model.ts";
import { Cells } from "./cells.ts";
import { Dispersion } from "./dispersion.ts";
import { ErrorModel, type ErrorModelJson } from "./error-model.ts";
import { ExceptionTypes } from "./exceptions.ts";
import { GapModel, type GapJson, type GapPair } from "./gap-model.ts";
import { OddDays } from "./odd-days.ts";
import { PatternState, patternStore, type PatternJson } from "./pattern-model.ts";
import { PendingBuckets } from "./pending-buckets.ts";
import type { PatternStore } from "./pattern-store.ts";

/** Of one series. Beyond it new templates are counted with the series alone. */
export const MAX_PATTERNS = 1_000;
export const MAX_GAP_PAIRS = 300;
const MAX_VERSIONS = 8;
const MAX_FRESH = 100;
const PATTERN_SPREAD = { kappa: 0.5, phi: 0.15 };

/** All that is known of one series: its recent counts and its models. */
export class SeriesModel {
  readonly key: string;
  readonly series: Series;
  readonly firstMs: EpochMs;
  lastMs: EpochMs;
  readonly total: CountRings;
  readonly errors: CountRings;
  readonly warnings: CountRings;
  readonly counts: CountModel;
  readonly errorShare: ErrorModel;
  readonly warningShare: ErrorModel;
  /** How counts of single templates miss their share of the series. */
  readonly patternSpread: Dispersion;
  readonly patterns = new Map<string, PatternState>();
  #patternStore: PatternStore | null = null;
  readonly exceptions = new ExceptionTypes();
  readonly gaps = new Map<string, GapModel>();
  readonly versions = new Map<string, EpochMs>();
  /** When a version came up that was not known while another was. */
  deployedMs: EpochMs = 0;
  /** Templates that came up, decayed. */
  newcomers = 0;
  /** The last of them, oldest first. */
  #fresh: PatternState[] = [];
  readonly pending = new PendingBuckets();
  /** Per window length, for the step that is judged. */
  expectations: readonly Expectation[] = [];
  expectedAtStep = -1;
  /** Buckets in a row that were reported on: a lasting change. */
  disturbedBuckets = 0;
  readonly oddDays = new OddDays();
  /** Error templates that were new, decayed. */
  novelty = 0;
  /** How often it erred and nothing came of it. */
  erredAlone = 0;
  /** Buckets that it was watched for, decayed, whatever was learnt of them. */
  watchedBuckets = 0;
  /** When its silence was taken as normal: until a record comes again there is nothing to miss. */
  goneMs: EpochMs = 0;
  lagMs = 0;
  /** How long its records take to come. */
  readonly arrivals = new Arrivals();
  /** Records that the present gap has cost by expectation, and what the longest usual gap did. */
  missing = 0;
  usualMissing = 0;
  /** When records came last that were too old to be counted. */
  lateMs: EpochMs = 0;

  constructor(key: string, series: Series, grid: Grid, nowMs: EpochMs) {
    this.key = key;
    this.series = series;
    this.firstMs = nowMs;
    this.lastMs = nowMs;
    const cells = CountRings.cellsOf(grid);
    const sums = new Uint32Array(3 * cells);
    this.total = new CountRings(grid, sums, 0);
    this.errors = new CountRings(grid, sums, cells);
    this.warnings = new CountRings(grid, sums, 2 * cells);
    const numbers = new Cells(CountModel.CELLS + 2 * ErrorModel.CELLS + Dispersion.CELLS);
    this.counts = new CountModel(grid.bucketMs, numbers);
    this.errorShare = new ErrorModel(grid.bucketMs, numbers);
    this.warningShare = new ErrorModel(grid.bucketMs, numbers);
    this.patternSpread = new Dispersion(grid.bucketMs, PATTERN_SPREAD, numbers);
  }

  #store(): PatternStore {
    this.#patternStore ??= patternStore();
    return this.#patternStore;
  }

  /** null where the bound is met. */
  pattern(id: string, timeMs: EpochMs): PatternState | null {
    const known = this.patterns.get(id);
    if (known !== undefined) return known;
    if (this.patterns.size >= MAX_PATTERNS) return null;
    const added = new PatternState(id, timeMs, this.#store());
    this.patterns.set(id, added);
    this.newcomers += 1;
    this.#fresh.push(added);
    if (this.#fresh.length > MAX_FRESH) this.#fresh.shift();
    return added;
  }

  /** Templates first seen since then, in that order; those that turned out to be another are none. */
  freshPatterns(sinceMs: EpochMs): readonly PatternState[] {
    const isFresh = (one: PatternState): boolean =>
      one.firstMs >= sinceMs && this.patterns.get(one.pattern) === one;
    this.#fresh = this.#fresh.filter(isFresh);
    return this.#fresh;
  }

  /** A pattern goes by another name now; where both are known, the one that knows more stays. */
  rename(from: string, to: string): void {
    const moved = this.patterns.get(from);
    if (moved === undefined) return;
    this.patterns.delete(from);
    const known = this.patterns.get(to);
    if (known === undefined || known.buckets < moved.buckets) {
      known?.detach();
      this.patterns.set(to, moved.named(to, this.#store()));
    }
    moved.detach();
  }

  /** null where the bound is met. */
  gap(pair: GapPair): GapModel | null {
    const id = `${pair.fromKey}\u001e${pair.from}\u001e${pair.to}`;
    const known = this.gaps.get(id);
    if (known !== undefined) return known;
    if (this.gaps.size >= MAX_GAP_PAIRS) return null;
    const added = new GapModel(pair);
    this.gaps.set(id, added);
    return added;
  }

  /** True where a version is seen that was not known while another was. */
  sawVersion(version: string, timeMs: EpochMs): boolean {
    const isNew = !this.versions.has(version) && this.versions.size > 0;
    if (!this.versions.has(version) && this.versions.size >= MAX_VERSIONS) {
      const [oldest] = [...this.versions].toSorted(([, a], [, b]) => a - b);
      if (oldest !== undefined) this.versions.delete(oldest[0]);
    }
    this.versions.set(version, timeMs);
    if (isNew) this.deployedMs = timeMs;
    return isNew;
  }

  /** What is expected of every window that ends at `toMs`; computed once per step. */
  expect(step: number, toMs: EpochMs): readonly Expectation[] {
    if (this.expectedAtStep !== step) {
      this.expectedAtStep = step;
      this.expectations = WINDOW_STEPS.map((steps) => this.counts.expectation(steps, toMs));
    }
    return this.expectations;
  }

  /** Forgets recent counts, which will be counted again; what was learnt stays. */
  forgetFrom(step: number, { panesPerStep }: Grid): void {
    for (const rings of [this.total, this.errors, this.warnings]) rings.forgetFrom(step * panesPerStep);
    for (const pattern of this.patterns.values()) pattern.forgetFrom(step);
    this.exceptions.forgetFrom(step);
  }

  toJson(): SeriesJson {
    return {
      key: this.key,
      series: this.series,
      firstMs: this.firstMs,
      lastMs: this.lastMs,
      total: this.total.toJson(),
      errors: this.errors.toJson(),
      warnings: this.warnings.toJson(),
      counts: this.counts.toJson(),
      errorShare: this.errorShare.toJson(),
      warningShare: this.warningShare.toJson(),
      patternSpread: this.patternSpread.toJson(),
      patterns: [...this.patterns.values()].map((pattern) => pattern.toJson()),
      exceptions: this.exceptions.toJson(),
      gaps: [...this.gaps.values()].map((gap) => [gap.pair, gap.toJson()]),
      versions: [...this.versions],
      pending: this.pending.toJson(),
      disturbedBuckets: this.disturbedBuckets,
      oddDays: this.oddDays.toJson(),
      novelty: this.novelty,
      erredAlone: this.erredAlone,
      newcomers: this.newcomers,
      fresh: this.#fresh.map(({ pattern }) => pattern),
      deployedMs: this.deployedMs,
      watchedBuckets: this.watchedBuckets,
      lagMs: this.lagMs,
      usualMissing: this.usualMissing,
      missing: this.missing,
      lateMs: this.lateMs,
      goneMs: this.goneMs,
      arrivals: this.arrivals.toJson(),
      expectations: this.expectations,
      expectedAtStep: this.expectedAtStep,
    };
  }

  static restore(json: SeriesJson, grid: Grid): SeriesModel {
    const model = new SeriesModel(json.key, json.series, grid, json.firstMs);
    model.lastMs = json.lastMs;
    model.total.restore(json.total);
    model.errors.restore(json.errors);
    model.warnings.restore(json.warnings);
    model.counts.restore(json.counts);
    model.errorShare.restore(json.errorShare);
    model.warningShare.restore(json.warningShare);
    model.patternSpread.restore(json.patternSpread);
    for (const pattern of json.patterns) {
      model.patterns.set(pattern[0], PatternState.restore(pattern, model.#store()));
    }
    model.exceptions.restore(json.exceptions ?? []);
    for (const [pair, learnt] of json.gaps) model.gap(pair)?.restore(learnt);
    for (const [version, timeMs] of json.versions) model.versions.set(version, timeMs);
    model.pending.restore(json.pending);
    model.disturbedBuckets = json.disturbedBuckets;
    model.oddDays.restore(json.oddDays);
    model.novelty = json.novelty;
    model.erredAlone = json.erredAlone;
    model.newcomers = json.newcomers;
    model.#fresh = json.fresh.flatMap((id) => model.patterns.get(id) ?? []);
    model.deployedMs = json.deployedMs;
    model.watchedBuckets = json.watchedBuckets;
    model.lagMs = json.lagMs;
    model.usualMissing = json.usualMissing;
    model.missing = json.missing;
    model.lateMs = json.lateMs;
    model.goneMs = json.goneMs ?? 0;
    model.arrivals.restore(json.arrivals);
    model.expectations = json.expectations.map(knownExpectation);
    model.expectedAtStep = json.expectedAtStep;
    return model;
  }
}

/** JSON has no word for what is not known yet. */
function knownExpectation(of: { readonly [K in keyof Expectation]: number | null }): Expectation {
  const { mu, high, low, nearHigh, nearLow } = of;
  return {
    mu: mu ?? NaN,
    high: high ?? NaN,
    low: low ?? NaN,
    nearHigh: nearHigh ?? NaN,
    nearLow: nearLow ?? NaN,
  };
}

export interface SeriesJson {
  readonly key: string;
  readonly series: Series;
  readonly firstMs: EpochMs;
  readonly lastMs: EpochMs;
  readonly total: ReturnType<CountRings["toJson"]>;
  readonly errors: ReturnType<CountRings["toJson"]>;
  readonly warnings: ReturnType<CountRings["toJson"]>;
  readonly counts: CountModelJson;
  readonly errorShare: ErrorModelJson;
  readonly warningShare: ErrorModelJson;
  readonly patternSpread: readonly number[];
  readonly patterns: readonly PatternJson[];
  readonly exceptions?: readonly PatternJson[];
  readonly gaps: readonly (readonly [pair: GapPair, gap: GapJson])[];
  readonly versions: readonly (readonly [version: string, timeMs: EpochMs])[];
  readonly pending: ReturnType<PendingBuckets["toJson"]>;
  readonly disturbedBuckets: number;
  readonly oddDays: ReturnType<OddDays["toJson"]>;
  readonly novelty: number;
  readonly erredAlone: number;
  readonly newcomers: number;
  readonly fresh: readonly string[];
  readonly deployedMs: EpochMs;
  readonly watchedBuckets: number;
  readonly lagMs: number;
  readonly usualMissing: number;
  readonly missing: number;
  readonly lateMs: EpochMs;
  /** Absent in older states. */
  readonly goneMs?: EpochMs;
  readonly arrivals: ArrivalsJson;
  readonly expectations: readonly Expectation[];
  readonly expectedAtStep: number;
}
