export interface BackoffLimits {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before the next try; `attempt` counts the failed ones, from 1. Doubles from `baseMs` up to
 * `maxMs`; the upper half of it is random (`random` gives 0 to 1), so that many waiters do not come back together.
 */
export function backoffMs(attempt: number, limits: BackoffLimits, random: () => number): number {
  const doublings = Math.min(Math.max(attempt, 1) - 1, 52);
  const ceilingMs = Math.min(limits.maxMs, limits.baseMs * 2 ** doublings);
  return Math.round(ceilingMs / 2 + (ceilingMs / 2) * random());
}
