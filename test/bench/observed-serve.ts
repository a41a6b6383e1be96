import type { Alert } from "../../src/alert/alert.ts";
import type { AlertEvent } from "../../src/alert/event.ts";
import type {
  AlertCommit,
  AlertQuery,
  AlertRepository,
  Claim,
  CommitOutcome,
} from "../../src/alert/repository.ts";
import { createApp } from "../../src/app/app.ts";
import { createLog, startApp, storageFor, untilStopped } from "../../src/app/serve.ts";
import type { AlertSummary } from "../../src/alert/summary.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import type { PipelineOptions } from "../../src/pipeline.ts";
import { preciseNow, type Committed, type Listening } from "./messages.ts";

/**
 * `tocsin serve` with two additions: it tells its parent of every alert at the moment its transaction has ended, and
 * BENCH_STEP leaves out what comes after a step of the line.
 */

function tell(message: Committed | Listening): void {
  process.send?.(message);
}

class ObservedAlerts implements AlertRepository {
  readonly #alerts: AlertRepository;

  constructor(alerts: AlertRepository) {
    this.#alerts = alerts;
  }

  async commit(commit: AlertCommit): Promise<CommitOutcome> {
    const startedAtMs = preciseNow();
    const outcome = await this.#alerts.commit(commit);
    const committedAtMs = preciseNow();
    if (outcome.kind === "committed") {
      tell({
        kind: "committed",
        alertId: commit.alert.id,
        environment: commit.alert.environment,
        isNew: commit.expectedVersion === 0,
        tookMs: committedAtMs - startedAtMs,
        committedAtMs,
      });
    }
    return outcome;
  }

  get(id: string): Promise<Alert | null> {
    return this.#alerts.get(id);
  }
  recent(query: AlertQuery): Promise<readonly Alert[]> {
    return this.#alerts.recent(query);
  }
  startingWith(prefix: string, limit: number): Promise<readonly Alert[]> {
    return this.#alerts.startingWith(prefix, limit);
  }
  between(fromMs: number, toMs: number, limit: number, offset?: number): Promise<readonly AlertSummary[]> {
    return this.#alerts.between(fromMs, toMs, limit, offset);
  }
  unresolved(): Promise<readonly Alert[]> {
    return this.#alerts.unresolved();
  }
  claims(nowMs: number): Promise<readonly Claim[]> {
    return this.#alerts.claims(nowMs);
  }
  events(id: string): Promise<readonly AlertEvent[]> {
    return this.#alerts.events(id);
  }
}

/** `count`: no templates, nothing is compared with a baseline; `mine`: templates, but no comparison. */
const STEPS: Readonly<Record<string, Partial<PipelineOptions>>> = {
  count: { detectors: [], engine: null, mines: false },
  mine: { detectors: [], engine: null },
};

async function main(): Promise<void> {
  const loaded = loadConfig({ env: process.env, yamlText: null, overrides: {} });
  if (loaded.kind === "invalid") throw new Error(loaded.problems.join("; "));
  const log = createLog(loaded.config);
  const stored = await storageFor(loaded.config, log, () => process.exit(1));
  if (stored === null) throw new Error("no storage");
  const app = await createApp(loaded.config, {
    storage: { ...stored, alerts: new ObservedAlerts(stored.alerts) },
    clock: systemClock,
    log,
    version: "bench",
    terminal: process.stderr,
    pipeline: STEPS[process.env["BENCH_STEP"] ?? ""] ?? {},
  });
  const ports = await startApp(app, log);
  if (ports === null) throw new Error("no port");
  log.info(ports, "ready");
  tell({ kind: "listening", ...ports });
  await untilStopped();
  await app.stop();
  await stored.close();
  process.disconnect?.();
}

// Without its parent nobody would stop it.
process.on("disconnect", () => process.exit());
await main();
