import { spanIdOf, traceIdOf } from "../log/trace-ids.ts";
import type { AttributeValue, LogRecord } from "../log/batch.ts";
import { isObject, type JsonObject } from "../log/json.ts";
import { UNKNOWN_SERVICE, type Series } from "../log/series.ts";
import { severityFromBody, severityFromText, severityOf, type SeverityNumber } from "../log/severity.ts";
import { parseTime, type EpochMs } from "../log/time.ts";
import {
  addAttributes,
  attributeValue,
  bodyText,
  MAX_ATTRIBUTES,
  MAX_KEY_CHARS,
  own,
  ownPath,
} from "./json-value.ts";
import { BAD_TIME, NO_MESSAGE, NOT_OBJECT, rejected, type RecordOutcome } from "./outcome.ts";
import type { SeriesTable } from "./series-table.ts";

/** The names that loggers write, the contract's first; of several in one line the first listed counts. */
const TIME_NAMES = ["ts", "timestamp", "time", "@timestamp", "datetime", "observedTimestamp"];
const LEVEL_NAMES = ["level", "severity", "severity_text", "log.level", "severityText", "levelname", "lvl"];
const NUMBER_NAMES = ["severity_number", "severityNumber"];
const SERVICE_NAMES = ["service", "service.name", "service_name", "app"];
const MESSAGE_NAMES = ["message", "msg", "body", "log", "event"];
const ATTRIBUTE_NAMES = ["context", "attributes", "labels"];
const TRACE_NAMES = ["traceId", "trace_id", "trace.id"];
const SPAN_NAMES = ["spanId", "span_id", "span.id"];
const SCOPE_NAMES = ["logger", "logger_name", "log.logger"];
const EVENT_NAMES = ["eventName", "event_name"];

/** Read into the record itself, so not among its attributes. */
const KNOWN: ReadonlySet<string> = new Set([
  ...TIME_NAMES,
  ...LEVEL_NAMES,
  ...NUMBER_NAMES,
  ...SERVICE_NAMES,
  ...MESSAGE_NAMES,
  ...TRACE_NAMES,
  ...SPAN_NAMES,
  ...EVENT_NAMES,
]);

/** Taken apart elsewhere, whatever they hold; an object under another known name stays an attribute. */
const TAKEN: ReadonlySet<string> = new Set([...ATTRIBUTE_NAMES, "resource", "body", "message", "msg"]);

export const NOT_JSON = "not JSON";

/** One JSON object per line. `defaultService` names the records that say nothing themselves; "" for none. */
export function parseNdjsonLine(line: string, table: SeriesTable, defaultService = ""): RecordOutcome {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return rejected(NOT_JSON);
  }
  return isObject(value) ? ndjsonRecord(value, table, defaultService) : rejected(NOT_OBJECT);
}

/** An object with the usual names, wherever it was written. */
export function ndjsonRecord(line: JsonObject, table: SeriesTable, defaultService: string): RecordOutcome {
  const message = messageOf(line);
  if (message === "") return rejected(NO_MESSAGE);
  const timeMs = timeOf(line);
  if (timeMs === null) return rejected(BAD_TIME);
  const severityText = levelText(line);
  const record: LogRecord = {
    timeMs,
    severity: severity(line, severityText, message),
    severityText,
    series: seriesIn(line, table, defaultService),
    body: message,
    attributes: attributesIn(line),
    resource: resourceIn(line, table, defaultService),
    scope: scopeIn(line),
    traceId: traceIdOf(first(line, TRACE_NAMES)),
    spanId: spanIdOf(first(line, SPAN_NAMES)),
    eventName: textOf(first(line, EVENT_NAMES)),
  };
  return { kind: "record", record };
}

