import { formatTime } from "../log/time.ts";
import type { ServiceState, ServiceStatus } from "./ports.ts";

export interface ServiceView {
  readonly service: string;
  readonly namespace: string | null;
  readonly environment: string;
  readonly logs_per_minute: number;
  readonly error_rate: number;
  readonly baseline: { readonly logs_per_minute: number | null; readonly error_rate: number | null };
  readonly state: ServiceState;
  /** In its first day. */
  readonly learning: { readonly until: string; readonly reason: string } | null;
  readonly last_seen_at: string | null;
}

export function serviceView(status: ServiceStatus): ServiceView {
  return {
    service: status.service,
    namespace: status.namespace === "" ? null : status.namespace,
    environment: status.environment,
    logs_per_minute: status.logsPerMinute,
    error_rate: status.errorRate,
    baseline: { logs_per_minute: status.baseline.logsPerMinute, error_rate: status.baseline.errorRate },
    state: status.state,
    learning: learningOf(status),
    last_seen_at: status.lastSeenAtMs === null ? null : formatTime(status.lastSeenAtMs),
  };
}

function learningOf({ learningUntilMs }: ServiceStatus): ServiceView["learning"] {
  if (learningUntilMs === null) return null;
  return { until: formatTime(learningUntilMs), reason: "its first day: only what is plain is told" };
}
