import type { EpochMs } from "../log/time.ts";

/** From so many on it is no coincidence; fewer count where nothing came more often. */
const LASTING_COUNTS = [3, 2] as const;

/** What came several times; all where nothing did. What came once is no beginning of anything that lasts. */
export function lasting<T>(items: readonly T[], loudness: (item: T) => number): readonly T[] {
  for (const least of LASTING_COUNTS) {
    const found = items.filter((item) => loudness(item) >= least);
    if (found.length > 0) return found;
  }
  return items;
}

/** The loudest and the earliest in turns: an echo is loud and late, a beginning may be quiet. */
export function loudAndEarly<T>(
  items: readonly T[],
  loudness: (item: T) => number,
  onsetMs: (item: T) => EpochMs,
): readonly T[] {
  const loud = items.toSorted((a, b) => loudness(b) - loudness(a) || onsetMs(a) - onsetMs(b));
  const early = lasting(items, loudness).toSorted((a, b) => onsetMs(a) - onsetMs(b));
  const chosen = new Set<T>();
  for (let i = 0; i < items.length; i++) {
    for (const next of [loud[i], early[i]]) if (next !== undefined) chosen.add(next);
  }
  return [...chosen];
}
