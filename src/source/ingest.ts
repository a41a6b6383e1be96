import { spanIdOf, traceIdOf } from "../log/trace-ids.ts";
import { batchOf, type AttributeValue, type LogBatch, type LogRecord } from "../log/batch.ts";
import { isObject, type JsonObject } from "../log/json.ts";
import { severityFromBody, severityFromText } from "../log/severity.ts";
import { parseTime, type EpochMs } from "../log/time.ts";
import { addAttributes, own, ownPath } from "./json-value.ts";
import { BAD_TIME, NO_MESSAGE, NOT_OBJECT, rejected, type RecordOutcome } from "./outcome.ts";
import { SeriesTable } from "./series-table.ts";

/** The answer lists at most this many reasons; `rejected` counts them all. */
export const MAX_LISTED_ERRORS = 1_000;

export interface IngestError {
  /** Position in `logs`. */
  readonly index: number;
  readonly reason: string;
}

export type IngestOutcome =
  | {
      readonly kind: "ok";
      readonly batch: LogBatch;
      readonly rejected: number;
      /** The first `MAX_LISTED_ERRORS` of them. */
      readonly errors: readonly IngestError[];
    }
  /** Not this shape at all. */
  | { readonly kind: "invalid"; readonly reason: string };

/** The body of `POST /logs/ingest` after `JSON.parse`. Never throws; a bad record never takes the others along. */
export function parseIngestBody(value: unknown, nowMs: EpochMs): IngestOutcome {
  const logs = isObject(value) ? own(value, "logs") : undefined;
  if (!Array.isArray(logs)) return { kind: "invalid", reason: 'expected {"logs": [ … ]}' };
  const table = new SeriesTable();
  const records: LogRecord[] = [];
  const errors: IngestError[] = [];
  for (const [index, element] of logs.entries()) {
    const outcome = parseElement(element, nowMs, table);
    if (outcome.kind === "record") records.push(outcome.record);
    else if (errors.length < MAX_LISTED_ERRORS) errors.push({ index, reason: outcome.reason });
  }
  return { kind: "ok", batch: batchOf(records), rejected: logs.length - records.length, errors };
}

function parseElement(element: unknown, nowMs: EpochMs, table: SeriesTable): RecordOutcome {
  if (!isObject(element)) return rejected(NOT_OBJECT);
  const wrongType = findWrongType(element);
  if (wrongType !== null) return rejected(wrongType);
  const message = text(element, "message");
  if (message.trim() === "") return rejected(NO_MESSAGE);
  const given = own(element, "timestamp");
  const timeMs = isMissing(given) ? nowMs : parseTime(given);
  if (timeMs === null) return rejected(BAD_TIME);
  return { kind: "record", record: toRecord(element, message, timeMs, table) };
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** The field as text: a number is taken for its digits; missing is "". */
function text(element: JsonObject, key: string): string {
  const value = own(element, key);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

const FIELDS = new Set(["timestamp", "level", "service", "message", "context"]);

function findWrongType(element: JsonObject): string | null {
  const wrong = (key: string, isRight: (value: unknown) => boolean): boolean => {
    const value = own(element, key);
    return value !== undefined && value !== null && !isRight(value);
  };
  const isText = (value: unknown): boolean => typeof value === "string";
  const isTextOrNumber = (value: unknown): boolean => typeof value === "string" || typeof value === "number";
  if (wrong("message", isText)) return "message: not a string";
  if (wrong("timestamp", isTextOrNumber)) return BAD_TIME;
  if (wrong("level", isTextOrNumber)) return "level: not a string";
  if (wrong("service", isText)) return "service: not a string";
  if (wrong("context", isObject)) return "context: not an object";
  return null;
}

function toRecord(element: JsonObject, message: string, timeMs: EpochMs, table: SeriesTable): LogRecord {
  const given = own(element, "context");
  const context = isObject(given) ? given : {};
  const level = text(element, "level");
  return {
    timeMs,
    severity: level === "" ? severityFromBody(message) : severityFromText(level),
    severityText: level,
    series: table.of((key) => seriesAttribute(element, context, key)),
    body: message,
    attributes: attributesOf(element, context),
    resource: table.resourceOf((key) => contextText(element, context, key)),
    scope: "",
    traceId: traceIdOf(either(element, context, "trace_id", "traceId")),
    spanId: spanIdOf(either(element, context, "span_id", "spanId")),
    eventName: "",
  };
}

/** No fallbacks from host or pod names: in this shape a missing service is `unknown_service`. */
const SERIES_KEYS = new Set([
  "service.name",
  "service.namespace",
  "deployment.environment.name",
  "deployment.environment",
]);

function seriesAttribute(element: JsonObject, context: JsonObject, key: string): string {
  return SERIES_KEYS.has(key) ? contextText(element, context, key) : "";
}

function contextText(element: JsonObject, context: JsonObject, key: string): string {
  const service = key === "service.name" ? text(element, "service").trim() : "";
  if (service !== "") return service;
  const value = ownPath(context, key);
  return typeof value === "string" ? value : "";
}

function either(element: JsonObject, context: JsonObject, ...keys: string[]): unknown {
  for (const key of keys) {
    const value = own(element, key) ?? own(context, key);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Fields that the shape does not know are kept, as a sender means them. */
function attributesOf(element: JsonObject, context: JsonObject): ReadonlyMap<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  addAttributes(attributes, context);
  const unknown = Object.keys(element).filter((key) => !FIELDS.has(key));
  if (unknown.length > 0) {
    addAttributes(attributes, Object.fromEntries(unknown.map((key) => [key, element[key]])));
  }
  return attributes;
}
