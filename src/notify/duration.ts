import { DAY_MS, MINUTE_MS, SECOND_MS } from "../log/time.ts";

const HOUR_MS = 60 * MINUTE_MS;

/** A span as people say it, its two largest units at most: `45 s`, `23 m`, `3 h 5 m`, `2 d 4 h`. */
export function describeDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} m`;
  if (ms < DAY_MS) return units(ms, HOUR_MS, "h", MINUTE_MS, "m");
  return units(ms, DAY_MS, "d", HOUR_MS, "h");
}

function units(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const count = Math.floor(ms / largeMs);
  const rest = Math.floor((ms - count * largeMs) / smallMs);
  return rest === 0 ? `${count} ${large}` : `${count} ${large} ${rest} ${small}`;
}
