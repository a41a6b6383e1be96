import type { Aftermath } from "./aftermath.ts";
import type { Anomaly, Category, Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";
import type { ChangeKind } from "./change.ts";
import type { AnalysisReport } from "./report.ts";
import type { AlertChart } from "./chart.ts";

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
  readonly lastSeenAtMs?: EpochMs;
  /** How often it was to be expected in as long a time; absent where nothing is known. */
  readonly expected?: number;
  /** OpenTelemetry's number, the gravest seen. */
  readonly severity?: number;
  /** What counting says about it, in one sentence. */
  readonly note?: string;
  /** Where the item is a change: what people look it up by, and how well it would explain the rest. */
  readonly change?: EvidenceChange;
}

export interface EvidenceChange {
  readonly kind: ChangeKind;
  readonly ref: string | null;
  readonly version: string | null;
  readonly files: readonly string[];
  readonly score: number;
  readonly because: readonly string[];
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
  /** Somebody asks for it; absent: the alert alone does. */
  readonly asked?: true;
  /** The whole of it; absent where there is none yet. */
  readonly report?: AnalysisReport;
}

/** What an analyst says. */
export interface Findings {
  readonly rootCause: string | null;
  readonly impact: string | null;
  readonly recommendedActions: readonly string[];
  /** 0 to 1; null where the analyst does not know. */
  readonly confidence: number | null;
}

/** What somebody wrote down about an alert. */
export interface Note {
  readonly atMs: EpochMs;
  readonly by: string;
  readonly text: string;
}

export const VERDICTS = ["real", "noise"] as const;
export type Verdict = (typeof VERDICTS)[number];

export const RATINGS = ["helpful", "wrong"] as const;
export type Rating = (typeof RATINGS)[number];

/** What somebody thinks of an analysis. */
export interface Feedback {
  readonly rating: Rating;
  /** The person's id, and the name that people see. */
  readonly who: string;
  readonly by: string;
  readonly atMs: EpochMs;
  /** Of an analysis that a later one has replaced. */
  readonly outdated: boolean;
}

/** What people have done with an alert, beyond acknowledging and resolving it. */
export interface Handling {
  /** A name or a user id, as it was given. */
  readonly assignee: string | null;
  readonly verdict: { readonly verdict: Verdict; readonly by: string; readonly atMs: EpochMs } | null;
  /** The newest `MAX_NOTES`; all of them are in the audit trail. */
  readonly notes: readonly Note[];
  /** Of each analysis one per person, the newest `MAX_FEEDBACK`. */
  readonly feedback: readonly Feedback[];
  /** How often somebody gave the analysis a hint. */
  readonly hints: number;
  /** The alert that this one has become a part of. */
  readonly mergedInto: string | null;
  /** The alerts that are now part of this one. */
  readonly merged: readonly string[];
  readonly mutedUntilMs: EpochMs | null;
  /** The mute that hides it; null where none does. */
  readonly mutedBy: string | null;
  readonly snoozedUntilMs: EpochMs | null;
  readonly reminders: { readonly count: number; readonly lastAtMs: EpochMs | null };
  /** False while nobody has been told of it, because a mute covered it from the start. */
  readonly told: boolean;
}

export const MAX_NOTES = 20;
export const MAX_FEEDBACK = 50;

/** An alert that nobody has touched yet. */
export const UNTOUCHED: Handling = {
  assignee: null,
  verdict: null,
  notes: [],
  feedback: [],
  hints: 0,
  mergedInto: null,
  merged: [],
  mutedUntilMs: null,
  mutedBy: null,
  snoozedUntilMs: null,
  reminders: { count: 0, lastAtMs: null },
  told: true,
};

export interface Alert extends Findings, Handling {
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
  /** Absent or null: nothing to draw. */
  readonly chart?: AlertChart | null;
  readonly analysis: AnalysisState;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: EpochMs | null;
  readonly resolvedAtMs: EpochMs | null;
  readonly resolvedBy: string | null;
  /** Why it was resolved: the condition gone, a person, or the change taken as normal. */
  readonly resolution: string | null;
  /** How it ended; absent or null: not resolved, or not known. */
  readonly aftermath?: Aftermath | null;
  /** Categories whose change is now taken as normal. */
  readonly adopted: readonly Category[];
  readonly shadow: boolean;
}

/** What every alert begins with: nobody has done anything, nothing has ended. */
export const NEW_ALERT = {
  version: 0,
  status: "open",
  acknowledgedBy: null,
  acknowledgedAtMs: null,
  resolvedAtMs: null,
  resolvedBy: null,
  resolution: null,
  adopted: [],
  ...UNTOUCHED,
  shadow: false,
} as const satisfies Partial<Alert>;
