export { parseDuration } from "../log/duration.ts";

const MS_PER: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

const BYTES_PER: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["B", 1],
  ["KiB", 1_024],
  ["MiB", 1_048_576],
  ["GiB", 1_073_741_824],
]);

/** Bytes of `64MiB`, `512KiB`, `1GiB` or a plain number of bytes. Null for anything else. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)(B|KiB|MiB|GiB)?$/.exec(text);
  if (match === null) return null;
  const bytes = Number(match[1]) * (BYTES_PER.get(match[2] ?? "") ?? 0);
  return Number.isSafeInteger(Math.floor(bytes)) ? Math.floor(bytes) : null;
}

/** The largest unit that leaves a whole number. */
function inLargestUnit(value: number, units: ReadonlyMap<string, number>): string {
  let best = String(value);
  for (const [unit, factor] of units) {
    if (unit !== "" && unit !== "B" && value >= factor && value % factor === 0)
      best = `${value / factor}${unit}`;
  }
  return best;
}

export function formatDuration(durationMs: number): string {
  return durationMs === 0 ? "0s" : inLargestUnit(durationMs, MS_PER);
}

export function formatSize(bytes: number): string {
  return inLargestUnit(bytes, BYTES_PER);
}
