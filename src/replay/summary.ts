import type { Alert } from "../alert/alert.ts";
import { SEVERITIES } from "../anomaly/anomaly.ts";
import { formatTime, SECOND_MS } from "../log/time.ts";
import { describeDuration } from "../log/duration.ts";
import { totalRejected, type ReadCounts } from "./counts.ts";
import type { DriveTotals } from "./driver.ts";

export interface ReplaySummary {
  readonly totals: DriveTotals;
  readonly counts: ReadCounts;
  readonly alerts: readonly Alert[];
  readonly elapsedMs: number;
}

/** A number with its thousands apart. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** For people, on stderr. */
export function summaryLines(summary: ReplaySummary): readonly string[] {
  return [recordsLine(summary), ...problemLines(summary), alertsLine(summary.alerts), speedLine(summary)];
}

function recordsLine({ totals }: ReplaySummary): string {
  const { firstMs, lastMs } = totals;
  if (firstMs === null || lastMs === null) return "0 records";
  const from = formatTime(firstMs);
  return `${counted(totals.records, "record")}, ${from} to ${formatTime(lastMs)} (${describeDuration(lastMs - firstMs)})`;
}

function problemLines({ totals, counts }: ReplaySummary): readonly string[] {
  const lines: string[] = [];
  if (totals.late > 0) {
    lines.push(`${counted(totals.late, "record")} late: over 120 s behind the clock, counted but not judged`);
  }
  lines.push(...readProblems(counts));
  if (counts.untimed > 0) {
    lines.push(`${counted(counts.untimed, "record")} skipped: no time, and no record with a time before`);
  }
  if (totals.refused > 0) lines.push(`${counted(totals.refused, "record")} refused by the engine`);
  return lines;
}

/** What of the input was not read, and why. */
export function readProblems(counts: ReadCounts): readonly string[] {
  const lines: string[] = [];
  const rejected = totalRejected(counts);
  if (rejected > 0) {
    const reasons = [...counts.rejected].toSorted(([, a], [, b]) => b - a);
    const told = reasons.map(([reason, count]) => `${grouped(count)} × ${reason}`).join("; ");
    lines.push(`${grouped(rejected)} rejected: ${told}`);
  }
  if (counts.overlong > 0) lines.push(`${counted(counts.overlong, "line")} skipped: too long`);
  return lines;
}

function alertsLine(alerts: readonly Alert[]): string {
  if (alerts.length === 0) return "no alerts";
  const bySeverity = SEVERITIES.toReversed()
    .map((severity) => ({ severity, count: alerts.filter((alert) => alert.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}`);
  const open = alerts.filter((alert) => alert.status !== "resolved").length;
  return `${counted(alerts.length, "alert")} (${bySeverity.join(", ")}); ${open === 0 ? "all" : alerts.length - open} resolved at the end`;
}

function speedLine({ totals, elapsedMs }: ReplaySummary): string {
  const seconds = Math.max(elapsedMs, 1) / SECOND_MS;
  return `${seconds.toFixed(1)} s, ${grouped(totals.records / seconds)} records/s`;
}
