import { MAX_GAP_BUCKET, type SeriesCounts, type TraceGapCounts, type WindowDelta } from "../window/delta.ts";
import { changesOf, patternChanges, type SeriesChange } from "../window/changes.ts";
import { paneOf, type Grid } from "../window/grid.ts";
import { SeriesModel } from "../baseline/series-model.ts";
import { seriesKey, type Series } from "../log/series.ts";
import { DAY_MS, MAX_AHEAD_MS, MAX_LATE_MS, type EpochMs } from "../log/time.ts";
import { EPISODE_STEPS, type ErrorSighting } from "../anomaly/rare-error.ts";
import { Deployments } from "./deployments.ts";
import { Links } from "./links.ts";

/** Stands for all services of an environment together. */
export const ALL_SERVICES = "(all services)";
const FORGET_MS = 8 * DAY_MS;
const LAG_KEEP = 0.9;
/** Panes that ended longer ago get no more records. */
const UNSETTLED_MS = MAX_LATE_MS + MAX_AHEAD_MS;

/** Panes by their id, each with the version that was counted. */
export type FoldedJson = readonly (readonly [pane: string, version: number])[];

function paneId({ paneStartMs, epoch, replica }: WindowDelta): string {
  return `${paneStartMs} ${epoch} ${replica}`;
}

function gapKey({ fromSeries, from, to }: TraceGapCounts): string {
  return `${fromSeries ?? ""}\u001e${from}\u001e${to}`;
}

interface Waiting {
  readonly delta: WindowDelta;
  readonly folded: WindowDelta | undefined;
}

/** Every known series with its models, and the panes that are still filling. */
export class SeriesTable {
  readonly #grid: Grid;
  readonly #maxSeries: number;
  readonly models = new Map<string, SeriesModel>();
  readonly overall = new Map<string, SeriesModel>();
  readonly links = new Links();
  readonly deployments = new Deployments();
  readonly #byEnvironment = new Map<string, SeriesModel[]>();
  /** By the very object: a counter hands out the same one again and again. */
  #known = new WeakMap<Series, SeriesModel>();
  #checkedMs: EpochMs = 0;
  /** While an earlier process's state is taken up: how far each model has counted. */
  readonly #restored = new Map<SeriesModel, EpochMs>();
  /** By pane and source what was folded last. */
  readonly #folded = new Map<string, WindowDelta>();
  readonly #dirty = new Map<string, Waiting>();
  #errors: ErrorSighting[] = [];

  constructor(grid: Grid, maxSeries: number) {
    this.#grid = grid;
    this.#maxSeries = maxSeries;
  }

  /** The newest counts of a pane; they are folded in at the next look. */
  put(delta: WindowDelta): void {
    const id = paneId(delta);
    const folded = this.#folded.get(id);
    const known = this.#dirty.get(id)?.delta ?? folded;
    if (known !== undefined && known.version >= delta.version) return;
    this.#dirty.set(id, { delta, folded });
  }

  /** Folds in what has come; errors of rare templates since the last call are handed out. */
  fold(nowMs: EpochMs): readonly ErrorSighting[] {
    for (const [id, { delta, folded }] of this.#dirty) {
      for (const change of changesOf(delta, folded)) this.#change(change, delta, nowMs);
      this.#folded.set(id, delta);
    }
    this.#dirty.clear();
    const errors = this.#errors;
    this.#errors = [];
    return errors;
  }

