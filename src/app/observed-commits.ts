import type { AlertEvent } from "../alert/event.ts";
import type { AlertWrite } from "../alert/repository.ts";
import type { Anomaly } from "../anomaly/anomaly.ts";
import type { Metrics } from "../api/metrics.ts";

function newAnomalies(event: AlertEvent): readonly Anomaly[] {
  if (event.type === "opened") return event.alert.anomalies;
  return event.type === "anomaly_added" ? [event.anomaly] : [];
}

/** A commit as the metrics count it. */
export function observeCommit(metrics: Metrics, { alert, events }: AlertWrite, tookMs: number): void {
  metrics.observeStage("commit", tookMs);
  for (const event of events) {
    for (const { category, severity } of newAnomalies(event)) metrics.countAnomaly(category, severity);
    const { type } = event;
    if (
      type === "opened" ||
      type === "escalated" ||
      type === "acknowledged" ||
      type === "resolved" ||
      type === "reopened"
    ) {
      metrics.countAlert(type, alert.category, alert.severity);
    }
  }
}
