import type { EpochMs } from "../log/time.ts";

/** The loudest and the earliest in turns: an echo is loud and late, a beginning may be quiet. */
export function loudAndEarly<T>(
  items: readonly T[],
  loudness: (item: T) => number,
  onsetMs: (item: T) => EpochMs,
): readonly T[] {
  const loud = items.toSorted((a, b) => loudness(b) - loudness(a) || onsetMs(a) - onsetMs(b));
  // What came once is no beginning of anything that lasts, where something has lasted.
  const lasting = items.filter((item) => loudness(item) > 1);
  const early = (lasting.length > 0 ? lasting : items).toSorted((a, b) => onsetMs(a) - onsetMs(b));
  const chosen = new Set<T>();
  for (let i = 0; i < items.length; i++) {
    for (const next of [loud[i], early[i]]) if (next !== undefined) chosen.add(next);
  }
  return [...chosen];
}
