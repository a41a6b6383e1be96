import type { Alert, AlertMetrics } from "../alert/alert.ts";
import { count, duration, list, percent, times } from "../anomaly/words.ts";

type ImpactView = Pick<Alert, "category" | "affectedServices" | "metrics" | "window" | "environment">;

function ratio(value: number, baseline: number | null): string {
  return baseline === null || baseline <= 0 ? "" : times(value / baseline);
}

function against(value: number, baseline: number | null, words: (value: number) => string): string {
  const before = baseline === null ? "no baseline known yet" : `against ${words(baseline)} before`;
  return `${words(value)} ${before}${ratio(value, baseline)}`;
}

const VOLUME: ReadonlySet<Alert["category"]> = new Set(["volume_spike", "volume_drop", "silence"]);

function measure(category: Alert["category"], metrics: AlertMetrics): string {
  if (VOLUME.has(category))
    return `log volume ${against(metrics.totalLogs, metrics.baselineTotalLogs, count)}`;
  if (category !== "service_change")
    return `error rate ${against(metrics.errorRate, metrics.baselineErrorRate, percent)}`;
  const { services, baselineServices } = metrics;
  const before =
    baselineServices === null ? "no baseline known yet" : `against ${count(baselineServices)} before`;
  return `services that log: ${count(services)}, ${before}`;
}

/** Which services, and by how much, in one sentence of the alert's own numbers. */
export function impact(alert: ImpactView): string {
  const { category, metrics, window, affectedServices, environment } = alert;
  const span = window.endMs - window.startMs;
  const records = `${count(metrics.totalLogs)} records`;
  const within = Number.isFinite(span) && span > 0 ? `${records} in ${duration(span)}` : records;
  const services = affectedServices.length === 0 ? "" : `; affected: ${list(affectedServices)}`;
  const text = `${measure(category, metrics)}, ${within} of ${environment}${services}.`;
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
