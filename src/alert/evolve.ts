import { severityRank, type Anomaly, type Severity } from "../anomaly/anomaly.ts";
import { MAX_FEEDBACK, MAX_NOTES, type Alert, type Rating } from "./alert.ts";
import { isHandling, type AlertEvent, type HandlingEvent, type Observed } from "./event.ts";

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
  if (isHandling(event)) return handle(alert, event);
  switch (event.type) {
    case "opened":
      return event.alert.shadow ? withoutAnalysis(event.alert, "shadow") : event.alert;
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
        ...(event.aftermath === undefined ? {} : { aftermath: event.aftermath }),
      };
    case "reopened":
      return reopen(alert, event.anomaly);
    case "analysis_requested":
      return { ...alert, analysis: { ...alert.analysis, status: "pending", reason: null, asked: true } };
    case "analysed":
      return {
        ...alert,
        ...event.findings,
        analysis: event.analysis,
        feedback: alert.feedback.map((given) => ({ ...given, outdated: true })),
      };
    case "analysis_failed":
      return { ...alert, analysis: { ...alert.analysis, status: "failed", reason: event.reason } };
  }
}

/** What people, and the mutes and reminders that they set, do with an alert. */
function handle(alert: Alert, event: HandlingEvent): Alert {
  const { atMs, actor } = event;
  switch (event.type) {
    case "snoozed":
      return { ...alert, snoozedUntilMs: event.untilMs };
    case "woken":
      return { ...alert, snoozedUntilMs: null };
    case "assigned":
      return { ...alert, assignee: event.assignee };
    case "noted":
      return {
        ...alert,
        notes: [...alert.notes, { atMs, by: actor.name, text: event.text }].slice(-MAX_NOTES),
        hints: alert.hints + (event.hint === true ? 1 : 0),
      };
    case "merged_into":
      return { ...alert, mergedInto: event.target };
    case "absorbed": {
      const merged = [...new Set([...alert.merged, event.source])];
      return { ...event.anomalies.reduce(withMissing, alert), merged };
    }
    case "judged":
      return { ...alert, verdict: { verdict: event.verdict, by: actor.name, atMs } };
    case "rated":
      return rate(alert, event.rating, event);
    case "muted":
      return mute(alert, event);
    case "unmuted":
      return unmute(alert);
    case "reminded":
      return { ...alert, reminders: { count: alert.reminders.count + 1, lastAtMs: atMs } };
  }
}

/** A second thought replaces the first. */
function rate(alert: Alert, rating: Rating, { actor, atMs }: HandlingEvent): Alert {
  const others = alert.feedback.filter(({ who, outdated }) => outdated || who !== actor.id);
  const given = { rating, who: actor.id, by: actor.name, atMs, outdated: false };
  return { ...alert, feedback: [...others, given].slice(-MAX_FEEDBACK) };
}

const MUTED = "muted";

function mute(alert: Alert, event: Extract<HandlingEvent, { type: "muted" }>): Alert {
  return {
    ...(event.opening ? withoutAnalysis(alert, MUTED) : alert),
    mutedBy: event.mute,
    mutedUntilMs: event.untilMs,
    told: alert.told && !event.opening,
  };
}

function unmute(alert: Alert): Alert {
  const analysis = { ...alert.analysis, status: "pending", reason: null } as const;
  return {
    ...alert,
    ...(isUnanalysed(alert) ? { analysis } : {}),
    mutedBy: null,
    mutedUntilMs: null,
    told: true,
  };
}

/** What nobody is told of is not worth an analysis; statistics stand, and say why. */
function withoutAnalysis(alert: Alert, reason: string): Alert {
  if (alert.analysis.status !== "pending") return alert;
  return { ...alert, analysis: { ...alert.analysis, status: "skipped", reason } };
}

/** Muted as it opened, so that its analysis is made when people are told after all. */
export function isUnanalysed({ analysis }: Alert): boolean {
  return analysis.status === "skipped" && analysis.reason === MUTED;
}

/** What the alert already knows stays as it saw it. */
function withMissing(alert: Alert, anomaly: Anomaly): Alert {
  return alert.anomalies.some((known) => sameFinding(known, anomaly)) ? alert : withAnomaly(alert, anomaly);
}

function peak(alert: Alert, { findings, report, ...observed }: Observed): Alert {
  const top = gravest(observed.anomalies);
  return {
    ...alert,
    ...observed,
    ...findings,
    ...(report === undefined ? {} : { analysis: { ...alert.analysis, report } }),
    category: top?.category ?? alert.category,
    description: top?.description ?? alert.description,
    severity: graver(alert.severity, top?.severity ?? alert.severity),
  };
}

function reopen(alert: Alert, anomaly: Anomaly | null): Alert {
  return {
    ...(anomaly === null ? alert : withAnomaly(alert, anomaly)),
    mergedInto: null,
    reminders: { count: 0, lastAtMs: null },
    status: "open",
    resolvedAtMs: null,
    resolvedBy: null,
    resolution: null,
    ...(alert.aftermath === undefined ? {} : { aftermath: null }),
    acknowledgedBy: null,
    acknowledgedAtMs: null,
  };
}
