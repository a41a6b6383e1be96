import type { EpochMs } from "../log/time.ts";

export const SEVERITIES = ["low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export const CATEGORIES = [
  "error_spike",
  "volume_spike",
  "service_change",
  "volume_drop",
  "silence",
  "new_pattern",
  "pattern_spike",
  "pattern_drop",
  "error_mix",
  "exception_change",
  "level_mix",
  "slow_trace",
  "service_appeared",
  "service_missing",
  "ingestion_lag",
  "pipeline_issue",
  "deployment",
  "level_shift",
] as const;
export type Category = (typeof CATEGORIES)[number];

/** One broken expectation. `service` is null where the finding is about all services of the environment together. */
export interface Anomaly {
  readonly category: Category;
  readonly severity: Severity;
  readonly environment: string;
  readonly service: string | null;
  readonly observed: number;
  /** What the baseline said; the condition is judged against it for the alert's whole life. */
  readonly expected: number;
  /** observed / expected; null where expected is 0. */
  readonly multiplier: number | null;
  readonly detectedAtMs: EpochMs;
  readonly pattern: string | null;
  /** One sentence with the numbers. */
  readonly description: string;
  readonly affectedServices: readonly string[];
  /** Which detector found it; absent for the original rules, as is all below. */
  readonly detector?: string;
  /** When it began, which is before it was seen. */
  readonly onsetMs?: EpochMs;
  /** What would have been unremarkable. */
  readonly range?: readonly [low: number, high: number];
  /** 1 at the threshold. */
  readonly score?: number;
  readonly windowMs?: number;
}
