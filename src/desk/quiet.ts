import type { Alert } from "../alert/alert.ts";
import type { FindingLedger } from "../alert/ledger.ts";
import { newFindings, silencedAnomaly } from "../alert/silenced.ts";
import { formatTime, type EpochMs } from "../log/time.ts";

/** What comes to a snoozed alert pings nobody: it stands in the thread, and in the ledger. */
export function noteSnoozed(ledger: FindingLedger, before: Alert | null, after: Alert, nowMs: EpochMs): void {
  const untilMs = before?.snoozedUntilMs ?? null;
  if (untilMs === null || untilMs <= nowMs || after.mutedBy !== null) return;
  const reason = `the alert is snoozed until ${formatTime(untilMs)}`;
  for (const anomaly of newFindings(before, after))
    ledger.record(silencedAnomaly(anomaly, "snooze", reason, nowMs, after.id));
}

/** All of an alert that has no message of its own, or none at all. */
export function noteUntold(
  ledger: FindingLedger,
  alert: Alert,
  gate: "storm" | "delivery",
  reason: string,
  nowMs: EpochMs,
): void {
  for (const anomaly of alert.anomalies)
    ledger.record(silencedAnomaly(anomaly, gate, reason, nowMs, alert.id));
}
