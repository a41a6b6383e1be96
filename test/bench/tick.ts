import { CLASSIC_DETECTORS } from "../../src/anomaly/registry.ts";
import type { BodyScanner, LogBatch } from "../../src/log/batch.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/log/time.ts";
import { Pipeline, type EngineSettings } from "../../src/pipeline.ts";
import { analyseNothing, MemoryBook } from "../support/alerts.ts";
import { logRecord, series, T0 } from "../support/log-records.ts";
import { engineMemory } from "./engine-memory.ts";
import { loadNote, type Measured, type Table } from "./table.ts";

const SERVICES = [10, 100, 1_000, 5_000] as const;
const WINDOW_MS = 5 * MINUTE_MS;
const BUCKET_MS = 10 * SECOND_MS;
/** Rarer than in the service, where a tick costs the same: what it depends on is in the panes. */
const TICK_EVERY_MS = BUCKET_MS / 4;
/** The first window seeds; each later one steps the baseline when the next has closed. */
const TICKS = (5 * WINDOW_MS) / TICK_EVERY_MS;
const MEASURED_TICKS = 360;
const RECORDS_PER_SERVICE = 2;

const TICK_BAR_MS = 10;
const STEP_BAR_MS = 10;

/** The same records again and again, at another time each time. */
class Batch implements LogBatch {
  readonly size: number;
  readonly timesMs: Float64Array;
  readonly severities: Uint8Array;
  readonly seriesIndexes: Uint32Array;
  readonly series: LogBatch["series"];
  readonly resources: LogBatch["resources"] = [];
  readonly events: LogBatch["events"] = new Set();

  constructor(services: number, isBroken: boolean) {
    this.size = services * RECORDS_PER_SERVICE;
    this.timesMs = new Float64Array(this.size);
    this.severities = new Uint8Array(this.size).map((_, i) => (isBroken && i % 2 === 0 ? 17 : 9));
    this.seriesIndexes = new Uint32Array(this.size).map((_, i) => Math.floor(i / RECORDS_PER_SERVICE));
    this.series = Array.from({ length: services }, (_, i) => series(`service-${i}`));
  }

  at(timeMs: number): this {
    this.timesMs.fill(timeMs);
    return this;
  }
  body(index: number): string {
    return `order ${index} failed: connection pool exhausted`;
  }
  traceHash(): number {
    return 0;
  }
  traceId(): null {
    return null;
  }
  scanBody(index: number, scanner: BodyScanner): void {
    scanner.scanText(this.body(index));
  }
  record(index: number): ReturnType<LogBatch["record"]> {
    return logRecord(this.timesMs[index] ?? 0, { body: this.body(index) });
  }
}

interface Stages {
  readonly detect: number[];
  readonly baseline: number[];
  readonly accept: number[];
}

/** Milliseconds of CPU of this thread: what a tick holds up, whatever else the machine does. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function timed(work: () => void): number {
  const startedMs = cpuMs();
  work();
  return cpuMs() - startedMs;
}

/** One service after the other through minutes of virtual time. */
class Bench {
  readonly stages: Stages = { detect: [], baseline: [], accept: [] };
  readonly book = new MemoryBook();

  readonly #pipeline: Pipeline;
  readonly #batch: Batch;
  readonly #broken: Batch;
  #nowMs = T0;

  constructor(services: number, engine: EngineSettings | null) {
    // The engine opens an alert for each incident.
    this.book.onePerEnvironment = engine === null;
    this.#batch = new Batch(services, false);
    this.#broken = new Batch(services, true);
    this.#pipeline = new Pipeline(
      {
        windowMs: WINDOW_MS,
        bucketMs: BUCKET_MS,
        warmupMs: WINDOW_MS,
        maxServices: services,
        replica: "bench",
        epoch: T0,
        alpha: 0.2,
        relearnMs: 60 * MINUTE_MS,
        cooldownMs: 15 * MINUTE_MS,
        scope: "service",
        detectors: CLASSIC_DETECTORS,
        engine,
        analyse: analyseNothing,
      },
      { book: this.book, redact: (text) => text, timed: (stage, work) => this.#timed(stage, work) },
    );
  }

  #timed<T>(stage: keyof Stages, work: () => T): T {
    const startedMs = cpuMs();
    const value = work();
    this.stages[stage].push(cpuMs() - startedMs);
    return value;
  }

  /** Sends once, moves the clock and ticks; the tick's milliseconds. */
  step(isBroken = false): Tick {
    this.#pipeline.accept((isBroken ? this.#broken : this.#batch).at(this.#nowMs), this.#nowMs);
    this.#nowMs += TICK_EVERY_MS;
    const ms = timed(() => this.#pipeline.tick(this.#nowMs));
    return { ms, ends: endsOf(this.#nowMs) };
  }
}

/** The system counts CPU time in coarse steps: single ticks of little work show none, or too much. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

type Ends = "nothing" | "a pane" | "a minute" | "a window";

interface Tick {
  readonly ms: number;
  /** The longest that has just ended, and is judged or learnt. */
  readonly ends: Ends;
}

function endsOf(nowMs: number): Ends {
  if (nowMs % WINDOW_MS === 0) return "a window";
  if (nowMs % MINUTE_MS === 0) return "a minute";
  return nowMs % BUCKET_MS === 0 ? "a pane" : "nothing";
}

const ENGINE = { falseAlertBudget: 0.05, shadow: [], saved: false };

function measure(services: number, engine: EngineSettings | null): readonly Measured[] {
  const bench = new Bench(services, engine);
  const ticks = Array.from({ length: TICKS }, () => bench.step()).slice(-MEASURED_TICKS);
  const byEnd = Map.groupBy(ticks, ({ ends }) => ends);
  if (bench.book.all.length > 0) throw new Error("the healthy phase raised an alert");
  const steps = bench.stages.baseline.length;
  const slowestStepMs = Math.max(...bench.stages.baseline);
  const opening: number[] = [];
  while (bench.book.all.length === 0) opening.push(bench.step(true).ms);
  const what = `${services.toLocaleString("en")} services, ${engine === null ? "original rules" : "engine"}`;
  const common = { unit: "ms", better: "lower" } as const;
  const tickBar = { name: "bar", value: TICK_BAR_MS };
  return [
    ...Array.from(byEnd, ([ends, some]): Measured => {
      const times = some.map(({ ms }) => ms);
      return {
        ...common,
        what: `${what}: tick at which ${ends} ends`,
        value: mean(times),
        from: `mean of ${times.length}, slowest ${Math.max(...times).toFixed(1)}`,
        against: ends === "nothing" || ends === "a pane" ? tickBar : null,
      };
    }),
    {
      ...common,
      what: `${what}: tick that opens an alert`,
      value: opening.at(-1) ?? Number.NaN,
      from: "1 sample",
      against: null,
    },
    {
      ...common,
      what: `${what}: baseline step`,
      value: slowestStepMs,
      from: `slowest of ${steps}`,
      against: { name: "bar", value: STEP_BAR_MS },
    },
  ];
}

/** What one evaluation costs, in this process, without I/O. */
export async function* tick(): AsyncGenerator<Table> {
  measure(10, ENGINE);
  yield {
    title: "Tick: window 5 min in panes of 10 s, one environment",
    rows: SERVICES.flatMap((services) => [null, ENGINE].flatMap((engine) => measure(services, engine))),
    notes: [
      "milliseconds of CPU; every service logs before every tick, so the merge of all that was counted is part of it",
      loadNote("at the end"),
    ],
  };
  yield { title: "Memory of the engine", rows: engineMemory(), notes: [] };
}
