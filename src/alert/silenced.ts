import type { Finding } from "../anomaly/finding.ts";
import { count, duration } from "../anomaly/words.ts";
import type { EpochMs } from "../log/time.ts";
import type { Gate, SilencedFinding } from "./ledger.ts";

/** A finding that people are not told of, with the reason in words and its numbers. */
export function silenced(
  finding: Finding,
  gate: Gate,
  why: string,
  atMs: EpochMs,
  alertId: string | null = null,
): SilencedFinding {
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
      `${why}; ${finding.detector}: ${count(observed)} in ${duration(windowMs)}, ${count(range[0])} to ` +
      `${count(range[1])} expected, ${score.toFixed(2)} times the threshold`,
    alertId,
    atMs,
  };
}
