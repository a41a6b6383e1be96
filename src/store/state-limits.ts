import { DAY_MS, type EpochMs } from "../log/time.ts";
import type { WindowDelta } from "../window/delta.ts";
import type { BaselineRow } from "./state-store.ts";

/** Classic baselines are forgotten after this long without an update. */
export const BASELINE_TTL_MS = DAY_MS;

/** Rows of one statement or pipeline; keeps messages and parameter counts bounded. */
export const BATCH_ROWS = 500;

export function batches<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const found: (readonly T[])[] = [];
  for (let at = 0; at < rows.length; at += BATCH_ROWS) found.push(rows.slice(at, at + BATCH_ROWS));
  return found;
}

/** The last row of each key counts. */
export function lastPerKey(rows: readonly BaselineRow[]): readonly BaselineRow[] {
  return [...new Map(rows.map((row) => [row.key, row])).values()];
}

/** What a delta counts: a later one of the same three replaces it. */
export function deltaKey(delta: WindowDelta): string {
  return JSON.stringify([delta.replica, delta.epoch, delta.paneStartMs]);
}

/** The newest version of each delta, without those that are to be forgotten anyway. */
export function newestDeltas(
  deltas: readonly WindowDelta[],
  expireBeforeMs: EpochMs,
): readonly WindowDelta[] {
  const newest = new Map<string, WindowDelta>();
  for (const delta of deltas) {
    if (delta.paneStartMs < expireBeforeMs) continue;
    const key = deltaKey(delta);
    const known = newest.get(key);
    if (known === undefined || known.version < delta.version) newest.set(key, delta);
  }
  return [...newest.values()];
}
