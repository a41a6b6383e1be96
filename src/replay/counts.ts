/** What happened to the input so far; one object for all files of a replay. */
export interface ReadCounts {
  lines: number;
  /** Longer than the bound; skipped. */
  overlong: number;
  /** Records without a time before the first one with a time. */
  untimed: number;
  /** By reason. Reasons are of a closed set. */
  readonly rejected: Map<string, number>;
}

export function newReadCounts(): ReadCounts {
  return { lines: 0, overlong: 0, untimed: 0, rejected: new Map() };
}

export function countRejected(counts: ReadCounts, reason: string, records = 1): void {
  if (records > 0) counts.rejected.set(reason, (counts.rejected.get(reason) ?? 0) + records);
}

export function totalRejected(counts: ReadCounts): number {
  return [...counts.rejected.values()].reduce((sum, count) => sum + count, 0);
}
