import type { Aftermath } from "./alert/aftermath.ts";
import type { Alert } from "./alert/alert.ts";
import { NO_CHANGES } from "./alert/change.ts";
import type { Scene } from "./alert/observe.ts";
import { Engine } from "./alert/engine.ts";
import type { IncidentView } from "./alert/incidents.ts";
import { NO_LEDGER } from "./alert/ledger.ts";
import { silencedAnomaly } from "./alert/silenced.ts";
import type { PipelineNote } from "./alert/pipeline-notes.ts";
import { Scenery } from "./alert/scenery.ts";
import type { SeriesTable } from "./alert/series-table.ts";
import { AlertWatch } from "./alert/watch.ts";
import { recallOf, type Recall } from "./analysis/recall.ts";
import type { Anomaly } from "./anomaly/anomaly.ts";
import { learningUntilMs } from "./anomaly/first-day.ts";
import { Learner } from "./baseline/learner.ts";
import { baselineFromJson, baselineToJson } from "./baseline/snapshot.ts";
import { emptyBaseline } from "./baseline/classic.ts";
import type { LogBatch } from "./log/batch.ts";
import type { AcceptOutcome, LogSink } from "./log/sink.ts";
import { seriesOfKey, type Series } from "./log/series.ts";
import { MAX_AHEAD_MS, MAX_LATE_MS, type EpochMs } from "./log/time.ts";
import type {
  EngineSettings,
  EnvironmentStanding,
  PipelineOptions,
  PipelinePorts,
} from "./pipeline-ports.ts";
import type { BaselineRow } from "./store/state-store.ts";
import type { TemplateBook } from "./template/book.ts";
import { Continuity } from "./window/continuity.ts";
import type { Counted } from "./window/counted.ts";
import { PaneCounter } from "./window/counter.ts";
import { MergedCounts } from "./window/merged-counts.ts";
import { paneStartOf } from "./window/pane.ts";
import type { WindowDelta } from "./window/delta.ts";
import { seriesPatterns, type PatternSpan, type SeriesPattern } from "./window/series-patterns.ts";
import { UnsavedDeltas } from "./window/unsaved-deltas.ts";
import { Windows, type WindowStats } from "./window/windows.ts";

export type { EngineSettings, EnvironmentStanding, PipelineOptions, PipelinePorts };

/** What the state store should hold after this tick. */
export interface StateChanges {
  readonly baselines: readonly BaselineRow[];
  readonly deltas: readonly WindowDelta[];
}

/** Templates of some series, with their counts in the window that ends now. */
export interface ServicePatterns extends PatternSpan {
  /** How many series there are. */
  readonly series: number;
  readonly patterns: readonly SeriesPattern[];
}

/** The line: records are counted as they come in; every tick compares, alerts, and then learns. */
export class Pipeline implements LogSink {
  readonly #options: PipelineOptions;
  readonly #ports: PipelinePorts;
  readonly #counter: PaneCounter;
  readonly #counts: MergedCounts;
  readonly #windows: Windows;
  readonly #scenery: Scenery;
  readonly #continuity: Continuity;
  readonly #watch: AlertWatch;
  /** null: the original rules judge. */
  readonly #engine: Engine | null;
  readonly #learners = new Map<string, Learner>();
  readonly #unsavedBaselines = new Set<string>();
  readonly #unsavedDeltas = new UnsavedDeltas();
  #fresh = false;
  #expiredPaneMs: EpochMs = -1;