function first(line: JsonObject, names: readonly string[]): unknown {
  for (const name of names) {
    const value = ownPath(line, name);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** `log` is an object where ECS nests `log.level`, so the first name that yields text counts. */
function messageOf(line: JsonObject): string {
  for (const name of MESSAGE_NAMES) {
    const value = own(line, name);
    if (typeof value === "string" && value.trim() !== "") return value;
  }
  for (const name of ["body", "message", "msg"]) {
    const value = own(line, name);
    const text = typeof value === "string" ? "" : bodyText(value);
    if (text !== "") return text;
  }
  return "";
}

/** NaN where the line says none; null where what it says is no time. */
function timeOf(line: JsonObject): EpochMs | null {
  const value = first(line, TIME_NAMES);
  return value === undefined || value === "" ? Number.NaN : parseTime(value);
}

function levelText(line: JsonObject): string {
  for (const name of LEVEL_NAMES) {
    const text = textOf(ownPath(line, name));
    if (text !== "") return text;
  }
  return "";
}

function severity(line: JsonObject, text: string, message: string): SeverityNumber {
  const number = first(line, NUMBER_NAMES);
  if (typeof number === "number") return severityOf(number, text);
  return text === "" ? severityFromBody(message) : severityFromText(text);
}

function seriesIn(line: JsonObject, table: SeriesTable, defaultService: string): Series {
  const scopes = scopesOf(line);
  const attribute = (key: string): string => {
    if (key === "service.name") return serviceName(line, scopes);
    return scopedText(scopes, key) || textIn(line, key);
  };
  const series = table.of(attribute);
  if (series.service !== UNKNOWN_SERVICE || defaultService === "") return series;
  return table.of((key) => (key === "service.name" ? defaultService : attribute(key)));
}

/** The resource object where there is one, as a dump of OpenTelemetry records has it, else what names the service. */
function resourceIn(
  line: JsonObject,
  table: SeriesTable,
  defaultService: string,
): ReadonlyMap<string, AttributeValue> {
  const resource = own(line, "resource");
  if (isObject(resource)) {
    const nested = own(resource, "attributes");
    const attributes = new Map<string, AttributeValue>();
    addAttributes(attributes, isObject(nested) ? nested : resource);
    return attributes;
  }
  const scopes = scopesOf(line);
  return table.resourceOf((key) => {
    if (key === "service.name") return serviceName(line, scopes) || defaultService;
    return scopedText(scopes, key) || textIn(line, key);
  });
}

/** A logger's name, by whichever of the usual names it goes. */
function scopeIn(line: JsonObject): string {
  const scope = own(line, "scope");
  const name = isObject(scope) ? own(scope, "name") : scope;
  return textOf(name) || textOf(first(line, SCOPE_NAMES));
}

function serviceName(line: JsonObject, scopes: readonly JsonObject[]): string {
  for (const name of SERVICE_NAMES) {
    const value = textIn(line, name);
    if (value !== "") return value;
  }
  return scopedText(scopes, "service.name");
}

function textIn(object: JsonObject, path: string): string {
  const value = ownPath(object, path);
  return typeof value === "string" ? value.trim() : "";
}

function scopedText(scopes: readonly JsonObject[], key: string): string {
  for (const scope of scopes) {
    const value = textIn(scope, key);
    if (value !== "") return value;
  }
  return "";
}

/** Where resource attributes may stand, the resource itself first. */
function scopesOf(line: JsonObject): readonly JsonObject[] {
  const scopes: JsonObject[] = [];
  const resource = own(line, "resource");
  if (isObject(resource)) {
    const nested = own(resource, "attributes");
    if (isObject(nested)) scopes.push(nested);
    scopes.push(resource);
  }
  for (const name of ATTRIBUTE_NAMES) {
    const value = own(line, name);
    if (isObject(value)) scopes.push(value);
  }
  return scopes;
}

function attributesIn(line: JsonObject): ReadonlyMap<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const name of ATTRIBUTE_NAMES) {
    const value = own(line, name);
    if (isObject(value)) addAttributes(attributes, value);
  }
  for (const key of Object.keys(line)) {
    if (attributes.size >= MAX_ATTRIBUTES) break;
    const value = line[key];
    if (TAKEN.has(key) || (KNOWN.has(key) && !isObject(value))) continue;
    if (!attributes.has(key)) attributes.set(key.slice(0, MAX_KEY_CHARS), attributeValue(value));
  }
  return attributes;
}
