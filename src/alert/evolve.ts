import { severityRank, type Anomaly, type Severity } from "../anomaly/anomaly.ts";
import type { Alert } from "./alert.ts";
import type { AlertEvent, Observed } from "./event.ts";

/** Same rule, same service: the same finding at another time. */
export function sameFinding(a: Anomaly, b: Anomaly): boolean {
  return a.category === b.category && a.service === b.service;
}

/** The gravest anomaly; of equals the earliest. */
export function gravest(anomalies: readonly Anomaly[]): Anomaly | undefined {
  return anomalies.toSorted(
    (a, b) => severityRank(b.severity) - severityRank(a.severity) || a.detectedAtMs - b.detectedAtMs,
  )[0];
}

function graver(a: Severity, b: Severity): Severity {
  return severityRank(a) >= severityRank(b) ? a : b;
}

function withAnomaly(alert: Alert, anomaly: Anomaly): Alert {
  const others = alert.anomalies.filter((known) => !sameFinding(known, anomaly));
  const anomalies = [...others, anomaly].toSorted((a, b) => a.detectedAtMs - b.detectedAtMs);
  const top = gravest(anomalies) ?? anomaly;
  return {
    ...alert,
    anomalies,
    severity: graver(alert.severity, anomaly.severity),
    category: top.category,
    description: top.description,
    affectedServices: [...new Set([...alert.affectedServices, ...anomaly.affectedServices])],
  };
}

/** The pure half of every write: the state after one change. Versions count events. */
export function evolve(alert: Alert, event: AlertEvent): Alert {
  return { ...apply(alert, event), version: alert.version + 1 };
}

function apply(alert: Alert, event: AlertEvent): Alert {
  switch (event.type) {
    case "opened":
      return event.alert;
    case "anomaly_added":
      return withAnomaly(alert, event.anomaly);
    case "escalated":
      return { ...alert, severity: graver(alert.severity, event.severity) };
    case "peaked":
      return peak(alert, event.observed);
    case "adopted":
      return { ...alert, adopted: [...new Set([...alert.adopted, event.category])] };
    case "acknowledged":
      return {
        ...alert,
        status: "acknowledged",
        acknowledgedBy: event.actor.name,
        acknowledgedAtMs: event.atMs,
      };
    case "resolved":
      return {
        ...alert,
        status: "resolved",
        resolvedAtMs: event.atMs,
        resolvedBy: event.actor.name,
        resolution: event.resolution,
      };
    case "reopened":
      return reopen(alert, event.anomaly);
    case "analysis_requested":
      return { ...alert, analysis: { ...alert.analysis, status: "pending", reason: null } };
    case "analysed":
      return { ...alert, ...event.findings, analysis: event.analysis };
    case "analysis_failed":
      return { ...alert, analysis: { ...alert.analysis, status: "failed", reason: event.reason } };
  }
}

function peak(alert: Alert, { findings, ...observed }: Observed): Alert {
  const top = gravest(observed.anomalies);
  return {
    ...alert,
    ...observed,
    ...findings,
    category: top?.category ?? alert.category,
    description: top?.description ?? alert.description,
    severity: graver(alert.severity, top?.severity ?? alert.severity),
  };
}

function reopen(alert: Alert, anomaly: Anomaly): Alert {
  return {
    ...withAnomaly(alert, anomaly),
    status: "open",
    resolvedAtMs: null,
    resolvedBy: null,
    resolution: null,
    acknowledgedBy: null,
    acknowledgedAtMs: null,
  };
}
