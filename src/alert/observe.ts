import { severityRank, type Anomaly } from "../anomaly/anomaly.ts";
import type { ClassicBaseline } from "../baseline/classic.ts";
import type { EpochMs } from "../log/time.ts";
import type { WindowStats } from "../window/windows.ts";
import {
  NEW_ALERT,
  type Alert,
  type AlertMetrics,
  type AnalysisState,
  type Evidence,
  type Findings,
  type Suspect,
} from "./alert.ts";
import type { AlertChart } from "./chart.ts";
import { withKnownIds } from "./evidence-ids.ts";
import { gravest, sameFinding } from "./evolve.ts";
import type { Observed } from "./event.ts";

/** What the window shows besides the findings themselves; gathered only when an alert needs it. */
export interface Scene {
  readonly evidence: readonly Evidence[];
  readonly suspects: readonly Suspect[];
  readonly chart?: AlertChart;
}

export function metricsOf(stats: WindowStats, baseline: ClassicBaseline): AlertMetrics {
  return {
    errorRate: stats.errorRate ?? 0,
    baselineErrorRate: baseline.errorRate.value,
    totalLogs: stats.total,
    baselineTotalLogs: baseline.totalLogs.value,
    services: stats.services.size,
    baselineServices: baseline.services.value,
  };
}

/** The fresh alert, without its analysis, which the analyst adds from what is here. */
export interface Opening {
  readonly id: string;
  readonly nowMs: EpochMs;
  readonly stats: WindowStats;
  readonly baseline: ClassicBaseline;
  /** At least one. */
  readonly anomalies: readonly Anomaly[];
  readonly scene: Scene;
}

/** The statistical analysis. */
export type Analyse = (alert: Alert) => { readonly findings: Findings; readonly analysis: AnalysisState };

const NO_FINDINGS: Findings = { rootCause: null, impact: null, recommendedActions: [], confidence: null };

export function openAlert(opening: Opening, analyse: Analyse): Alert {
  const { id, nowMs, stats, baseline, anomalies, scene } = opening;
  const top = gravest(anomalies);
  if (top === undefined) throw new RangeError("an alert needs an anomaly");
  const bare: Alert = {
    ...NEW_ALERT,
    id,
    detectedAtMs: nowMs,
    severity: top.severity,
    category: top.category,
    environment: stats.environment,
    description: top.description,
    affectedServices: [...new Set(anomalies.flatMap(({ affectedServices }) => affectedServices))],
    suspectedService: scene.suspects[0]?.service ?? null,
    suspects: scene.suspects,
    window: { startMs: stats.fromMs, endMs: stats.toMs },
    metrics: metricsOf(stats, baseline),
    anomalies,
    evidence: scene.evidence,
    ...(scene.chart === undefined ? {} : { chart: scene.chart }),
    analysis: { status: "pending", by: "statistics", model: null, reason: null },
    ...NO_FINDINGS,
  };
  const { findings, analysis } = analyse(bare);
  return { ...bare, ...findings, analysis };
}

/** How far a finding has moved from what was expected; its peak is where that is largest. */
function deviation(anomaly: Anomaly): number {
  return Math.abs(anomaly.observed - anomaly.expected);
}

/** The finding at its worst, under the time and the expectation of its first sight. */
export function peakOf(known: Anomaly, seen: Anomaly): Anomaly {
  // On the way back other services' share grows; that does not make them part of it.
  if (deviation(seen) <= deviation(known)) return known;
  const affectedServices = [...new Set([...known.affectedServices, ...seen.affectedServices])];
  const severity =
    severityRank(seen.severity) > severityRank(known.severity) ? seen.severity : known.severity;
  return { ...seen, severity, expected: known.expected, detectedAtMs: known.detectedAtMs, affectedServices };
}

/** The running alert as it stands with what was just seen; metrics keep their peak. */
export function observedNow(
  alert: Alert,
  stats: WindowStats,
  seen: readonly Anomaly[],
  scene: Scene,
): Omit<Observed, "findings"> {
  const anomalies = alert.anomalies.map((known) => {
    const again = seen.find((anomaly) => sameFinding(anomaly, known));
    return again === undefined ? known : peakOf(known, again);
  });
  const { metrics } = alert;
  return {
    metrics: {
      ...metrics,
      errorRate: Math.max(metrics.errorRate, stats.errorRate ?? 0),
      totalLogs: Math.max(metrics.totalLogs, stats.total),
      services: anomalies.find(({ category }) => category === "service_change")?.observed ?? metrics.services,
    },
    anomalies,
    affectedServices: [
      ...new Set([
        ...alert.affectedServices,
        ...anomalies.flatMap(({ affectedServices }) => affectedServices),
      ]),
    ],
    suspectedService: scene.suspects[0]?.service ?? alert.suspectedService,
    suspects: scene.suspects.length > 0 ? scene.suspects : alert.suspects,
    evidence: scene.evidence.length > 0 ? evidenceNow(alert, scene.evidence) : alert.evidence,
    ...(scene.chart === undefined ? {} : { chart: scene.chart }),
  };
}

/** What Claude cites stays, or may yet cite; the statistical analysis is made again with every peak. */
function evidenceNow({ evidence, analysis }: Alert, newest: readonly Evidence[]): readonly Evidence[] {
  const { status, by, report } = analysis;
  if (status === "pending") return withKnownIds(evidence, newest, new Set(evidence.map(({ id }) => id)));
  if (by !== "claude") return withKnownIds(evidence, newest, new Set());
  const ofActions = report?.actions.flatMap(({ evidenceIds }) => evidenceIds) ?? [];
  return withKnownIds(evidence, newest, new Set([...(report?.evidenceIds ?? []), ...ofActions]));
}

/** With the statistical analysis of it, unless Claude's stands. */
export function analysedNow(alert: Alert, observed: Omit<Observed, "findings">, analyse: Analyse): Observed {
  if (alert.analysis.by !== "statistics") return { ...observed, findings: null };
  const { findings, analysis } = analyse({ ...alert, ...observed });
  return { ...observed, findings, ...(analysis.report === undefined ? {} : { report: analysis.report }) };
}
