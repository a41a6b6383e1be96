import type { Anomaly } from "../anomaly/anomaly.ts";
import type { DetectorName, Finding } from "../anomaly/finding.ts";
import { count, duration, percent } from "../anomaly/words.ts";
import type { EpochMs } from "../log/time.ts";
import type { Alert } from "./alert.ts";
import { sameFinding } from "./evolve.ts";
import type { Gate, SilencedFinding } from "./ledger.ts";

/** Detectors whose values are shares of a total. */
const SHARES: ReadonlySet<DetectorName> = new Set([
  "error_share",
  "warning_share",
  "trace_gap",
  "exception_change",
]);

/** A finding that people are not told of, with the reason in words and its numbers. */
export function silenced(
  finding: Finding,
  gate: Gate,
  why: string,
  atMs: EpochMs,
  alertId: string | null = null,
): SilencedFinding {
  const words = SHARES.has(finding.detector) ? percent : count;
  const { series, category, pattern, severity, observed, expected, range, windowMs, score } = finding;
  return {
    environment: series.environment,
    service: series.service.startsWith("(") ? null : series.service,
    category,
    pattern,
    severity,
    observed,
    expected,
    gate,
    reason:
      `${why}; ${finding.detector}: ${words(observed)} in ${duration(windowMs)}, ${words(range[0])} to ` +
      `${words(range[1])} expected, ${score.toFixed(2)} times the threshold`,
    alertId,
    atMs,
  };
}

/** One of an alert's findings that people are not told of, with the reason in words. */
export function silencedAnomaly(
  anomaly: Anomaly,
  gate: Gate,
  reason: string,
  atMs: EpochMs,
  alertId: string | null,
): SilencedFinding {
  const { environment, service, category, pattern, severity, observed, expected } = anomaly;
  return {
    environment,
    service,
    category,
    pattern,
    severity,
    observed,
    expected,
    gate,
    reason,
    alertId,
    atMs,
  };
}

/** Findings of `after` that `before`, null for an alert that opens, did not have. */
export function newFindings(before: Alert | null, after: Alert): readonly Anomaly[] {
  if (before === null) return after.anomalies;
  return after.anomalies.filter((one) => !before.anomalies.some((known) => sameFinding(known, one)));
}