  constructor(options: PipelineOptions, ports: PipelinePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#counts = new MergedCounts({
      ...options,
      ...ports,
      templates: { stored: options.storesTemplates ?? false },
      onRenamed: ({ seriesKey, from, to }) => this.#engine?.renamed(seriesKey, from, to),
    });
    this.#counter = new PaneCounter({ ...options, redact: ports.redact }, this.#counts.registry);
    this.#windows = new Windows(options.bucketMs);
    this.#scenery = new Scenery({
      windows: this.#windows,
      counts: this.#counts,
      changes: ports.changes ?? NO_CHANGES,
      bucketMs: options.bucketMs,
    });
    this.#continuity = new Continuity(options.windowMs);
    this.#watch = new AlertWatch(options, ports.book, ports.ledger);
    this.#engine = this.#createEngine(options.engine ?? null);
  }

  readonly #textOf = (key: string, id: string): string => this.#counts.templates.text(key, id);

  #createEngine(settings: EngineSettings | null): Engine | null {
    if (settings === null) return null;
    const options = { ...this.#options, ...settings, shadow: new Set(settings.shadow), textOf: this.#textOf };
    return new Engine(
      options,
      this.#ports.book,
      this.#ports.ledger ?? NO_LEDGER,
      (environment, table, nowMs) => this.#view(environment, table, nowMs),
    );
  }

  /** Lines are counted by their templates. */
  get mines(): boolean {
    return this.#options.mines ?? true;
  }

  /** Records came in since the last tick. */
  get fresh(): boolean {
    return this.#fresh;
  }

  accept(batch: LogBatch, nowMs: EpochMs): AcceptOutcome {
    this.#fresh = true;
    return this.#ports.timed("accept", () => {
      this.#continuity.input(nowMs);
      const late = this.#counter.add(batch, nowMs);
      if (late < batch.size) this.#begin(batch.series, nowMs);
      return { kind: "accepted", accepted: batch.size, late };
    });
  }

  /** What a counter on another thread hands out. */
  applyCounted(replica: string, epoch: EpochMs, counted: Counted, nowMs: EpochMs): void {
    this.#fresh = true;
    if (counted.panes.some(({ input }) => input)) this.#continuity.input(nowMs);
    this.#begin(
      counted.panes.flatMap(({ series }) => series.map((counts) => counts.series)),
      nowMs,
    );
    for (const delta of this.#counts.merge(replica, epoch, counted, nowMs)) this.#apply(delta, nowMs);
  }

  /** What another process (a replica, a generator of loads) has counted. */
  applyDelta(delta: WindowDelta, nowMs: EpochMs): void {
    this.#fresh = true;
    if (delta.input) this.#continuity.input(nowMs);
    this.#counts.absorb(delta, nowMs);
    this.#begin(
      delta.series.map(({ series }) => series),
      nowMs,
    );
    this.#apply(delta, nowMs);
  }

  /** True where templates were forgotten whose lines still come: every counter should tell its shapes anew. */
  takeMissing(): boolean {
    const missing = this.#counts.templates.takeMissing();
    if (missing) this.#counter.tellAgain();
    return missing;
  }

  tick(nowMs: EpochMs): void {
    this.#fresh = false;
    const { replica, epoch } = this.#options;
    for (const delta of this.#counts.merge(replica, epoch, this.#counter.take(), nowMs)) {
      this.#apply(delta, nowMs);
    }
    this.#ports.timed("detect", () => this.#engine?.tick(nowMs));
    for (const [environment, learner] of this.#learners) {
      if (this.#engine === null) this.#ports.timed("detect", () => this.#detect(environment, learner, nowMs));
      this.#ports.timed("baseline", () => this.#learn(environment, learner, nowMs));
    }
    this.#expire(nowMs);
  }

  /** Nothing counted, nothing running: until the next record a tick would change nothing. */
  idle(): boolean {
    const quiet = (environment: string): boolean => this.#ports.book.running(environment) === undefined;
    return (
      this.#windows.empty &&
      [...this.#learners].every(([environment, { begun }]) => !begun && quiet(environment))
    );
  }

  #begin(series: readonly Series[], nowMs: EpochMs): void {
    for (const { environment } of series) {
      let learner = this.#learners.get(environment);
      if (learner === undefined) {
        // Beyond the bound the registry has put these records under an environment that exists.
        if (this.#learners.size >= this.#options.maxServices) continue;
        learner = new Learner(environment, this.#options, null);
        this.#learners.set(environment, learner);
      }
      learner.begin(this.#paneStart(nowMs));
    }
  }

  #paneStart(timeMs: EpochMs): EpochMs {
    return paneStartOf(timeMs, this.#options.bucketMs);
  }

  #apply(delta: WindowDelta, nowMs: EpochMs): void {
    this.#windows.apply(delta);
    this.#engine?.apply(delta, nowMs);
    this.#unsavedDeltas.add(delta);
  }

  /** The window that ends with the pane of `nowMs`. */
  #window(environment: string, nowMs: EpochMs): WindowStats {
    const toMs = Math.ceil(nowMs / this.#options.bucketMs) * this.#options.bucketMs;
    return this.#windows.stats(environment, toMs - this.#options.windowMs, toMs);
  }

  #detect(environment: string, learner: Learner, nowMs: EpochMs): void {
    if (this.#continuity.paused(nowMs)) {
      this.#watch.untested(environment);
      return;
    }
    const stats = this.#window(environment, nowMs);
    const { baseline } = learner;
    const warm = this.#isWarm(nowMs);
    const anomalies: Anomaly[] = [];
    for (const detector of this.#options.detectors) {
      const anomaly = detector.detect({ stats, baseline, warm, nowMs });
      const early = warm ? null : detector.detect({ stats, baseline, warm: true, nowMs });
      if (anomaly === null && early !== null)
        this.#ports.ledger?.record(silencedAnomaly(early, "gate", "seen during the warm-up", nowMs, null));
      if (anomaly === null) continue;
      anomalies.push(anomaly);
      learner.fired(detector.metric, stats.toMs);
    }
    const scene = (sinceMs: EpochMs): Scene => this.#scenery.scene(stats, baseline, anomalies, sinceMs);
    this.#watch.judge({ nowMs, stats, baseline, anomalies, scene });
  }

  #isWarm(nowMs: EpochMs): boolean {
    const sinceMs = this.#continuity.sinceMs(nowMs);
    return sinceMs !== null && nowMs - sinceMs >= this.#options.warmupMs;
  }

  /** What an alert of the engine shows of its environment. */
  #view(environment: string, table: SeriesTable, nowMs: EpochMs): IncidentView {
    const known = this.#learners.get(environment)?.baseline;
    const baseline = known ?? emptyBaseline(environment, this.#options.windowMs);
    return this.#scenery.view(this.#window(environment, nowMs), baseline, table);
  }

  #learn(environment: string, learner: Learner, nowMs: EpochMs): void {
    const sinceMs = this.#continuity.sinceMs(nowMs);
    const steps = learner.learn(nowMs, sinceMs === null ? null : this.#paneStart(sinceMs), {
      stats: (fromMs, toMs) => this.#windows.stats(environment, fromMs, toMs),
      hasInput: (fromMs, toMs) => this.#windows.hasInput(fromMs, toMs),
    });
    for (const { adopted } of steps) {
      this.#unsavedBaselines.add(environment);
      if (adopted.length > 0) this.#watch.adopted(environment, adopted, nowMs);
    }
  }

  /** How far back a window can still be asked for, or a record fall into it. */
  get #retentionMs(): number {
    return 2 * this.#options.windowMs + MAX_LATE_MS + MAX_AHEAD_MS;
  }

  /** Once in a pane: nothing grows old sooner. */
  #expire(nowMs: EpochMs): void {
    const paneMs = this.#paneStart(nowMs);
    if (paneMs === this.#expiredPaneMs) return;
    this.#expiredPaneMs = paneMs;
    this.#counter.expire(nowMs);
    this.#counts.expire(nowMs, this.#retentionMs);
    this.#windows.expire(nowMs - this.#retentionMs);
    this.#unsavedDeltas.expire(nowMs - this.#retentionMs);
  }

  /** Every environment as it stands, for people. */
  standing(nowMs: EpochMs): readonly EnvironmentStanding[] {
    return [...this.#learners].map(([environment, { baseline }]) => ({
      stats: this.#window(environment, nowMs),
      baseline,
      running: this.#ports.book.running(environment),
      series: [...this.#counts.registry.all()].filter(({ series }) => series.environment === environment),
      learningUntilMs: (key) => learningUntilMs(this.#engine?.models.get(key), nowMs),
    }));
  }

  /** What the series that are wanted say, template by template. */
  patterns(nowMs: EpochMs, wanted: (series: Series) => boolean): ServicePatterns {
    const { windowMs, bucketMs } = this.#options;
    const toMs = Math.ceil(nowMs / bucketMs) * bucketMs;
    const span = { fromMs: toMs - windowMs, toMs, bucketMs };
    const ports = { counts: this.#counts, windows: this.#windows };
    const logged = [...this.#counts.registry.all()].map(({ key }) => key);
    // After a restart, templates are known of series that have not logged yet.
    const found = [...new Set([...logged, ...this.templates.series()])].filter((key) =>
      wanted(seriesOfKey(key)),
    );
    const patterns = found.flatMap((key) => seriesPatterns(seriesOfKey(key), key, ports, span));
    return { ...span, series: found.length, patterns };
  }

  /** What was learned of the lines of every series. */
  get templates(): TemplateBook {
    return this.#counts.templates;
  }

  /** What is the matter with the way that records come to us, the newest first; the original rules do not look. */
  notes(nowMs: EpochMs): readonly PipelineNote[] {
    return this.#engine?.notes.current(nowMs) ?? [];
  }

  /** A sender has repeated a batch, which was not counted again. */
  repeated(records: number, nowMs: EpochMs): void {
    this.#engine?.notes.repeated(records, nowMs);
  }

  /** Bounds that were met, for metrics. */
  overflowed(): { readonly services: number } {
    return { services: this.#counts.registry.overflowed };
  }

  /** What is remembered of records and templates beyond what alerts hold. */
  get recall(): Recall {
    return recallOf(this.#counts.recent, this.#textOf);
  }

  /** How an alert that is over ended, by what the logs and the changes say. */
  aftermath(alert: Alert, nowMs: EpochMs): Aftermath {
    return this.#scenery.aftermath(alert, nowMs);
  }

  /** Takes up where an earlier process stopped. */
  restore(baselines: readonly BaselineRow[], deltas: readonly WindowDelta[]): void {
    for (const { state } of baselines) {
      if (this.#engine?.restore(state) === true) continue;
      const baseline = baselineFromJson(state, this.#options.windowMs);
      if (baseline === null) continue;
      this.#learners.set(baseline.environment, new Learner(baseline.environment, this.#options, baseline));
    }
    for (const delta of deltas) {
      this.#windows.apply(delta);
      this.#counts.restore(delta);
    }
    this.#engine?.resume(deltas);
  }

  /** What changed since the last call. A pane that is still filling comes again when it has changed again. */
  takeState(): StateChanges {
    const baselines = [...this.#unsavedBaselines].flatMap((key) => {
      const baseline = this.#learners.get(key)?.baseline;
      return baseline === undefined
        ? []
        : [{ key, state: baselineToJson(baseline), updatedAtMs: baseline.updatedAtMs }];
    });
    if (this.#options.engine?.saved === true) baselines.push(...(this.#engine?.takeRows() ?? []));
    this.#unsavedBaselines.clear();
    return { baselines, deltas: this.#unsavedDeltas.take() };
  }

  /** Puts back what could not be saved, unless something newer waits. */
  returnState({ baselines, deltas }: StateChanges): void {
    for (const { key } of baselines) {
      if (this.#engine?.returnRow(key) !== true) this.#unsavedBaselines.add(key);
    }
    this.#unsavedDeltas.giveBack(deltas);
  }
}
