import type { EpochMs } from "../log/time.ts";

/** Start of the pane of `bucketMs` that a time lies in. */
export function paneStartOf(timeMs: EpochMs, bucketMs: number): EpochMs {
  return Math.floor(timeMs / bucketMs) * bucketMs;
}
