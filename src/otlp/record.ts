import { spanIdOf, traceIdOf } from "../log/trace-ids.ts";
import type { AttributeValue, LogRecord } from "../log/batch.ts";
import { MAX_SEVERITY, severityFromBody, severityOf } from "../log/severity.ts";
import type { SeverityNumber } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";

/** 2^32 ns are 4294 ms and 967296 ns: every product below stays an exact integer. */
const HIGH_MS = 4_294;
const HIGH_REST_NS = 967_296;

/** Nanoseconds since 1970, as two unsigned 32-bit halves, to milliseconds; whole milliseconds come out exact. */
export function nanosToMs(high: number, low: number): EpochMs {
  return high * HIGH_MS + (high * HIGH_REST_NS + low) / 1e6;
}

/** Number first, then the logger's word; only where both are silent, what the body's head says. */
export function severityFrom(number: number, text: string, body: () => string): SeverityNumber {
  if (number >= 1 && number <= MAX_SEVERITY) return number;
  const severity = severityOf(number, text);
  return severity === 0 && text === "" ? severityFromBody(body()) : severity;
}

/** An id's bytes to hex; some senders put the hex characters themselves there. */
export function idText(bytes: Buffer, start: number, end: number, size: 8 | 16): string {
  return end - start === size * 2 ? bytes.toString("latin1", start, end) : bytes.toString("hex", start, end);
}

function attributeText(attributes: ReadonlyMap<string, AttributeValue>, ...keys: string[]): string {
  for (const key of keys) {
    const value = attributes.get(key);
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}

/** Older senders put the event's name and the trace context into attributes: they stand in where the fields are empty. */
export function completed(record: LogRecord): LogRecord {
  const { attributes } = record;
  if (attributes.size === 0) return record;
  return {
    ...record,
    eventName: record.eventName || attributeText(attributes, "event.name"),
    traceId: record.traceId ?? traceIdOf(attributeText(attributes, "trace_id", "traceId")),
    spanId: record.spanId ?? spanIdOf(attributeText(attributes, "span_id", "spanId")),
  };
}
