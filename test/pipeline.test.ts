import { describe, expect, test } from "vitest";
import type { Alert } from "../src/alert/alert.ts";
import { CLASSIC_DETECTORS } from "../src/anomaly/registry.ts";
import { batchOf, type LogRecord } from "../src/log/batch.ts";
import type { AcceptOutcome } from "../src/log/sink.ts";
import { Pipeline, type PipelineOptions, type StateChanges } from "../src/pipeline.ts";
import type { BaselineRow } from "../src/store/state-store.ts";
import { PaneCounter } from "../src/window/counter.ts";
import type { WindowDelta } from "../src/window/delta.ts";
import { SeriesRegistry } from "../src/window/registry.ts";
import { Naming } from "./support/counting.ts";
import { analyseNothing, MemoryBook } from "./support/alerts.ts";
import { logBatch, logRecord, T0, type RecordOptions } from "./support/log-records.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const WINDOW_MS = 5 * MINUTE_MS;

const OPTIONS: PipelineOptions = {
  windowMs: WINDOW_MS,
  bucketMs: 10_000,
  warmupMs: WINDOW_MS,
  alpha: 0.2,
  relearnMs: 60 * MINUTE_MS,
  cooldownMs: 15 * MINUTE_MS,
  scope: "service",
  detectors: CLASSIC_DETECTORS,
  analyse: analyseNothing,
  maxServices: 1_000,
  replica: "one",
  epoch: T0,
};

/** What arrives in one second: how many records of what kind. */
type Traffic = (second: number) => readonly (readonly [count: number, options: RecordOptions])[];

const SERVICES = ["payment", "cart", "shop", "search", "mail"];

/** Ten records a second over five services, one in a hundred an error. */
const normal: Traffic = (second) => [
  ...SERVICES.map((service) => [2, { service }] as const).slice(second % 10 === 0 ? 1 : 0),
  ...(second % 10 === 0
    ? ([
        [1, { service: "payment" }],
        [1, { service: "payment", level: "ERROR", body: `card ${second} declined` }],
      ] as const)
    : []),
];

const failing: Traffic = (second) => [
  ...normal(second),
  [20, { service: "payment", level: "ERROR", body: `no connection in pool after ${second} ms` }],
  [2, { service: "cart", level: "ERROR", body: "payment does not answer" }],
];

const nothing: Traffic = () => [];

/** A pipeline on its own clock: traffic comes in and a tick follows, second by second. */
class Run {
  readonly pipeline: Pipeline;
  readonly book: MemoryBook;
  readonly options: PipelineOptions;
  readonly saved = new Saved();
  nowMs: number;

  constructor(change: Partial<PipelineOptions> = {}, nowMs = T0) {
    this.options = { ...OPTIONS, epoch: nowMs, ...change };
    this.book = new MemoryBook();
    this.book.onePerEnvironment = change.engine === undefined;
    this.nowMs = nowMs;
    this.pipeline = new Pipeline(this.options, {
      book: this.book,
      redact: (text) => text.replaceAll("4111111111111111", "<card>"),
      timed: (_stage, work) => work(),
    });
  }

  send(...records: LogRecord[]): AcceptOutcome {
    return this.pipeline.accept(batchOf(records), this.nowMs);
  }

  /** Moves on by `durationMs`, a tick every `stepMs`, `traffic` for each second that has passed. */
  for(durationMs: number, traffic: Traffic, stepMs = SECOND_MS): this {
    for (const untilMs = this.nowMs + durationMs; this.nowMs < untilMs;) {
      this.nowMs += stepMs;
      for (let ms = SECOND_MS; ms <= stepMs; ms += SECOND_MS) this.#second(traffic, this.nowMs - stepMs + ms);
      this.pipeline.tick(this.nowMs);
      this.saved.add(this.pipeline.takeState());
    }
    return this;
  }

