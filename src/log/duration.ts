import { DAY_MS, MINUTE_MS, SECOND_MS } from "./time.ts";

export const HOUR_MS = 60 * MINUTE_MS;

const MS_PER: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", SECOND_MS],
  ["m", MINUTE_MS],
  ["h", HOUR_MS],
  ["d", DAY_MS],
]);

/** Milliseconds of `250ms`, `10s`, `5m`, `24h` or `30d`; a bare `0` needs no unit. Null for anything else. */
export function parseDuration(text: string): number | null {
  if (text === "0") return 0;
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) return null;
  return Math.round(Number(match[1]) * (MS_PER.get(match[2] ?? "") ?? 0));
}

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