  /** What was folded last of each pane, so that it is not counted twice after a restart. */
  folded(): FoldedJson {
    return Array.from(this.#folded, ([id, { version }]) => [id, version] as const);
  }

  /**
   * Panes that an earlier process counted. A series whose state is as old as `known` lacks what `known` does not
   * name; an older state lacks what may have come since: from there on it is counted anew.
   */
  restore(
    deltas: readonly WindowDelta[],
    known: { readonly versions: FoldedJson; readonly judgedToMs: EpochMs } | null,
  ): void {
    const starts = deltas.map(({ paneStartMs }) => paneStartMs);
    if (starts.length > 0) {
      const { stepMs, paneMs, keptPanes } = this.#grid;
      const newestMs = Math.max(...starts);
      const keptMs = newestMs - (keptPanes - 1) * paneMs;
      const earliestMs = Math.ceil(Math.max(keptMs, Math.min(...starts)) / stepMs) * stepMs;
      const versions = new Map(known?.versions);
      const kept = deltas.filter(({ paneStartMs }) => paneStartMs >= keptMs);
      const fresh = kept.filter((delta) => delta.version > (versions.get(paneId(delta)) ?? 0));
      const freshMs = Math.min(...fresh.map(({ paneStartMs }) => paneStartMs));
      for (const [model, judgedToMs] of this.#restored) {
        const lacksMs = judgedToMs === known?.judgedToMs ? freshMs : judgedToMs - UNSETTLED_MS;
        const fromMs = Math.max(earliestMs, Math.floor(lacksMs / stepMs) * stepMs);
        this.#restored.set(model, fromMs);
        if (fromMs < Infinity) model.forgetFrom(fromMs / stepMs, this.#grid);
      }
      const unseen = new Set(fresh);
      for (const delta of kept) {
        if (delta.paneStartMs >= earliestMs) this.#recount(delta, unseen.has(delta));
        else this.#folded.set(paneId(delta), delta);
      }
      // Older ones were judged to their end.
      const lastStep = Math.floor(newestMs / stepMs);
      this.#errors = this.#errors.filter(({ step }) => lastStep - step < EPISODE_STEPS);
    }
    this.#restored.clear();
  }

  #recount(delta: WindowDelta, isFresh: boolean): void {
    const errors = this.#errors.length;
    for (const change of changesOf(delta, undefined)) this.#change(change, delta, delta.paneStartMs);
    // What was seen before is told already.
    if (!isFresh) this.#errors.length = errors;
    this.#folded.set(paneId(delta), delta);
  }

  #isCounted(model: SeriesModel, paneStartMs: EpochMs): boolean {
    return paneStartMs < (this.#restored.get(model) ?? -Infinity);
  }

  #change(change: SeriesChange, delta: WindowDelta, nowMs: EpochMs): void {
    const { counts } = change;
    const { series } = counts;
    const { paneStartMs } = delta;
    const model = this.#known.get(series) ?? this.#model(series, paneStartMs);
    if (model === null) return;
    const pane = paneOf(this.#grid, paneStartMs);
    const all = this.overall.get(series.environment) ?? this.#all(series.environment, paneStartMs);
    if (all !== null && !this.#isCounted(all, paneStartMs)) count(all, pane, change, paneStartMs, this.#grid);
    if (this.#isCounted(model, paneStartMs)) return;
    count(model, pane, change, paneStartMs, this.#grid);
    this.#patterns(model, change, paneStartMs, nowMs);
    this.#gaps(model, counts, change.before, paneStartMs);
    // By our own clock; what came just before a step's end is folded just after it.
    const step = Math.floor((nowMs - 1) / this.#grid.stepMs);
    model.arrivals.add(step, change.lag, change.late, change.duplicates);
    if (change.late > 0) model.lateMs = Math.max(model.lateMs, paneStartMs + this.#grid.paneMs);
    this.#exceptions(model, change, paneStartMs);
    this.#facts(model, counts, paneStartMs);
  }

  #model(series: Series, timeMs: EpochMs): SeriesModel | null {
    const model = this.#add(this.models, seriesKey(series), series, timeMs);
    if (model !== null) this.#known.set(series, model);
    return model;
  }

  #all(environment: string, timeMs: EpochMs): SeriesModel | null {
    const series = { environment, namespace: "", service: ALL_SERVICES };
    return this.#add(this.overall, environment, series, timeMs);
  }

  #add(models: Map<string, SeriesModel>, key: string, series: Series, timeMs: EpochMs): SeriesModel | null {
    const known = models.get(key);
    if (known !== undefined) return known;
    if (models.size >= this.#maxSeries) return null;
    const added = new SeriesModel(key, series, this.#grid, timeMs);
    models.set(key, added);
    if (models === this.models) this.#file(added);
    return added;
  }

  #file(model: SeriesModel): void {
    const { environment } = model.series;
    const filed = this.#byEnvironment.get(environment);
    if (filed === undefined) this.#byEnvironment.set(environment, [model]);
    else filed.push(model);
  }

  /** The series of each environment, in the order in which they came. */
  get byEnvironment(): ReadonlyMap<string, readonly SeriesModel[]> {
    return this.#byEnvironment;
  }

  /** A model of an earlier process, as it was when panes were judged up to `judgedToMs`. */
  restoreModel(model: SeriesModel, judgedToMs: EpochMs): void {
    this.#restored.set(model, judgedToMs);
    if (model.series.service === ALL_SERVICES) {
      this.overall.set(model.key, model);
      return;
    }
    const isKnown = this.models.has(model.key);
    this.models.set(model.key, model);
    if (isKnown) this.#refile();
    else this.#file(model);
  }

  #patterns(model: SeriesModel, change: SeriesChange, paneStartMs: EpochMs, nowMs: EpochMs): void {
    const step = Math.floor(paneStartMs / this.#grid.stepMs);
    for (const { pattern: id, total, warnings, errors, fatals, distinctErrors } of patternChanges(change)) {
      const pattern = model.pattern(id, paneStartMs);
      if (pattern === null) continue;
      pattern.add(step, errors + fatals > 0 ? total - errors - fatals + distinctErrors : total);
      pattern.lastMs = Math.max(pattern.lastMs, paneStartMs);
      const grade = fatals > 0 ? 3 : errors > 0 ? 2 : warnings > 0 ? 1 : 0;
      if (grade > pattern.grade) pattern.grade = grade;
      if (grade < 2) continue;
      this.#errors.push({
        series: model,
        pattern,
        timeMs: Math.min(paneStartMs, nowMs),
        step,
        count: Math.max(1, distinctErrors),
        fatal: fatals > 0,
      });
    }
  }

  #gaps(
    model: SeriesModel,
    counts: SeriesCounts,
    before: SeriesCounts | undefined,
    paneStartMs: EpochMs,
  ): void {
    if (counts.traceGaps === undefined) return;
    const step = Math.floor(paneStartMs / this.#grid.stepMs);
    const old = new Map((before?.traceGaps ?? []).map((gaps) => [gapKey(gaps), new Map(gaps.buckets)]));
    for (const gaps of counts.traceGaps) {
      const { from, to, fromSeries = model.key, buckets } = gaps;
      const gap = model.gap({ fromKey: fromSeries, from, to });
      if (gap === null) continue;
      const had = old.get(gapKey(gaps));
      for (const [bucket, n] of buckets) {
        const fresh = n - (had?.get(bucket) ?? 0);
        if (fresh > 0) gap.add(step, Math.min(MAX_GAP_BUCKET, Math.max(0, bucket)), fresh);
      }
    }
  }

  #exceptions({ exceptions }: SeriesModel, { counts, before }: SeriesChange, paneStartMs: EpochMs): void {
    if (counts.exceptions === undefined) return;
    const step = Math.floor(paneStartMs / this.#grid.stepMs);
    const old = new Map(before?.exceptions);
    for (const [type, count] of counts.exceptions) {
      const fresh = count - (old.get(type) ?? 0);
      if (fresh > 0) exceptions.add(step, type, fresh, paneStartMs);
    }
  }

  #facts(model: SeriesModel, counts: SeriesCounts, paneStartMs: EpochMs): void {
    const { key } = model;
    for (const [version] of counts.versions ?? []) {
      if (model.sawVersion(version, paneStartMs)) this.deployments.saw(model, version, paneStartMs);
    }
    const { lag } = counts;
    if (lag !== undefined && lag.count > 0) {
      model.lagMs = Math.max(lag.sumMs / lag.count, model.lagMs * LAG_KEEP);
    }
    this.links.saw(key, counts, paneStartMs);
  }

  /** Forgets panes that can change no more, and series that were silent for a week. */
  expire(nowMs: EpochMs): void {
    const beforeMs = nowMs - this.#grid.keptPanes * this.#grid.paneMs;
    for (const [id, { paneStartMs }] of this.#folded) if (paneStartMs < beforeMs) this.#folded.delete(id);
    this.links.expire(nowMs);
    if (Math.abs(nowMs - this.#checkedMs) >= this.#grid.bucketMs) this.#forget(nowMs);
  }

  #forget(nowMs: EpochMs): void {
    this.#checkedMs = nowMs;
    const known = this.models.size;
    for (const models of [this.models, this.overall]) {
      for (const [key, { lastMs }] of models) if (lastMs < nowMs - FORGET_MS) models.delete(key);
    }
    if (this.models.size < known) this.#refile();
  }

  #refile(): void {
    this.#known = new WeakMap();
    this.#byEnvironment.clear();
    for (const model of this.models.values()) this.#file(model);
  }
}

function count(
  model: SeriesModel,
  pane: number,
  change: SeriesChange,
  paneStartMs: EpochMs,
  grid: Grid,
): void {
  model.total.add(pane, change.total);
  if (change.errors !== 0) model.errors.add(pane, change.errors);
  if (change.warnings !== 0) model.warnings.add(pane, change.warnings);
  if (change.total > 0) model.lastMs = Math.max(model.lastMs, paneStartMs + grid.paneMs);
}