  #second(traffic: Traffic, timeMs: number): void {
    const records = traffic((timeMs - T0) / SECOND_MS).flatMap(([count, options]) =>
      Array.from({ length: count }, () => logRecord(timeMs - 1, options)),
    );
    if (records.length > 0) this.send(...records);
  }

  get alerts(): readonly Alert[] {
    return this.book.all;
  }

  /** Of the first alert, in seconds after `fromMs`. */
  openedAfterS(fromMs: number): number {
    return ((this.alerts[0]?.detectedAtMs ?? Infinity) - fromMs) / SECOND_MS;
  }

  resolvedAfterS(fromMs: number): number {
    return ((this.alerts[0]?.resolvedAtMs ?? Infinity) - fromMs) / SECOND_MS;
  }
}

/** What a state store would hold. */
class Saved {
  readonly #baselines = new Map<string, BaselineRow>();
  readonly #deltas = new Map<string, WindowDelta>();
  /** Of the last saving. */
  fresh: readonly WindowDelta[] = [];

  add({ baselines, deltas }: StateChanges): void {
    this.fresh = deltas;
    // As a store does it: what cannot be said in JSON does not come back.
    for (const row of baselines) {
      const kept: BaselineRow = { ...row, state: JSON.parse(JSON.stringify(row.state)) };
      this.#baselines.set(row.key, kept);
    }
    for (const delta of deltas) {
      this.#deltas.set(`${delta.replica} ${delta.epoch} ${delta.paneStartMs}`, delta);
    }
  }

