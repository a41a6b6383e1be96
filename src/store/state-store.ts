import type { EpochMs } from "../log/time.ts";
import type { WindowDelta } from "../window/delta.ts";

/** A baseline as it is kept: `state` is versioned JSON that `baseline/` alone reads. */
export interface BaselineRow {
  readonly key: string;
  readonly state: unknown;
  readonly updatedAtMs: EpochMs;
}

/** Small, hot, losable: never the only copy of an alert. Throws only when the store cannot be reached. */
export interface StateStore {
  /** Rows not older than the store's time to live (24 h by default). */
  loadBaselines(nowMs: EpochMs): Promise<readonly BaselineRow[]>;
  saveBaselines(rows: readonly BaselineRow[]): Promise<void>;
  /** Deltas of panes that start at `fromMs` or later. */
  loadDeltas(fromMs: EpochMs): Promise<readonly WindowDelta[]>;
  /** Later versions replace earlier ones; panes before `expireBeforeMs` may be forgotten. */
  saveDeltas(deltas: readonly WindowDelta[], expireBeforeMs: EpochMs): Promise<void>;
}
