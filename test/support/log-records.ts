import { batchOf, type LogBatch, type LogRecord } from "../../src/log/batch.ts";
import type { Series } from "../../src/log/series.ts";
import { severityFromText } from "../../src/log/severity.ts";

/** 2024-01-15T10:00:00Z, the start of a pane and of a window for every length that divides an hour. */
export const T0 = Date.UTC(2024, 0, 15, 10, 0, 0);

export function series(service: string, environment = "production", namespace = ""): Series {
  return { environment, namespace, service };
}

export interface RecordOptions {
  readonly service?: string;
  readonly environment?: string;
  /** A logger's word, such as `INFO`. */
  readonly level?: string;
  readonly body?: string;
}

/** One record of service `shop` at INFO unless told otherwise. */
export function logRecord(timeMs: number, options: RecordOptions = {}): LogRecord {
  const { service = "shop", environment = "production", level = "INFO", body = "order 17 placed" } = options;
  return {
    timeMs,
    severity: severityFromText(level),
    severityText: level,
    series: series(service, environment),
    body,
    attributes: new Map(),
    resource: new Map(),
    scope: "",
    traceId: null,
    spanId: null,
    eventName: "",
  };
}

/** `count` equal records at one time. */
export function logBatch(timeMs: number, count: number, options: RecordOptions = {}): LogBatch {
  return batchOf(Array.from({ length: count }, () => logRecord(timeMs, options)));
}
