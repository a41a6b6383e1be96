import { pino } from "pino";
import type { Alert } from "../alert/alert.ts";
import { redact } from "../analysis/redact.ts";
import type { Clock } from "../clock.ts";
import { loadConfig, type Config } from "../config.ts";
import { AlertDesk } from "../desk.ts";
import type { EpochMs } from "../log/time.ts";
import { Pipeline } from "../pipeline.ts";
import type { ReplayEngine, ReplayEngineFactory } from "../replay/engine.ts";
import { MemoryAlerts } from "../store/memory-alerts.ts";
import type { WindowDelta } from "../window/delta.ts";
import { pipelineOptions } from "./pipeline-options.ts";

/** The product's own pipeline and alert life on a virtual clock, with nothing outside the process. */
export class VirtualEngine implements ReplayEngine {
  readonly #pipeline: Pipeline;
  readonly #desk: AlertDesk;
  #nowMs: EpochMs = 0;
  #opened: Alert[] = [];
  readonly #alerts = new Map<string, Alert>();

  constructor(config: Config) {
    const clock: Clock = {
      now: () => this.#nowMs,
      every: () => () => undefined,
      sleep: () => Promise.resolve(),
    };
    this.#desk = new AlertDesk({
      repository: new MemoryAlerts(),
      clock,
      log: pino({ enabled: false }),
      deliveriesFor: () => [],
      aftermath: (alert, nowMs) => this.#pipeline.aftermath(alert, nowMs),
      backoffMs: () => 0,
      isUnavailable: () => false,
      committed: ({ alert, expectedVersion }) => {
        this.#alerts.set(alert.id, alert);
        if (expectedVersion === 0) this.#opened.push(alert);
      },
    });
    this.#pipeline = new Pipeline(pipelineOptions(config, 0, false), {
      book: this.#desk,
      redact,
      timed: (_stage, work) => work(),
    });
  }

  accept(...[batch, nowMs]: Parameters<ReplayEngine["accept"]>): ReturnType<ReplayEngine["accept"]> {
    return this.#pipeline.accept(batch, nowMs);
  }

  /** Counts instead of records. */
  applyDelta(delta: WindowDelta, nowMs: EpochMs): void {
    this.#pipeline.applyDelta(delta, nowMs);
  }

  tick(nowMs: EpochMs): Promise<void> | undefined {
    this.#nowMs = nowMs;
    this.#pipeline.tick(nowMs);
    // Saved nowhere: what a restart would need is let go.
    this.#pipeline.takeState();
    return this.#desk.backlog().count === 0 ? undefined : this.#desk.settled();
  }

  idle(): boolean {
    return this.#pipeline.idle();
  }

  opened(): readonly Alert[] {
    return this.#opened.splice(0);
  }

  alerts(): readonly Alert[] {
    return [...this.#alerts.values()];
  }
}

/** `tocsin replay` takes nothing from the environment: the same files and settings give the same alerts anywhere. */
export const replayEngine: ReplayEngineFactory = (settings) => {
  const loaded = loadConfig({ env: {}, yamlText: null, overrides: Object.fromEntries(settings) });
  if (loaded.kind === "invalid") return loaded;
  const { windowMs, evaluateEveryMs } = loaded.config.window;
  return { kind: "ready", engine: new VirtualEngine(loaded.config), evaluateEveryMs, windowMs };
};
