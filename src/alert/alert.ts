import type { Anomaly, Category, Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";

export const STATUSES = ["open", "acknowledged", "resolved"] as const;
export type Status = (typeof STATUSES)[number];

export interface Suspect {
  readonly service: string;
  /** 0 to 1. */
  readonly score: number;
  readonly because: readonly string[];
}

/** What an analysis may cite. Templates and examples are redacted before they get here. */
export interface Evidence {
  readonly id: string;
  readonly kind: string;
  readonly service: string;
  readonly template: string | null;
  readonly count: number;
  readonly firstSeenAtMs: EpochMs;
  readonly examples: readonly string[];
}

/** Values at their peak while the alert is open; baselines are those of its opening, null where none was known. */
export interface AlertMetrics {
  readonly errorRate: number;
  readonly baselineErrorRate: number | null;
  readonly totalLogs: number;
  readonly baselineTotalLogs: number | null;
  readonly services: number;
  readonly baselineServices: number | null;
}

export interface AnalysisState {
  readonly status: "pending" | "done" | "failed" | "skipped";
  readonly by: "claude" | "statistics";
  readonly model: string | null;
  /** Why it failed, was skipped, or was left to statistics. */
  readonly reason: string | null;
}

/** What an analyst says. */
export interface Findings {
  readonly rootCause: string | null;
  readonly impact: string | null;
  readonly recommendedActions: readonly string[];
  /** 0 to 1; null where the analyst does not know. */
  readonly confidence: number | null;
}

export interface Alert extends Findings {
  readonly id: string;
  /** Number of events so far; every write is conditional on it. */
  readonly version: number;
  readonly detectedAtMs: EpochMs;
  readonly severity: Severity;
  readonly category: Category;
  readonly status: Status;
  readonly environment: string;
  readonly description: string;
  readonly affectedServices: readonly string[];
  readonly suspectedService: string | null;
  readonly suspects: readonly Suspect[];
  readonly window: { readonly startMs: EpochMs; readonly endMs: EpochMs };
  readonly metrics: AlertMetrics;
  readonly anomalies: readonly Anomaly[];
  readonly evidence: readonly Evidence[];
  readonly analysis: AnalysisState;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: EpochMs | null;
  readonly resolvedAtMs: EpochMs | null;
  readonly resolvedBy: string | null;
  /** Why it was resolved: the condition gone, a person, or the change taken as normal. */
  readonly resolution: string | null;
  /** Categories whose change is now taken as normal. */
  readonly adopted: readonly Category[];
  readonly mutedUntilMs: EpochMs | null;
  readonly snoozedUntilMs: EpochMs | null;
  readonly shadow: boolean;
}
