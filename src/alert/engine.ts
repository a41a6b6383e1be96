import { thresholdFor, type Finding, type Look } from "../anomaly/finding.ts";
import type { ErrorSighting } from "../anomaly/rare-error.ts";
import { detectAcross, detectSeries } from "../anomaly/series-detectors.ts";
import { errorShare } from "../anomaly/share.ts";
import { volume } from "../anomaly/volume.ts";
import { closeBucket } from "../baseline/learning.ts";
import { SeriesModel } from "../baseline/series-model.ts";
import type { EpochMs } from "../log/time.ts";
import { Continuity, maxPauseMs } from "../window/continuity.ts";
import type { WindowDelta } from "../window/delta.ts";
import { gridOf, type Grid } from "../window/grid.ts";
import type { AlertBook } from "./book.ts";
import { BucketClosing, type EndedBucket } from "./closing.ts";
import type { Movements, Tracked } from "./confirm.ts";
import {
  ENGINE_VERSION,
  readState,
  type CourseJson,
  type CourseState,
  type EngineRow,
  type ModelState,
} from "./engine-state.ts";
import { Environments, type Environment, type EnvironmentOptions } from "./environments.ts";
import { heldBack } from "./held-back.ts";
import type { IncidentView } from "./incidents.ts";
import type { FindingLedger } from "./ledger.ts";
import { Newcomers } from "./newcomers.ts";
import { Overrides, type Override } from "./overrides.ts";
import { PipelineNotes } from "./pipeline-notes.ts";
import { premiseOf } from "./premise.ts";
import { SeriesTable } from "./series-table.ts";
import { silenced } from "./silenced.ts";
import { COURSE_KEY, modelRowKey, UnsavedRows } from "./unsaved-rows.ts";

export interface EngineOptions extends Omit<EnvironmentOptions, "linked" | "isShadow"> {
  readonly bucketMs: number;
  readonly warmupMs: number;
  readonly maxServices: number;
  /** A pattern as people read it. */
  readonly textOf: (seriesKey: string, pattern: string) => string;
  /** Detectors or categories that are only watched. */
  readonly shadow: ReadonlySet<string>;
  readonly overrides?: readonly Override[];
}

/** What the pipeline knows about an environment beyond the engine's own counts. */
export type ViewOf = (environment: string, table: SeriesTable, nowMs: EpochMs) => IncidentView;

/** Panes that are judged one by one after a pause; older ones are passed over. */
const MAX_CATCH_UP = 36;

