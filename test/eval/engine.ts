import { pino } from "pino";
import type { Alert } from "../../src/alert/alert.ts";
import type { Change, ChangeBook } from "../../src/alert/change.ts";
import { redact } from "../../src/analysis/redact.ts";
import type { Anomaly } from "../../src/anomaly/anomaly.ts";
import type { Detector } from "../../src/anomaly/detector.ts";
import { pipelineOptions } from "../../src/app/pipeline-options.ts";
import type { Clock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { AlertDesk } from "../../src/desk.ts";
import type { LogRecord } from "../../src/log/batch.ts";
import type { EpochMs } from "../../src/log/time.ts";
import { Pipeline } from "../../src/pipeline.ts";
import { ReplayDriver } from "../../src/replay/driver.ts";
import type { ReplayEngine } from "../../src/replay/engine.ts";
import { MemoryAlerts } from "../../src/store/memory-alerts.ts";

/** An alert that came from elsewhere: the moment, and what it was about. */
export interface GivenAlert {
  readonly atMs: EpochMs;
  readonly service: string | null;
  readonly summary: string;
}

/** Each is told once, at the first tick from its time on. */
function givenDetector(given: readonly GivenAlert[]): Detector {
  let next = 0;
  const due = given.toSorted((a, b) => a.atMs - b.atMs);
  return {
    category: "error_spike",
    metric: "errorRate",
    detect({ stats, nowMs }): Anomaly | null {
      const found = due[next];
      if (found === undefined || nowMs < found.atMs) return null;
      next += 1;
      return {
        category: "error_spike",
        severity: "high",
        environment: stats.environment,
        service: found.service,
        observed: stats.errorRate ?? 0,
        expected: 0,
        multiplier: null,
        detectedAtMs: nowMs,
        pattern: null,
        description: found.summary,
        affectedServices: found.service === null ? [] : [found.service],
      };
    },
    holds: () => false,
  };
}

/** A fixed list of changes, as the running service would have been told of them. */
export function bookOf(changes: readonly Change[]): ChangeBook {
  return {
    between: (_environment, fromMs, toMs) => changes.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs),
  };
}

export interface EvalRun {
  readonly records: readonly LogRecord[];
  readonly changes: readonly Change[];
  /** null: the product's own detectors decide. */
  readonly given: readonly GivenAlert[] | null;
}

/** Records through the product's own pipeline on a virtual clock; the alerts as they stood when they opened. */
export async function alertsOf({ records, changes, given }: EvalRun): Promise<readonly Alert[]> {
  const loaded = loadConfig({
    env: {},
    yamlText: null,
    overrides: given === null ? {} : { TOCSIN_COOLDOWN: "0s" },
  });
  if (loaded.kind === "invalid") throw new Error(loaded.problems.join("; "));
  let nowMs: EpochMs = 0;
  const clock: Clock = { now: () => nowMs, every: () => () => undefined, sleep: () => Promise.resolve() };
  const opened: Alert[] = [];
  const desk = new AlertDesk({
    repository: new MemoryAlerts(),
    clock,
    log: pino({ enabled: false }),
    deliveriesFor: () => [],
    backoffMs: () => 0,
    isUnavailable: () => false,
    committed: ({ alert, expectedVersion }) => {
      if (expectedVersion === 0) opened.push(alert);
    },
  });
  const options = pipelineOptions(loaded.config, 0, false);
  const pipeline = new Pipeline(
    given === null ? options : { ...options, engine: null, detectors: [givenDetector(given)] },
    {
      book: desk,
      redact,
      changes: bookOf(changes),
      timed: (_stage, work) => work(),
    },
  );
  const settle = async (): Promise<void> => {
    await desk.settled();
    // A given alert is over as soon as it is told, or the next one would join it.
    const running = given === null ? undefined : desk.running(opened.at(-1)?.environment ?? "");
    if (running === undefined) return;
    await desk.apply(running.id, [{ type: "resolved", resolution: "told" }]);
    await desk.settled();
  };
  const engine: ReplayEngine = {
    accept: (batch, atMs) => pipeline.accept(batch, atMs),
    tick: (atMs) => {
      nowMs = atMs;
      pipeline.tick(atMs);
      pipeline.takeState();
      return desk.backlog().count === 0 ? undefined : settle();
    },
    idle: () => given === null && pipeline.idle(),
    opened: () => [],
    alerts: () => opened,
  };
  const { windowMs, evaluateEveryMs } = loaded.config.window;
  const driver = new ReplayDriver({ kind: "ready", engine, windowMs, evaluateEveryMs }, () => undefined);
  const timed = records
    .toSorted((a, b) => a.timeMs - b.timeMs)
    .map((record) => ({ record, atMs: record.timeMs }));
  await driver.feed(timed);
  await driver.finish();
  return opened;
}