  restoreInto(pipeline: Pipeline): void {
    pipeline.restore([...this.#baselines.values()], [...this.#deltas.values()]);
  }
}

/** A new process takes up what the old one had saved; the old one's alerts were never stored. */
function restarted(run: Run, change: Partial<PipelineOptions> = {}): Run {
  const next = new Run(change, run.nowMs);
  run.saved.restoreInto(next.pipeline);
  return next;
}

describe("a burst of errors", () => {
  test("is one alert within seconds, which resolves one window after it has left the window", () => {
    const run = new Run().for(10 * MINUTE_MS, normal);
    expect(run.alerts).toEqual([]);
    const burstMs = run.nowMs;
    run.for(MINUTE_MS, failing);
    expect(run.alerts).toHaveLength(1);
    expect(run.openedAfterS(burstMs)).toBeLessThanOrEqual(10);
    const calmMs = run.nowMs;
    run.for(12 * MINUTE_MS, normal);
    expect(run.alerts).toHaveLength(1);
    // The errors leave the window within 5 minutes; one window later it is over.
    expect(run.resolvedAfterS(calmMs)).toBeGreaterThan(5 * 60);
    expect(run.resolvedAfterS(calmMs)).toBeLessThanOrEqual(10 * 60 + 10);
  });

  test("is explained: who is affected, who is suspected, what they wrote", () => {
    const run = new Run().for(10 * MINUTE_MS, normal).for(MINUTE_MS, failing);
    const [alert] = run.alerts;
    expect(alert).toMatchObject({
      category: "error_spike",
      environment: "production",
      suspectedService: "payment",
      affectedServices: ["payment", "cart"],
      resolution: null,
    });
    expect(alert?.metrics.baselineErrorRate).toBeCloseTo(0.01, 3);
    expect(alert?.evidence[0]).toMatchObject({
      id: "E1",
      kind: "new_error",
      service: "payment",
      template: "no connection in pool after <duration>",
    });
    expect(alert?.evidence.map(({ template }) => template)).toContain("card <num> declined");
  });

  test("escalates with its height, and its metrics keep the peak", () => {
    const run = new Run()
      .for(10 * MINUTE_MS, normal)
      .for(3 * MINUTE_MS, failing)
      .for(15 * MINUTE_MS, normal);
    const [alert] = run.alerts;
    expect(alert).toMatchObject({ severity: "high", status: "resolved" });
    expect(alert?.metrics.errorRate).toBeGreaterThan(0.5);
    expect(run.book.types().filter((type) => type === "escalated")).toHaveLength(1);
  });

  test("teaches nothing: the baseline afterwards is the one before", () => {
    const run = new Run()
      .for(10 * MINUTE_MS, normal)
      .for(3 * MINUTE_MS, failing)
      .for(30 * MINUTE_MS, normal);
    const [standing] = run.pipeline.standing(run.nowMs);
    expect(standing?.baseline.errorRate.value).toBeCloseTo(0.01, 3);
  });

  test("before anything is known of normal is not judged", () => {
    expect(new Run().for(4 * MINUTE_MS, failing).alerts).toEqual([]);
  });

  test("keeps no secret: evidence is redacted", () => {
    const leaking: Traffic = () => [
      [30, { service: "payment", level: "ERROR", body: "card 4111111111111111 refused" }],
    ];
    const run = new Run().for(10 * MINUTE_MS, normal).for(MINUTE_MS, leaking);
    expect(run.alerts).toHaveLength(1);
    expect(JSON.stringify(run.alerts)).toContain("<card>");
    expect(JSON.stringify(run.alerts)).not.toContain("4111111111111111");
  });

  test("in a window of 30 s with panes of 1 s is the same story, faster", () => {
    const short = { windowMs: 30_000, bucketMs: 1_000, warmupMs: 30_000, cooldownMs: 90_000 };
    const run = new Run(short).for(60_000, normal);
    const burstMs = run.nowMs;
    run.for(10_000, failing);
    expect(run.alerts).toHaveLength(1);
    expect(run.openedAfterS(burstMs)).toBeLessThanOrEqual(2);
    const calmMs = run.nowMs;
    run.for(70_000, normal);
    expect(run.alerts).toMatchObject([{ status: "resolved" }]);
    expect(run.resolvedAfterS(calmMs)).toBeLessThanOrEqual(62);
  });

  test("in one environment is none of the others' business", () => {
    const staging: Traffic = (second) =>
      failing(second).map(([count, options]) => [count, { ...options, environment: "staging" }]);
    const calmStaging: Traffic = (second) =>
      normal(second).map(([count, options]) => [count, { ...options, environment: "staging" }]);
    const run = new Run()
      .for(10 * MINUTE_MS, (second) => [...normal(second), ...calmStaging(second)])
      .for(MINUTE_MS, (second) => [...normal(second), ...staging(second)]);
    expect(run.alerts.map(({ environment }) => environment)).toEqual(["staging"]);
  });
});

describe("a lasting change", () => {
  const worse: Traffic = (second) => [
    ...normal(second),
    ...(second % 2 === 0 ? ([[3, { service: "mail", level: "ERROR", body: "bounced" }]] as const) : []),
  ];

  test("becomes normal after TOCSIN_BASELINE_RELEARN, and its alert says so and resolves", () => {
    const run = new Run().for(10 * MINUTE_MS, normal, 10_000);
    const changedMs = run.nowMs;
    run.for(60 * MINUTE_MS, worse, 10_000);
    expect(run.alerts).toMatchObject([{ status: "open", category: "error_spike", adopted: [] }]);
    run.for(20 * MINUTE_MS, worse, 10_000);
    expect(run.alerts).toMatchObject([
      { status: "resolved", adopted: ["error_spike"], resolution: "the change is now taken as normal" },
    ]);
    expect(run.resolvedAfterS(changedMs)).toBeGreaterThanOrEqual(65 * 60);
    expect(run.book.types()).toEqual(expect.arrayContaining(["opened", "adopted", "resolved"]));
  });

  test("is stepped into from the start where relearning is 0, the original behaviour", () => {
    const run = new Run({ relearnMs: 0 })
      .for(10 * MINUTE_MS, normal, 10_000)
      .for(40 * MINUTE_MS, worse, 10_000);
    const [standing] = run.pipeline.standing(run.nowMs);
    expect(standing?.baseline.errorRate.value).toBeGreaterThan(0.08);
    expect(standing?.baseline.errorRate.hold).toBeNull();
  });
});

describe("volume", () => {
  const flood: Traffic = (second) => [...normal(second), [60, { service: "search", body: "debug dump" }]];

  test("above 3 × is one alert that names the source", () => {
    const run = new Run().for(11 * MINUTE_MS, normal).for(3 * MINUTE_MS, flood);
    expect(run.alerts).toMatchObject([
      { category: "volume_spike", severity: "medium", affectedServices: ["search"], status: "open" },
    ]);
    expect(run.alerts[0]?.metrics.baselineTotalLogs).toBeCloseTo(3_000, -2);
  });

  test("is judged only after this much input since every start", () => {
    const before = new Run().for(11 * MINUTE_MS, normal);
    const after = restarted(before);
    after.for(WINDOW_MS - SECOND_MS, flood);
    expect(after.alerts).toEqual([]);
    after.for(2 * SECOND_MS, flood);
    expect(after.alerts).toMatchObject([{ category: "volume_spike" }]);
  });
});

describe("services", () => {
  const many: Traffic = () => Array.from({ length: 8 }, (_, i) => [1, { service: `s${i}` }] as const);
  const few: Traffic = () => Array.from({ length: 4 }, (_, i) => [1, { service: `s${i}` }] as const);

  test("that go missing are one alert once the window no longer shows them, resolved after they are back", () => {
    const run = new Run().for(11 * MINUTE_MS, many);
    const goneMs = run.nowMs;
    run.for(6 * MINUTE_MS, few);
    expect(run.alerts).toMatchObject([{ category: "service_change", severity: "medium", status: "open" }]);
    expect(run.openedAfterS(goneMs)).toBeLessThanOrEqual(300);
    expect(new Set(run.alerts[0]?.affectedServices)).toEqual(new Set(["s4", "s5", "s6", "s7"]));
    expect(run.alerts[0]?.evidence.map(({ kind }) => kind)).toContain("service_missing");
    const backMs = run.nowMs;
    run.for(6 * MINUTE_MS, many);
    expect(run.resolvedAfterS(backMs)).toBeGreaterThanOrEqual(300);
    expect(run.resolvedAfterS(backMs)).toBeLessThanOrEqual(310);
  });

  test("that appear are a low one", () => {
    const run = new Run().for(11 * MINUTE_MS, few).for(20_000, many);
    expect(run.alerts).toMatchObject([{ category: "service_change", severity: "low" }]);
  });
});

describe("time and gaps", () => {
  test("old logs sent today are counted as late and are no spike", () => {
    const run = new Run().for(10 * MINUTE_MS, normal);
    const outcome = run.pipeline.accept(logBatch(T0 - 86_400_000, 10_000, { level: "ERROR" }), run.nowMs);
    expect(outcome).toEqual({ kind: "accepted", accepted: 10_000, late: 10_000 });
    expect(run.for(MINUTE_MS, normal).alerts).toEqual([]);
  });

  test("an environment that only ever sent old logs is no volume spike when it begins", () => {
    const old: Traffic = (second) => (second % 10 === 0 ? normal(second) : [[1, { service: "mail" }]]);
    const run = new Run();
    for (let minute = 0; minute < 11; minute++) {
      run.for(MINUTE_MS, old);
      run.send(logRecord(T0 - 86_400_000, { environment: "staging" }), logRecord(run.nowMs));
    }
    run.for(8 * MINUTE_MS, (second) => [...old(second), [5, { environment: "staging" }]]);
    expect(run.alerts.filter(({ environment }) => environment === "staging")).toEqual([]);
  });

  test("a pause of the whole input is no data: no alert, nothing learnt, and nothing resolved", () => {
    const quiet = new Run().for(11 * MINUTE_MS, normal);
    const [before] = quiet.pipeline.standing(quiet.nowMs);
    quiet.for(30 * MINUTE_MS, nothing, 10_000).for(20_000, normal);
    expect(quiet.alerts).toEqual([]);
    const [after] = quiet.pipeline.standing(quiet.nowMs);
    expect(after?.baseline.totalLogs.value).toBeCloseTo(before?.baseline.totalLogs.value ?? 0, -1);

    const broken = new Run().for(10 * MINUTE_MS, normal).for(MINUTE_MS, failing);
    broken.for(60 * MINUTE_MS, nothing, 10_000);
    expect(broken.alerts).toMatchObject([{ status: "open" }]);
  });

  test("after a pause volume and services are judged again only after the warm-up", () => {
    const flood: Traffic = (second) => [...normal(second), [90, { service: "search" }]];
    const run = new Run().for(11 * MINUTE_MS, normal).for(90_000, nothing);
    const backMs = run.nowMs;
    run.for(WINDOW_MS + 5_000, flood);
    expect(run.alerts).toHaveLength(1);
    expect(run.openedAfterS(backMs)).toBeGreaterThanOrEqual(300);
  });

  test("idle means that ticks would change nothing until the next record", () => {
    const run = new Run();
    expect(run.pipeline.idle()).toBe(true);
    run.for(6 * MINUTE_MS, normal);
    expect(run.pipeline.idle()).toBe(false);
    run.for(20 * MINUTE_MS, nothing, 10_000);
    expect(run.pipeline.idle()).toBe(true);
  });
});

/** An alert as far as counts decide it: who has only counts lacks what other records add to the evidence. */
function judged({ evidence, analysis, ...alert }: Alert): unknown {
  const errors = evidence.filter(({ kind }) => kind === "new_error" || kind === "error");
  return {
    ...alert,
    rootCause: null,
    recommendedActions: [],
    confidence: null,
    by: analysis.by,
    errors: errors.map(({ kind, service, template, count }) => [kind, service, template, count]),
  };
}

describe("counts of another counter", () => {
  test("are judged as the records themselves would be", () => {
    const near = new Run();
    const far = new Run();
    const counter = new PaneCounter(
      { bucketMs: OPTIONS.bucketMs, redact: (text) => text },
      new SeriesRegistry(100),
    );
    const naming = new Naming("two");
    for (let second = 1; second <= 12 * 60; second++) {
      const nowMs = T0 + second * SECOND_MS;
      const records = (second < 10 * 60 ? normal : failing)(second).flatMap(([count, options]) =>
        Array.from({ length: count }, () => logRecord(nowMs - 1, options)),
      );
      near.pipeline.accept(batchOf(records), nowMs);
      counter.add(batchOf(records), nowMs);
      for (const delta of naming.deltas(counter.take())) far.pipeline.applyDelta(delta, nowMs);
      near.pipeline.tick(nowMs);
      far.pipeline.tick(nowMs);
    }
    expect(near.alerts).toHaveLength(1);
    expect(far.alerts.map(judged)).toEqual(near.alerts.map(judged));
  });
});

describe("a restart", () => {
  test("goes on with what was normal", () => {
    const after = restarted(new Run().for(11 * MINUTE_MS, normal)).for(MINUTE_MS, failing);
    expect(after.alerts).toMatchObject([{ category: "error_spike" }]);
  });

  test("does not lose a burst that was decided but not stored: the next evaluation opens it", () => {
    const before = new Run().for(11 * MINUTE_MS, normal).for(30_000, failing);
    expect(before.alerts).toHaveLength(1);
    const after = restarted(before);
    after.pipeline.tick(after.nowMs);
    expect(after.alerts).toEqual([]);
    after.for(SECOND_MS, normal);
    expect(after.alerts).toMatchObject([{ category: "error_spike", affectedServices: ["payment", "cart"] }]);
    // The lines that explain it were seen by the process that is gone.
    expect(after.alerts[0]?.evidence[0]?.examples).not.toEqual([]);
    expect(after.alerts[0]?.suspectedService).toBe(before.alerts[0]?.suspectedService);
  });

  test("with another window length starts from nothing", () => {
    const other = restarted(new Run().for(11 * MINUTE_MS, normal), {
      windowMs: MINUTE_MS,
      warmupMs: MINUTE_MS,
    });
    expect(other.for(30_000, failing).alerts).toEqual([]);
  });

  test("with garbage in the store starts from nothing", () => {
    const run = new Run();
    run.pipeline.restore(
      [
        { key: "production", state: { version: 1 }, updatedAtMs: T0 },
        { key: "staging", state: "x", updatedAtMs: T0 },
      ],
      [],
    );
    expect(run.for(2 * MINUTE_MS, failing).alerts).toEqual([]);
  });

  test("state that could not be saved is handed out again, unless something newer waits", () => {
    const run = new Run();
    const tick = (): StateChanges => {
      run.nowMs += SECOND_MS;
      run.send(logRecord(T0 + 1));
      run.pipeline.tick(run.nowMs);
      return run.pipeline.takeState();
    };
    const versions = ({ deltas }: StateChanges): number[] => deltas.map(({ version }) => version);
    const first = tick();
    expect(versions(first)).toEqual([1]);
    run.pipeline.returnState(first);
    expect(versions(run.pipeline.takeState())).toEqual([1]);
    run.send(logRecord(T0 + 1));
    run.pipeline.tick(run.nowMs);
    run.pipeline.returnState(first);
    expect(versions(run.pipeline.takeState())).toEqual([2]);
  });
});

describe("hostile input", () => {
  test("an empty batch, records of any time and any name are accepted", () => {
    const run = new Run();
    const hostile = ["__proto__", "constructor", "\u202e", "x".repeat(10_000), ""];
    expect(run.send()).toEqual({ kind: "accepted", accepted: 0, late: 0 });
    const records = hostile.flatMap((service) =>
      [NaN, -1, 0, 1, Infinity, Date.UTC(2099, 0, 1)].map((timeMs) =>
        logRecord(timeMs, { service, environment: service, level: "ERROR", body: service }),
      ),
    );
    expect(run.send(...records)).toMatchObject({ kind: "accepted", accepted: records.length });
    expect(() => run.for(6 * MINUTE_MS, normal, 10_000)).not.toThrow();
  });

  test("random services and environments meet the bound, and the total stays right", () => {
    const run = new Run({ maxServices: 20 });
    for (let i = 0; i < 500; i++) run.send(logRecord(T0, { service: `s${i}`, environment: `e${i % 100}` }));
    run.for(SECOND_MS, nothing);
    const standings = run.pipeline.standing(run.nowMs);
    const services = standings.flatMap(({ stats }) => [...stats.services.keys()]);
    expect(standings.length).toBeLessThanOrEqual(20);
    expect(services.length).toBeLessThanOrEqual(40);
    expect(standings.reduce((sum, { stats }) => sum + stats.total, 0)).toBe(500);
    expect(run.pipeline.overflowed().services).toBeGreaterThan(400);
  });
});

describe("a restart of the engine's process", () => {
  const engine = { falseAlertBudget: 0.05, shadow: [], saved: true };

  /** The new process reads the alerts that the old one had stored. */
  function takenUp(run: Run): Run {
    const next = restarted(run, { engine });
    for (const alert of run.alerts) next.book.alerts.set(alert.id, alert);
    next.book.trail.push(...run.book.trail);
    return next;
  }

  test("takes up what is open: it is not opened again, and resolves when it is over", () => {
    const run = new Run({ engine }).for(60 * MINUTE_MS, normal, 10_000).for(3 * MINUTE_MS, failing, 10_000);
    const opened = run.alerts.length;
    expect(run.alerts.map(({ status }) => status)).toContain("open");
    const next = takenUp(run).for(3 * MINUTE_MS, failing, 10_000);
    expect(next.alerts).toHaveLength(opened);
    next.for(40 * MINUTE_MS, normal, 10_000);
    expect(next.alerts).toHaveLength(opened);
    expect(next.alerts.map(({ status }) => status)).not.toContain("open");
  });

  test("in healthy times alerts of nothing", () => {
    const run = new Run({ engine }).for(60 * MINUTE_MS, normal, 10_000);
    const known = run.alerts.length;
    expect(takenUp(run).for(30 * MINUTE_MS, normal, 10_000).alerts).toHaveLength(known);
  });
});