/** The detection engine: deltas in, a look at every pane that has ended, alerts out. Knows no clock and no port. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #book: AlertBook;
  readonly #ledger: FindingLedger;
  readonly #viewOf: ViewOf;
  readonly #grid: Grid;
  readonly #table: SeriesTable;
  readonly #continuity: Continuity;
  readonly #overrides: Overrides;
  readonly #newcomers = new Newcomers();
  /** What is the matter with the way that records come to us. */
  readonly notes: PipelineNotes;
  readonly #environments: Environments;
  readonly #unsaved = new UnsavedRows();
  #course: CourseState | null = null;
  #hasAdopted = false;
  #judgedPane = -1;
  #closedBucket = -1;
  /** Since when buckets may be learnt: a pause makes the one it falls into too low. */
  #sinceMs: EpochMs | null = null;
  readonly #closing = new BucketClosing((model, bucket) => this.#close(model, bucket));
  #lookedMs: EpochMs | null = null;

  constructor(options: EngineOptions, book: AlertBook, ledger: FindingLedger, viewOf: ViewOf) {
    this.#options = options;
    this.#book = book;
    this.#ledger = ledger;
    this.#viewOf = viewOf;
    this.#grid = gridOf(options.windowMs, options.bucketMs);
    this.#table = new SeriesTable(this.#grid, options.maxServices);
    this.#continuity = new Continuity(options.windowMs);
    const { overrides = [], falseAlertBudget, shadow } = options;
    this.#overrides = new Overrides(overrides, falseAlertBudget, shadow);
    this.notes = new PipelineNotes(ledger);
    const environment: EnvironmentOptions = {
      ...options,
      linked: (a, b) => this.#linked(a, b),
      isShadow: (finding) => this.#overrides.isShadow(finding),
    };
    this.#environments = new Environments(environment, this.#grid, book, ledger);
  }

  get grid(): Grid {
    return this.#grid;
  }

  get models(): ReadonlyMap<string, SeriesModel> {
    return this.#table.models;
  }

  /** A later delta of the same source and pane replaces the earlier. */
  apply(delta: WindowDelta, nowMs: EpochMs): void {
    if (delta.input) this.#continuity.input(nowMs);
    this.#table.put(delta);
  }

  /** A pattern goes by another name now: what was learnt of it stays known. */
  renamed(seriesKey: string, from: string, to: string): void {
    this.#table.models.get(seriesKey)?.rename(from, to);
  }

  /** Looks at every pane that has ended since the last call. */
  tick(nowMs: EpochMs): void {
    const lastPane = Math.floor(nowMs / this.#grid.paneMs) - 1;
    if (!this.#hasAdopted) this.#adopt(nowMs);
    if (this.#judgedPane < 0 || lastPane < this.#judgedPane - MAX_CATCH_UP) this.#judgedPane = lastPane - 1;
    if (lastPane <= this.#judgedPane) {
      this.#closing.some();
      return;
    }
    this.#closing.all();
    const errors = this.#table.fold(nowMs);
    for (const sighting of errors) this.#environments.get(sighting.series.series.environment);
    const from = Math.max(this.#judgedPane + 1, lastPane - MAX_CATCH_UP);
    this.#environments.hold(from - this.#judgedPane - 1);
    for (let pane = from; pane <= lastPane; pane++) {
      this.#closing.all();
      this.#look(pane, pane === lastPane ? errors : []);
      this.#closeBuckets((pane + 1) * this.#grid.paneMs);
    }
    this.#judgedPane = lastPane;
    this.#table.expire(nowMs);
  }

  /** Alerts that an earlier process left open are followed to their end. */
  #adopt(nowMs: EpochMs): void {
    this.#hasAdopted = true;
    for (const alert of this.#book.unresolved()) {
      const keys = [...this.#table.models.values()]
        .filter(({ series }) => series.environment === alert.environment)
        .filter(({ series }) => alert.affectedServices.includes(series.service))
        .map(({ key }) => key);
      this.#environments.get(alert.environment).incidents.adopt(alert, keys, nowMs);
    }
  }

  #linked(a: string, b: string): boolean {
    return this.#table.links.calls(a, b) || this.#table.links.sharesFailingTrace(a, b);
  }

  #look(pane: number, errors: readonly ErrorSighting[]): void {
    const nowMs = (pane + 1) * this.#grid.paneMs;
    const paused = this.#continuity.paused(nowMs);
    const sinceMs = this.#continuity.sinceMs(nowMs);
    this.#sinceMs = sinceMs;
    if (paused) {
      this.#environments.hold(1);
      return;
    }
    for (const note of this.#table.deployments.ended(nowMs)) this.#ledger.record(note);
    const gapMs = this.#lookedMs === null ? 0 : nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    for (const [name, models] of this.#table.byEnvironment) {
      const environment = this.#environments.get(name);
      const findings: Finding[] = [];
      const look: Look = {
        grid: this.#grid,
        nowMs,
        pane,
        step: Math.floor((pane + 1) / this.#grid.panesPerStep) - 1,
        isStep: (pane + 1) % this.#grid.panesPerStep === 0,
        tau: thresholdFor(this.#options.falseAlertBudget),
        continuousSinceMs: sinceMs,
        warm: sinceMs !== null && nowMs - sinceMs >= this.#options.warmupMs,
        isOpen: (key) => environment.confirmation.isOpen(key),
        textOf: this.#options.textOf,
      };
      for (const sighting of errors) {
        if (sighting.series.series.environment === name) environment.rare.saw(sighting);
      }
      if (gapMs > maxPauseMs(this.#options.windowMs)) this.notes.gap(name, nowMs - gapMs, nowMs);
      if (look.isStep) {
        this.notes.judge(name, models, look);
        for (const note of this.#newcomers.of(models, nowMs)) this.#ledger.record(note);
      }
      this.#detect(name, environment, models, findings, look);
      for (const { finding, gate, why } of heldBack(models, findings, look, this.#overrides))
        this.#ledger.record(silenced(finding, gate, why, look.nowMs));
      this.#conclude(name, environment, models, findings, look);
    }
  }

  #detect(
    name: string,
    { rare }: Environment,
    models: readonly SeriesModel[],
    findings: Finding[],
    look: Look,
  ): void {
    for (const model of models) detectSeries(model, findings, this.#overrides.of(look, model));
    const many = this.#overrides.all(look);
    findings.push(...detectAcross(models, many));
    findings.push(...rare.judge(many, models, (a, b) => this.#linked(a, b)));
    const all = this.#table.overall.get(name);
    if (all !== undefined && models.length > 1 && findings.length === 0)
      findings.push(...volume(all, look), ...errorShare(all, look));
  }

  #conclude(
    name: string,
    environment: Environment,
    models: readonly SeriesModel[],
    findings: readonly Finding[],
    look: Look,
  ): void {
    const { allowed, held } = this.#overrides.judged(findings, look);
    for (const finding of held)
      this.#ledger.record(silenced(finding, "budget", "below the threshold of its own budget", look.nowMs));
    const { kept, stopped } = premiseOf(allowed, models, look);
    for (const [finding, reason] of stopped) this.#note(finding, reason, look.nowMs);
    const judged: Movements = environment.confirmation.judge(kept, look.nowMs);
    const movements = { ...judged, confirmed: this.#unusual(environment, judged.confirmed, look.nowMs) };
    for (const { newest } of movements.dropped) this.#note(newest, "not seen again a step later", look.nowMs);
    environment.incidents.judge(name, movements, look.nowMs, () =>
      this.#viewOf(name, this.#table, look.nowMs),
    );
  }

  #unusual({ recurring }: Environment, confirmed: readonly Tracked[], nowMs: EpochMs): readonly Tracked[] {
    return confirmed.filter((tracked) => {
      if (!recurring.isUsual(tracked, nowMs)) return true;
      this.#note(tracked.newest, "as strong at least three times in the last week", nowMs);
      return false;
    });
  }

  #note(finding: Finding, why: string, atMs: EpochMs): void {
    this.#ledger.record(silenced(finding, "gate", why, atMs));
  }

  #closeBuckets(nowMs: EpochMs): void {
    const { bucketMs } = this.#grid;
    const bucket = Math.floor(nowMs / bucketMs) - 1;
    if (bucket <= this.#closedBucket) return;
    this.#closedBucket = bucket;
    const startMs = bucket * bucketMs;
    if (this.#sinceMs === null || this.#sinceMs > startMs) return;
    const models = [...this.#table.models.values(), ...this.#table.overall.values()];
    const open = this.#environments.open();
    const bySeries = Map.groupBy(open, ({ newest }) => newest.seriesKey);
    this.#closing.begin({ startMs, endMs: nowMs, models, open: bySeries });
  }

  #close(model: SeriesModel, { startMs, endMs, open: bySeries }: EndedBucket): void {
    // Its first bucket is only partly its own.
    if (model.firstMs > startMs + this.#grid.stepMs) return;
    this.#unsaved.learnt(model.key);
    const open = bySeries.get(model.key) ?? [];
    if (closeBucket(model, this.#grid, startMs, open.length > 0) !== "adopted") return;
    const environment = this.#environments.get(model.series.environment);
    environment.incidents.adopted(model.key, endMs);
    for (const { key } of open) environment.confirmation.end(key);
  }

  /** Rows that a store should hold by now: what is going on, and some of the changed models at a time. */
  takeRows(): EngineRow[] {
    this.#closing.all();
    const isDue =
      this.#judgedPane >= 0 && this.#unsaved.isCourseDue(this.#closedBucket, this.#environments.going);
    return [...(isDue ? [this.#courseRow()] : []), ...this.#unsaved.takeModels((key) => this.#row(key))];
  }

  /** False where the row is none of the engine's. */
  returnRow(key: string): boolean {
    return this.#unsaved.giveBack(key);
  }

  /** All that was learnt, and what is going on. */
  snapshot(): EngineRow[] {
    this.#closing.all();
    const keys = [...this.#table.models.keys(), ...this.#table.overall.keys()];
    return [...keys.flatMap((key) => this.#row(key) ?? []), this.#courseRow()];
  }

  get #judgedToMs(): EpochMs {
    return (this.#judgedPane + 1) * this.#grid.paneMs;
  }

  #row(key: string): EngineRow | null {
    const model = this.#table.models.get(key) ?? this.#table.overall.get(key);
    if (model === undefined) return null;
    return this.#rowOf(modelRowKey(key), { model: model.toJson() });
  }

  #courseRow(): EngineRow {
    const course: CourseJson = {
      closedBucket: this.#closedBucket,
      continuity: this.#continuity.toJson(),
      folded: this.#table.folded(),
      links: this.#table.links.toJson(),
      deployments: this.#table.deployments.toJson(),
      lookedMs: this.#lookedMs,
      notes: this.notes.toJson(),
      environments: this.#environments.toJson(),
    };
    return this.#rowOf(COURSE_KEY, { course });
  }

  #rowOf(key: string, content: Pick<ModelState, "model"> | Pick<CourseState, "course">): EngineRow {
    const { windowMs, bucketMs: paneMs } = this.#options;
    const judgedToMs = this.#judgedToMs;
    const state = { version: ENGINE_VERSION, windowMs, paneMs, judgedToMs, ...content };
    return { key, state, updatedAtMs: judgedToMs };
  }

  /** False for what is no state of this version and raster. Once all is given, `resume` takes it up. */
  restore(state: unknown): boolean {
    const known = readState(state, this.#options);
    if (known === null) return false;
    if ("course" in known) this.#course = known;
    else this.#table.restoreModel(SeriesModel.restore(known.model, this.#grid), known.judgedToMs);
    return true;
  }

  /** Goes on where an earlier process stopped, with the panes that it counted. */
  resume(deltas: readonly WindowDelta[]): void {
    const { course, judgedToMs } = this.#course ?? { course: null, judgedToMs: 0 };
    if (course !== null) {
      this.#judgedPane = judgedToMs / this.#grid.paneMs - 1;
      this.#closedBucket = course.closedBucket;
      this.#continuity.restore(course.continuity);
      const modelOf = (key: string): SeriesModel | undefined => this.#table.models.get(key);
      this.#table.links.restore(course.links);
      this.#table.deployments.restore(course.deployments, modelOf);
      this.#lookedMs = course.lookedMs;
      this.notes.restore(course.notes);
      this.#environments.restore(course.environments, modelOf);
    }
    this.#table.restore(deltas, course === null ? null : { versions: course.folded, judgedToMs });
    this.#course = null;
  }
}
