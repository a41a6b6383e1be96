import type { LogRecord } from "../../src/log/batch.ts";

/** A record of which only time and body matter. */
export function replayRecord(timeMs: number, body = "x"): LogRecord {
  return {
    timeMs,
    severity: 9,
    severityText: "INFO",
    series: { environment: "production", namespace: "", service: "shop" },
    body,
    attributes: new Map(),
    resource: new Map(),
    scope: "",
    traceId: null,
    spanId: null,
    eventName: "",
  };
}
