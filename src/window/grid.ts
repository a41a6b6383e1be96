import { MAX_LATE_MS, type EpochMs } from "../log/time.ts";

/** Steps of a bucket: a minute each at a window of five. */
const STEPS_PER_BUCKET = 5;
/** Steps that are remembered: an hour at a window of five minutes, and the pause before drops are judged. */
const KEPT_STEPS = 64;

/** The time raster of the engine: panes make a step, five steps a bucket, which is the configured window. */
export interface Grid {
  readonly paneMs: number;
  readonly panesPerStep: number;
  readonly stepMs: number;
  readonly bucketMs: number;
  readonly keptPanes: number;
  readonly keptSteps: number;
}

export function gridOf(windowMs: number, paneMs: number): Grid {
  const panesPerStep = Math.max(1, Math.round(windowMs / STEPS_PER_BUCKET / paneMs));
  const panesPerBucket = STEPS_PER_BUCKET * panesPerStep;
  return {
    paneMs,
    panesPerStep,
    stepMs: panesPerStep * paneMs,
    bucketMs: panesPerBucket * paneMs,
    keptPanes: panesPerBucket + Math.ceil((2 * MAX_LATE_MS) / paneMs) + 4,
    keptSteps: KEPT_STEPS,
  };
}

export function paneOf(grid: Grid, timeMs: EpochMs): number {
  return Math.floor(timeMs / grid.paneMs);
}
