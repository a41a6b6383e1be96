import { Engine, type EngineOptions } from "../../src/alert/engine.ts";
import type { EngineRow } from "../../src/alert/engine-state.ts";
import type { IncidentView } from "../../src/alert/incidents.ts";
import type { FindingLedger, SilencedFinding } from "../../src/alert/ledger.ts";
import { emptyBaseline } from "../../src/baseline/classic.ts";
import { LEVELS } from "../../src/log/severity.ts";
import type { LagStats, PatternCounts, SeriesCounts, WindowDelta } from "../../src/window/delta.ts";
import { analyseNothing, MemoryBook } from "./alerts.ts";
import { series, T0 } from "./log-records.ts";
import { WINDOW_MS, windowStats } from "./window-stats.ts";

const PANE_MS = 10_000;
export const MINUTE_MS = 60_000;
export const COOLDOWN_MS = 15 * MINUTE_MS;

export const ENGINE_OPTIONS: EngineOptions = {
  windowMs: WINDOW_MS,
  bucketMs: PANE_MS,
  warmupMs: WINDOW_MS,
  maxServices: 100,
  cooldownMs: COOLDOWN_MS,
  scope: "service",
  analyse: analyseNothing,
  textOf: (_key, pattern) => pattern,
  falseAlertBudget: 0.05,
  shadow: new Set(),
};

/** Records of one service in one pane: by body, with the share of errors said by the name. */
export interface ServicePane {
  readonly info?: number;
  readonly errors?: Readonly<Record<string, number>>;
  /** Traces that erred, by id. */
  readonly traces?: readonly string[];
  /** How long its records took to come, and how many came too late to be counted. */
  readonly lagMs?: number | readonly [minMs: number, maxMs: number];
  readonly late?: number;
  readonly more?: Partial<SeriesCounts>;
}

/** What each service logs in the pane that starts so many seconds after the beginning. */
export type Traffic = (second: number) => Readonly<Record<string, ServicePane>>;

function countsOf(
  service: string,
  { info = 0, errors = {}, traces = [], lagMs = 300, late = 0, more = {} }: ServicePane,
  atMs: number,
): SeriesCounts {
  const failed = Object.entries(errors);
  const total = failed.reduce((sum, [, count]) => sum + count, 0);
  const calm: PatternCounts = { pattern: "served", total: info, warnings: 0, errors: 0, fatals: 0 };
  return {
    series: series(service),
    levels: LEVELS.map((level) => (level === "error" ? total : level === "info" ? info : 0)),
    templates: failed,
    samples: [],
    patterns: [
      ...(info > 0 ? [calm] : []),
      ...failed.map(([pattern, count]) => ({ pattern, total: count, warnings: 0, errors: count, fatals: 0 })),
    ],
    traces: traces.map((traceId) => ({ traceId, firstMs: atMs, firstErrorMs: total > 0 ? atMs : null })),
    lag: lagOf(lagMs, info + total + late),
    ...(late > 0 ? { late } : {}),
    ...more,
  };
}

function lagOf(lagMs: number | readonly [number, number], count: number): LagStats {
  const [minMs, maxMs] = typeof lagMs === "number" ? [lagMs, lagMs] : lagMs;
  return { count, sumMs: (count * (minMs + maxMs)) / 2, minMs, maxMs };
}

function viewOf(nowMs: number): IncidentView {
  return {
    stats: windowStats({}, nowMs),
    baseline: emptyBaseline("production", WINDOW_MS),
    evidence: () => [],
    suspects: () => [],
  };
}

/** The engine alone, fed pane by pane on a clock of its own. */
export class EngineRun {
  readonly book: MemoryBook;
  readonly silenced: SilencedFinding[] = [];
  readonly engine: Engine;
  readonly deltas: WindowDelta[] = [];
  nowMs: number;
  readonly #epoch: number;
  readonly #change: Partial<EngineOptions>;

  constructor(change: Partial<EngineOptions> = {}, nowMs = T0, book = new MemoryBook()) {
    this.book = book;
    this.book.onePerEnvironment = false;
    this.nowMs = nowMs;
    this.#epoch = nowMs;
    this.#change = change;
    const ledger: FindingLedger = { record: (finding) => void this.silenced.push(finding) };
    this.engine = new Engine({ ...ENGINE_OPTIONS, ...change }, this.book, ledger, (_name, _table, atMs) =>
      viewOf(atMs),
    );
  }

  for(durationMs: number, traffic: Traffic): this {
    for (const untilMs = this.nowMs + durationMs; this.nowMs < untilMs;) {
      const services = Object.entries(traffic((this.nowMs - T0) / 1_000));
      const series = services.map(([name, pane]) => countsOf(name, pane, this.nowMs));
      const source = { replica: "one", epoch: this.#epoch, paneStartMs: this.nowMs };
      this.pane([{ ...source, version: 1, input: services.length > 0, late: 0, series }]);
    }
    return this;
  }

  /** What came in one pane, and the look at it. */
  pane(deltas: readonly WindowDelta[]): void {
    this.deltas.push(...deltas);
    this.nowMs += PANE_MS;
    for (const delta of deltas) this.engine.apply(delta, this.nowMs);
    this.engine.tick(this.nowMs);
  }

  /** Another process that took up what this one has saved by now. */
  restarted(book = this.book): EngineRun {
    return this.killed(this.engine.snapshot(), this.deltas, book);
  }

  /** Another process that took up these rows and panes. */
  killed(rows: Iterable<EngineRow>, deltas: readonly WindowDelta[], book = this.book): EngineRun {
    const next = new EngineRun(this.#change, this.nowMs, book);
    for (const { state } of rows) next.engine.restore(JSON.parse(JSON.stringify(state)));
    next.deltas.push(...deltas.filter(({ paneStartMs }) => paneStartMs >= this.nowMs - 25 * MINUTE_MS));
    next.engine.resume(next.deltas);
    next.silenced.push(...this.silenced);
    return next;
  }

  openings(): readonly number[] {
    return this.#at("opened", "reopened");
  }

  endings(): readonly number[] {
    return this.#at("resolved");
  }

  #at(...types: readonly string[]): readonly number[] {
    return this.book.trail
      .filter(({ event }) => types.includes(event.type))
      .map(({ event }) => (event.type === "opened" ? event.alert.detectedAtMs : event.atMs));
  }
}
