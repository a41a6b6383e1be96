import { spanIdOf, traceIdOf } from "../log/trace-ids.ts";
import type { AttributeValue, LogRecord } from "../log/batch.ts";
import { isObject, type JsonObject } from "../log/json.ts";
import type { Series } from "../log/series.ts";
import { severityFromText } from "../log/severity.ts";
import { anyValueOf, below, field, integerOf, keyValuesOf, Mismatch, wellFormed } from "./json-value.ts";
import { completed, nanosToMs, severityFrom } from "./record.ts";
import { textOf } from "./value-text.ts";

const MAX_UINT64 = 2n ** 64n - 1n;
const LOW_HALF = 0xffff_ffffn;

/** Milliseconds; NaN where unset or 0. */
function timeOf(record: JsonObject, name: string): number | Mismatch {
  const value = field(record, name);
  if (value === undefined) return Number.NaN;
  const nanos = integerOf(value);
  if (nanos === null || nanos < 0n || nanos > MAX_UINT64) return new Mismatch(name, "nanoseconds since 1970");
  return nanos === 0n ? Number.NaN : nanosToMs(Number(nanos >> 32n), Number(nanos & LOW_HALF));
}

const ENUM_NAME = /^SEVERITY_NUMBER_[A-Z]{4,11}[1-4]?$/;

/** An integer; the enum's names, which senders must not use, are understood all the same. */
function severityNumberOf(record: JsonObject): number | Mismatch {
  const value = field(record, "severityNumber");
  if (value === undefined) return 0;
  const integer = integerOf(value);
  if (integer !== null) return Number(BigInt.asIntN(32, integer));
  if (typeof value === "string" && ENUM_NAME.test(value)) return severityFromText(value);
  return new Mismatch("severityNumber", "an integer from 0 to 24");
}

function textField(record: JsonObject, name: string): string | Mismatch {
  const value = field(record, name) ?? "";
  return typeof value === "string" ? wellFormed(value) : new Mismatch(name, "a string");
}

/** Ids that are no strings are as good as absent: the record is kept, outside any trace. */
function idField(record: JsonObject, name: string): string {
  const value = field(record, name);
  return typeof value === "string" ? value : "";
}

/** What a record shares with its neighbours. */
export interface Origin {
  readonly series: Series;
  readonly resource: ReadonlyMap<string, AttributeValue>;
  readonly scope: string;
}

/** One OTLP/JSON LogRecord, or what is wrong with it. */
export function jsonRecordOf(value: unknown, origin: Origin): LogRecord | Mismatch {
  const record = value ?? {};
  if (!isObject(record)) return new Mismatch("", "an object");
  const time = timeOf(record, "timeUnixNano");
  if (time instanceof Mismatch) return time;
  const observed = timeOf(record, "observedTimeUnixNano");
  if (observed instanceof Mismatch) return observed;
  const number = severityNumberOf(record);
  if (number instanceof Mismatch) return number;
  const severityText = textField(record, "severityText");
  if (severityText instanceof Mismatch) return severityText;
  const eventName = textField(record, "eventName");
  if (eventName instanceof Mismatch) return eventName;
  const bodyValue = anyValueOf(field(record, "body"), 0);
  if (bodyValue instanceof Mismatch) return below("body", bodyValue);
  const attributes = keyValuesOf(field(record, "attributes"), "attributes", 0);
  if (attributes instanceof Mismatch) return attributes;
  const body = textOf(bodyValue);
  return completed({
    timeMs: Number.isNaN(time) ? observed : time,
    severity: severityFrom(number, severityText, () => body),
    severityText,
    series: origin.series,
    body,
    attributes,
    resource: origin.resource,
    scope: origin.scope,
    traceId: traceIdOf(idField(record, "traceId")),
    spanId: spanIdOf(idField(record, "spanId")),
    eventName,
  });
}
