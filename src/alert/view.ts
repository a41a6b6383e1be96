import { reportView, type ReportView } from "./report-view.ts";
import type { Anomaly, Category, Severity } from "../anomaly/anomaly.ts";
import { formatTime, SECOND_MS } from "../log/time.ts";
import type { EpochMs } from "../log/time.ts";
import type { Aftermath, Grade, Preceding } from "./aftermath.ts";
import type { Alert, AnalysisState, Evidence, Rating, Status, Suspect, Verdict } from "./alert.ts";

/** RFC 3339 in UTC. */
type Time = string;

export interface AnomalyView {
  readonly category: Category;
  readonly severity: Severity;
  readonly service: string | null;
  readonly observed: number | null;
  readonly expected: number | null;
  readonly multiplier: number | null;
  readonly detected_at: Time;
  readonly pattern: string | null;
  /** When it began, which is before it was seen; null from the original rules, as is all below. */
  readonly since: Time | null;
  readonly detector: string | null;
  /** What would have been unremarkable. */
  readonly expected_range: { readonly low: number; readonly high: number } | null;
  /** Multiples of the detector's threshold. */
  readonly score: number | null;
  /** What `observed` is counted over. */
  readonly window_seconds: number | null;
}

export interface EvidenceView {
  readonly id: string;
  readonly kind: string;
  readonly service: string;
  readonly template: string | null;
  readonly count: number;
  readonly first_seen_at: Time | null;
  readonly examples: readonly string[];
  /** What counting says about it, in one sentence. */
  readonly note: string | null;
}

export interface MetricsView {
  readonly error_rate: number | null;
  readonly baseline_error_rate: number | null;
  readonly total_logs: number | null;
  readonly baseline_total_logs: number | null;
  readonly services: number | null;
  readonly baseline_services: number | null;
}

/** An alert as JSON: over HTTP, from `tocsin replay --json` and in the console. Unknown is null or []. */
export interface AlertView {
  readonly anomaly_id: string;
  readonly detected_at: Time;
  /** When the earliest of its anomalies began; null where none says. */
  readonly since: Time | null;
  readonly severity: Severity;
  readonly category: Category;
  readonly status: Status;
  readonly environment: string;
  readonly description: string;
  readonly affected_services: readonly string[];
  readonly suspected_service: string | null;
  readonly suspects: readonly Suspect[];
  readonly window: { readonly start: Time | null; readonly end: Time | null };
  readonly metrics: MetricsView;
  readonly anomalies: readonly AnomalyView[];
  readonly evidence: readonly EvidenceView[];
  readonly analysis: Omit<AnalysisState, "report"> & { readonly report: ReportView | null };
  readonly root_cause: string | null;
  readonly impact: string | null;
  readonly recommended_actions: readonly string[];
  readonly confidence: number | null;
  readonly acknowledged_by: string | null;
  readonly acknowledged_at: Time | null;
  readonly resolved_by: string | null;
  readonly resolved_at: Time | null;
  readonly resolution: string | null;
  readonly aftermath: AftermathView | null;
  readonly assignee: string | null;
  readonly verdict: Verdict | null;
  readonly verdict_by: string | null;
  readonly notes: readonly { readonly at: Time; readonly by: string; readonly text: string }[];
  /** What people think of its analyses. */
  readonly feedback: readonly {
    readonly at: Time;
    readonly by: string;
    readonly rating: Rating;
    readonly outdated: boolean;
  }[];
  readonly merged_into: string | null;
  readonly merged: readonly string[];
  readonly muted_until: Time | null;
  /** The mute that hides it. */
  readonly muted_by: string | null;
  readonly snoozed_until: Time | null;
  readonly shadow: boolean;
}

/** How it ended: computed from data, and what that says of the cause that was named. */
export interface AftermathView {
  readonly text: string;
  readonly grade: Grade;
  readonly because: string;
  readonly stopped: {
    readonly service: string;
    readonly template: string;
    readonly last_seen_at: Time | null;
  } | null;
  readonly preceded: {
    readonly kind: Preceding["kind"];
    readonly service: string | null;
    readonly what: string;
    readonly ref: string | null;
    readonly at: Time | null;
  } | null;
}

/** JSON has no word for infinity or NaN: unknown is null. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function time(timeMs: EpochMs | null): Time | null {
  return timeMs === null || !Number.isFinite(timeMs) ? null : formatTime(timeMs);
}

/** Ids come from the second of detection, so its time is printed to the second as well. */
function timeToSecond(timeMs: EpochMs): Time {
  return formatTime(Math.floor(timeMs / SECOND_MS) * SECOND_MS);
}

function rangeView(range: Anomaly["range"]): AnomalyView["expected_range"] {
  if (range === undefined || !range.every((bound) => Number.isFinite(bound))) return null;
  return { low: range[0], high: range[1] };
}

