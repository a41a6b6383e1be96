import type { LogBatch } from "./batch.ts";
import type { EpochMs } from "./time.ts";

/** What became of a batch. `late` records are among the accepted: counted, but never evaluated. */
export type AcceptOutcome =
  | { readonly kind: "accepted"; readonly accepted: number; readonly late: number }
  | { readonly kind: "overloaded"; readonly retryAfterS: number };

export interface LogSink {
  /**
   * Takes the whole batch or nothing; returns at once and never throws for what a sender can cause. Keeps nothing of
   * the batch itself: the bytes behind it are given back when this returns.
   */
  accept(batch: LogBatch, nowMs: EpochMs): AcceptOutcome;
}
