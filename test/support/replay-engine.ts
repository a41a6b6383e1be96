import type { Alert } from "../../src/alert/alert.ts";
import type { LogBatch } from "../../src/log/batch.ts";
import type { AcceptOutcome } from "../../src/log/sink.ts";
import { formatIdTime, MAX_LATE_MS, type EpochMs } from "../../src/log/time.ts";
import type { ReadyEngine, ReplayEngine } from "../../src/replay/engine.ts";
import { sampleAlert } from "./sample-alert.ts";

export interface AcceptCall {
  readonly nowMs: EpochMs;
  readonly bodies: readonly string[];
}

/** The sample alert at another time, explained by statistics. */
export function replayAlert(id: string, detectedAtMs: EpochMs, change: Partial<Alert> = {}): Alert {
  return sampleAlert({
    id,
    detectedAtMs,
    window: { startMs: detectedAtMs - 300_000, endMs: detectedAtMs },
    description: "Error rate 30 % against a baseline of 1 %",
    analysis: { status: "done", by: "statistics", model: null, reason: "no_key" },
    ...change,
  });
}

/**
 * Writes down what it is told. A body "boom" opens an alert at the next tick, "fine" resolves all; it is idle
 * when told so.
 */
export class FakeEngine implements ReplayEngine {
  readonly accepted: AcceptCall[] = [];
  readonly ticks: EpochMs[] = [];
  isIdle = false;
  #booms = 0;
  #alerts: Alert[] = [];
  #opened: Alert[] = [];

  get bodies(): string[] {
    return this.accepted.flatMap((call) => call.bodies);
  }

  ready(evaluateEveryMs = 1_000, windowMs = 5_000): ReadyEngine {
    return { kind: "ready", engine: this, evaluateEveryMs, windowMs };
  }

  accept(batch: LogBatch, nowMs: EpochMs): AcceptOutcome {
    const bodies = Array.from({ length: batch.size }, (_, i) => batch.body(i));
    this.accepted.push({ nowMs, bodies });
    for (const body of bodies) {
      if (body === "boom") this.#booms++;
      if (body === "fine") this.#alerts = this.#alerts.map((alert) => ({ ...alert, status: "resolved" }));
    }
    const late = [...batch.timesMs].filter((timeMs) => timeMs > 0 && timeMs < nowMs - MAX_LATE_MS).length;
    return { kind: "accepted", accepted: batch.size, late };
  }

  tick(nowMs: EpochMs): void {
    this.ticks.push(nowMs);
    for (; this.#booms > 0; this.#booms--) {
      const alert = replayAlert(`anom_${formatIdTime(nowMs)}`, nowMs);
      this.#alerts.push(alert);
      this.#opened.push(alert);
    }
  }

  idle(): boolean {
    return this.isIdle;
  }

  opened(): readonly Alert[] {
    return this.#opened.splice(0);
  }

  alerts(): readonly Alert[] {
    return this.#alerts;
  }
}