/** One anomaly as JSON. */
export function anomalyView(anomaly: Anomaly): AnomalyView {
  return {
    category: anomaly.category,
    severity: anomaly.severity,
    service: anomaly.service,
    observed: finite(anomaly.observed),
    expected: finite(anomaly.expected),
    multiplier: finite(anomaly.multiplier),
    detected_at: timeToSecond(anomaly.detectedAtMs),
    pattern: anomaly.pattern,
    since: time(anomaly.onsetMs ?? null),
    detector: anomaly.detector ?? null,
    expected_range: rangeView(anomaly.range),
    score: finite(anomaly.score ?? null),
    window_seconds: anomaly.windowMs === undefined ? null : anomaly.windowMs / SECOND_MS,
  };
}

function evidenceView(evidence: Evidence): EvidenceView {
  return {
    id: evidence.id,
    kind: evidence.kind,
    service: evidence.service,
    template: evidence.template,
    count: evidence.count,
    first_seen_at: time(evidence.firstSeenAtMs),
    examples: [...evidence.examples],
    note: evidence.note ?? null,
  };
}

/** The metrics as JSON. */
export function metricsView(metrics: Alert["metrics"]): MetricsView {
  return {
    error_rate: finite(metrics.errorRate),
    baseline_error_rate: finite(metrics.baselineErrorRate),
    total_logs: finite(metrics.totalLogs),
    baseline_total_logs: finite(metrics.baselineTotalLogs),
    services: finite(metrics.services),
    baseline_services: finite(metrics.baselineServices),
  };
}

function aftermathView(aftermath: Aftermath | null): AftermathView | null {
  if (aftermath === null) return null;
  const { text, grade, because, stopped, preceded } = aftermath;
  return {
    text,
    grade,
    because,
    stopped:
      stopped === null
        ? null
        : { service: stopped.service, template: stopped.template, last_seen_at: time(stopped.lastSeenAtMs) },
    preceded:
      preceded === null
        ? null
        : {
            kind: preceded.kind,
            service: preceded.service,
            what: preceded.what,
            ref: preceded.ref,
            at: time(preceded.atMs),
          },
  };
}

/** When the earliest of an alert's anomalies began; null where none says. */
export function sinceMs({ anomalies }: Pick<Alert, "anomalies">): EpochMs | null {
  const onsets = anomalies.flatMap(({ onsetMs }) => (onsetMs === undefined ? [] : [onsetMs]));
  return onsets.length === 0 ? null : Math.min(...onsets);
}

function suspectView(suspect: Suspect): Suspect {
  return { service: suspect.service, score: suspect.score, because: [...suspect.because] };
}

/** The alert as the outward contract shows it. */
export function alertView(alert: Alert): AlertView {
  const { status, by, model, reason, report } = alert.analysis;
  return {
    anomaly_id: alert.id,
    detected_at: timeToSecond(alert.detectedAtMs),
    since: time(sinceMs(alert)),
    severity: alert.severity,
    category: alert.category,
    status: alert.status,
    environment: alert.environment,
    description: alert.description,
    affected_services: [...alert.affectedServices],
    suspected_service: alert.suspectedService,
    suspects: alert.suspects.map(suspectView),
    window: { start: time(alert.window.startMs), end: time(alert.window.endMs) },
    metrics: metricsView(alert.metrics),
    anomalies: alert.anomalies.map(anomalyView),
    evidence: alert.evidence.map(evidenceView),
    analysis: { status, by, model, reason, report: report === undefined ? null : reportView(report) },
    root_cause: alert.rootCause,
    impact: alert.impact,
    recommended_actions: [...alert.recommendedActions],
    confidence: finite(alert.confidence),
    acknowledged_by: alert.acknowledgedBy,
    acknowledged_at: time(alert.acknowledgedAtMs),
    resolved_by: alert.resolvedBy,
    resolved_at: time(alert.resolvedAtMs),
    resolution: alert.resolution,
    aftermath: aftermathView(alert.aftermath ?? null),
    assignee: alert.assignee,
    verdict: alert.verdict?.verdict ?? null,
    verdict_by: alert.verdict?.by ?? null,
    notes: alert.notes.map(({ atMs, by, text }) => ({ at: formatTime(atMs), by, text })),
    feedback: alert.feedback.map(({ atMs, by, rating, outdated }) => ({
      at: formatTime(atMs),
      by,
      rating,
      outdated,
    })),
    merged_into: alert.mergedInto,
    merged: [...alert.merged],
    muted_until: time(alert.mutedUntilMs),
    muted_by: alert.mutedBy,
    snoozed_until: time(alert.snoozedUntilMs),
    shadow: alert.shadow,
  };
}
