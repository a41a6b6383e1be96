import type { Arrivals, ArrivalStep } from "../baseline/arrivals.ts";
import { MAX_AHEAD_MS, MAX_LATE_MS, MINUTE_MS, SECOND_MS } from "../log/time.ts";
import { count, span } from "./words.ts";

/** What can be wrong with the way that records take, rather than with the service that wrote them. */
export const ARRIVAL_KINDS = ["ingestion_lag", "clock_skew", "old_logs", "repeated_batches"] as const;
export type ArrivalKind = (typeof ARRIVAL_KINDS)[number];

export interface ArrivalFinding {
  readonly kind: ArrivalKind;
  /** Milliseconds; for repeats, records. */
  readonly observed: number;
  readonly expected: number;
  /** What is the matter, without the service's name. */
  readonly what: string;
}

/** Both must be met before a lag is one to tell of. */
const MIN_LAG_MS = MINUTE_MS;
const LAG_RATIO = 5;
/** Fewer late records, in number and share, are stragglers. */
const MIN_LATE = 10;
const MIN_LATE_SHARE = 0.01;
/** What has waited so long was stored, not under way. */
const OLD_MS = 360 * MINUTE_MS;
/** A clock that is wrong is wrong by the same all the time, whatever comes. */
const STEADY_MS = 5 * SECOND_MS;
const STEADY_SPREAD_MS = 30 * SECOND_MS;

/** What the arrivals of one step say of the way there; null where nothing is the matter. */
export function judgeArrivals(arrivals: Arrivals, step: number): ArrivalFinding | null {
  const arrived = arrivals.of(step);
  if (arrived === null) return null;
  if (arrived.duplicates > 0) return repeats(arrived);
  if (arrived.count === 0) return null;
  if (arrived.minMs < -MAX_AHEAD_MS) return ahead(arrived);
  const meanMs = arrived.sumMs / arrived.count;
  const manyLate = arrived.late >= Math.max(MIN_LATE, MIN_LATE_SHARE * arrived.count);
  const slow = meanMs > Math.max(MIN_LAG_MS, LAG_RATIO * arrivals.usualMs);
  if (!manyLate && !slow) return null;
  return late(arrived, meanMs, arrivals.usualMs, arrivals.of(step - 1));
}

function repeats({ duplicates }: ArrivalStep): ArrivalFinding {
  return {
    kind: "repeated_batches",
    observed: duplicates,
    expected: 0,
    what: `${count(duplicates)} records came again in batches that had come before, and were not counted twice`,
  };
}

function ahead({ minMs }: ArrivalStep): ArrivalFinding {
  return {
    kind: "clock_skew",
    observed: minMs,
    expected: 0,
    what: `records say a time up to ${span(-minMs)} ahead of ours: a clock is wrong; they count as of now`,
  };
}

function late(
  { count: n, late: tooLate, minMs, maxMs }: ArrivalStep,
  meanMs: number,
  usualMs: number,
  before: ArrivalStep | null,
): ArrivalFinding {
  const expected = usualMs;
  if (maxMs > OLD_MS || (minMs < MIN_LAG_MS && maxMs > 5 * MAX_LATE_MS)) {
    const what = `${count(Math.max(tooLate, 1))} records up to ${span(maxMs)} old: stored logs are being sent; they are not evaluated`;
    return { kind: "old_logs", observed: maxMs, expected, what };
  }
  const lost = tooLate === 0 ? "" : `; ${count(tooLate)} of ${count(n)} in a minute too late to be evaluated`;
  const steady = before !== null && Math.abs(before.sumMs / Math.max(before.count, 1) - meanMs) < STEADY_MS;
  if (steady && maxMs - minMs < STEADY_SPREAD_MS) {
    const what = `records come a steady ${span(meanMs)} after their own time: its clock is behind, or all wait as long on the way${lost}`;
    return { kind: "clock_skew", observed: meanMs, expected, what };
  }
  const what = `records come ${span(meanMs)} after their own time, ${span(usualMs)} is usual: they wait on the way${lost}`;
  return { kind: "ingestion_lag", observed: meanMs, expected, what };
}
