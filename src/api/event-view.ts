import {
  isHandling,
  type AlertChange,
  type AlertEvent,
  type HandlingEvent,
  type LifeEvent,
} from "../alert/event.ts";
import { anomalyView, metricsView } from "../alert/view.ts";
import { formatTime } from "../log/time.ts";

export interface EventView {
  readonly at: string;
  readonly type: AlertChange["type"];
  readonly actor: { readonly kind: string; readonly id: string; readonly name: string };
  /** What the event says beyond its type. */
  readonly details: Readonly<Record<string, unknown>>;
}

function details(event: AlertEvent): Readonly<Record<string, unknown>> {
  if (isHandling(event)) return handlingDetails(event);
  switch (event.type) {
    case "opened":
      return { severity: event.alert.severity, category: event.alert.category };
    case "anomaly_added":
      return { anomaly: anomalyView(event.anomaly) };
    case "reopened":
      return event.anomaly === null ? {} : { anomaly: anomalyView(event.anomaly) };
    case "escalated":
      return { severity: event.severity };
    case "peaked":
      return {
        metrics: metricsView(event.observed.metrics),
        affected_services: [...event.observed.affectedServices],
      };
    case "adopted":
      return { category: event.category };
    case "analysed":
      return { by: event.analysis.by, model: event.analysis.model, root_cause: event.findings.rootCause };
    case "analysis_failed":
      return { reason: event.reason };
    case "resolved":
      return resolutionDetails(event);
    case "acknowledged":
    case "analysis_requested":
      return {};
  }
}

function resolutionDetails({
  resolution,
  aftermath,
}: Extract<LifeEvent, { readonly type: "resolved" }>): Readonly<Record<string, unknown>> {
  return { resolution, aftermath: aftermath?.text ?? null };
}

function handlingDetails(event: HandlingEvent): Readonly<Record<string, unknown>> {
  switch (event.type) {
    case "snoozed":
      return { until: formatTime(event.untilMs) };
    case "assigned":
      return { assignee: event.assignee };
    case "noted":
      return event.hint === true ? { text: event.text, hint: true } : { text: event.text };
    case "merged_into":
      return { into: event.target };
    case "absorbed":
      return { merged: event.source };
    case "judged":
      return { verdict: event.verdict };
    case "rated":
      return { rating: event.rating };
    case "muted":
      return { mute: event.mute, until: event.untilMs === null ? null : formatTime(event.untilMs) };
    case "unmuted":
      return { reason: event.reason };
    case "woken":
    case "reminded":
      return {};
  }
}

/** One line of an alert's audit trail as JSON. */
export function eventView(event: AlertEvent): EventView {
  const { kind, id, name } = event.actor;
  return { at: formatTime(event.atMs), type: event.type, actor: { kind, id, name }, details: details(event) };
}
