import type { Alert } from "../alert/alert.ts";
import type { LogBatch } from "../log/batch.ts";
import type { AcceptOutcome } from "../log/sink.ts";
import type { EpochMs } from "../log/time.ts";

/** The pipeline as replay drives it: records in, ticks on a virtual clock, alerts out. */
export interface ReplayEngine {
  accept(batch: LogBatch, nowMs: EpochMs): AcceptOutcome;
  /** Evaluates. All that it decides is done when it returns, or when its promise resolves. */
  tick(nowMs: EpochMs): void | Promise<void>;
  /** Would ticks change nothing until the next record comes? Then stretches without records are skipped. */
  idle(): boolean;
  /** Alerts opened since the last call, each as it stood when it opened. */
  opened(): readonly Alert[];
  /** All alerts in the order of their opening, as they stand now. */
  alerts(): readonly Alert[];
}

export interface ReadyEngine {
  readonly kind: "ready";
  readonly engine: ReplayEngine;
  readonly evaluateEveryMs: number;
  /** The clock runs on this long after the last record. */
  readonly windowMs: number;
}

/** Builds the engine from `--set`; problems are sentences for people. */
export type ReplayEngineFactory = (
  settings: ReadonlyMap<string, string>,
) => ReadyEngine | { readonly kind: "invalid"; readonly problems: readonly string[] };
