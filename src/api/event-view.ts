import type { AlertChange, AlertEvent } from "../alert/event.ts";
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
  switch (event.type) {
    case "opened":
      return { severity: event.alert.severity, category: event.alert.category };
    case "anomaly_added":
    case "reopened":
      return { anomaly: anomalyView(event.anomaly) };
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
      return { resolution: event.resolution };
    case "acknowledged":
    case "analysis_requested":
      return {};
  }
}

/** One line of an alert's audit trail as JSON. */
export function eventView(event: AlertEvent): EventView {
  const { kind, id, name } = event.actor;
  return { at: formatTime(event.atMs), type: event.type, actor: { kind, id, name }, details: details(event) };
}
