import type { Verbs } from "../alert/verbs.ts";
import type { Config } from "../config.ts";
import { Daily } from "../desk/daily.ts";
import type { Rounds } from "../desk/rounds.ts";
import type { WorkerPool } from "../ingest/pool.ts";
import { MINUTE_MS, SECOND_MS } from "../log/time.ts";
import type { Pipeline } from "../pipeline.ts";
import { isUnavailable } from "../store/store-error.ts";
import { forget, type ForgetPorts } from "./forget.ts";
import { callOnce, Heartbeat } from "./heartbeat.ts";
import type { Notifying } from "./notifying.ts";
import type { Job } from "./scheduler.ts";
import type { StateSaver } from "./state-saver.ts";
import type { TemplateSaver } from "./template-saver.ts";

export interface JobPorts {
  readonly config: Config;
  readonly ports: ForgetPorts;
  readonly pipeline: Pipeline;
  readonly pool: WorkerPool;
  readonly saver: StateSaver;
  readonly templateSaver: TemplateSaver;
  readonly rounds: Rounds;
  readonly verbs: Verbs;
  readonly notifying: Notifying;
}

/** Fresh records are judged within this share of `TOCSIN_EVALUATE_EVERY`. */
const FRESH_SHARE = 4;
const MIN_EVALUATE_EVERY_MS = 50;
const ROUNDS_EVERY_MS = 5 * SECOND_MS;
const RETENTION_EVERY_MS = 10 * MINUTE_MS;
const HEARTBEAT_EVERY_MS = MINUTE_MS;
const DIGEST_EVERY_MS = MINUTE_MS;
const SAVE_TEMPLATES_EVERY_MS = MINUTE_MS;
const RECALL_TEMPLATES_EVERY_MS = SECOND_MS;

function heartbeatOf({ config, ports: { clock, log } }: JobPorts): Heartbeat | null {
  const { heartbeatUrl: url } = config.alerts;
  const { evaluateEveryMs } = config.window;
  return url === null ? null : new Heartbeat({ url, evaluateEveryMs, clock, log, fetch: callOnce });
}

/** Only people in a channel want a digest; a terminal has what was printed. */
function dailyOf({ config, ports, verbs, notifying }: JobPorts): Daily | null {
  const { digestAtMinutes: atMinutes } = config.alerts;
  if (atMinutes === null || config.slack === null) return null;
  const { storage, clock } = ports;
  const wake = (): void => notifying.wake();
  return new Daily({ box: storage.collectives, reports: verbs, clock, atMinutes, isUnavailable, wake });
}

function evaluating(parts: JobPorts, heartbeat: Heartbeat | null): Job {
  const { config, ports, pipeline, pool } = parts;
  const { clock } = ports;
  const { evaluateEveryMs } = config.window;
  let evaluatedAtMs = 0;
  return {
    name: "evaluate",
    everyMs: Math.max(evaluateEveryMs / FRESH_SHARE, MIN_EVALUATE_EVERY_MS),
    run: async () => {
      const waitedMs = Math.abs(clock.now() - evaluatedAtMs);
      if (!pipeline.fresh && !pool.dirty && waitedMs < evaluateEveryMs) return;
      await pool.collect(clock.now());
      if (pipeline.takeMissing()) pool.tellAgain();
      evaluatedAtMs = clock.now();
      pipeline.tick(evaluatedAtMs);
      heartbeat?.evaluated(evaluatedAtMs);
    },
  };
}

/** The service's loops. */
export function jobsOf(parts: JobPorts): readonly Job[] {
  const { config, ports, saver, templateSaver, rounds } = parts;
  const heartbeat = heartbeatOf(parts);
  const daily = dailyOf(parts);
  return [
    evaluating(parts, heartbeat),
    { name: "rounds", everyMs: ROUNDS_EVERY_MS, run: () => rounds.run() },
    { name: "save state", everyMs: config.window.bucketMs, run: () => saver.save() },
    { name: "recall templates", everyMs: RECALL_TEMPLATES_EVERY_MS, run: () => templateSaver.recall() },
    { name: "save templates", everyMs: SAVE_TEMPLATES_EVERY_MS, run: () => templateSaver.save() },
    { name: "retention", everyMs: RETENTION_EVERY_MS, run: () => forget(config, ports) },
    ...(heartbeat === null
      ? []
      : [{ name: "heartbeat", everyMs: HEARTBEAT_EVERY_MS, run: () => heartbeat.beat() }]),
    ...(daily === null ? [] : [{ name: "digest", everyMs: DIGEST_EVERY_MS, run: () => daily.run() }]),
  ];
}
