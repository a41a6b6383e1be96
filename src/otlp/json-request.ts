import { batchOf } from "../log/batch.ts";
import type { AttributeValue, LogRecord } from "../log/batch.ts";
import { isObject, type JsonObject } from "../log/json.ts";
import { cleanName } from "../log/series.ts";
import { invalid, MAX_RECORDS, TOO_MANY_RECORDS } from "./decode-result.ts";
import type { DecodeResult, Violation } from "./decode-result.ts";
import { jsonRecordOf } from "./json-record.ts";
import { below, field, keyValuesOf, Mismatch, wellFormed } from "./json-value.ts";
import { resourceSeries, SeriesTable } from "./series-table.ts";
import type { ResourceSeries } from "./series-table.ts";

/** An empty object costs 2 bytes on the wire and over 50 in memory: more objects and lists than this are refused. */
const MAX_CONTAINERS = 4_000_000;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** JSON.parse rounds integers beyond 2^53; only such an attribute is worth the slow way. */
const UNQUOTED_LONG_INTEGER = /"int(?:V|_v)alue"\s*:\s*-?\d{16}/;

const POSITION = /position (\d+)/;

/** Decodes an OTLP/JSON request body: UTF-8, a byte order mark is fine. Never throws, whatever the bytes. */
export function decodeJsonBytes(bytes: Buffer): DecodeResult {
  if (tooManyContainers(bytes)) return { kind: "too_many", message: "too many JSON values in one request" };
  const parsed = parse(bytes.toString("utf8").replace(/^\uFEFF/, ""));
  return parsed instanceof Mismatch ? invalid(parsed.path, parsed.expected) : decodeJsonRequest(parsed.value);
}

function tooManyContainers(bytes: Buffer): boolean {
  if (bytes.length <= MAX_CONTAINERS) return false;
  let count = 0;
  for (const byte of bytes) if (byte === OPEN_BRACE || byte === OPEN_BRACKET) count++;
  return count > MAX_CONTAINERS;
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const rounded = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return rounded ? (context?.source ?? value) : value;
}

/** The parser's own message quotes the text, so only its position is passed on. */
function parse(text: string): { readonly value: unknown } | Mismatch {
  try {
    return { value: UNQUOTED_LONG_INTEGER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text) };
  } catch (error) {
    const position = POSITION.exec(error instanceof Error ? error.message : "")?.[1];
    return new Mismatch("", `body is not JSON${position === undefined ? "" : ` at position ${position}`}`);
  }
}

/** Decodes one parsed OTLP/JSON request, as a request body or a line of the collector's file exporter holds it. */
export function decodeJsonRequest(value: unknown): DecodeResult {
  if (!isObject(value)) return invalid("", "an object with resourceLogs expected");
  const walk = new JsonWalk();
  const problem = walk.request(value);
  if (problem !== null) return invalid(problem.path, `${problem.expected} expected`);
  if (walk.seen > MAX_RECORDS) return TOO_MANY_RECORDS;
  return {
    kind: "decoded",
    batch: batchOf(walk.records),
    rejected: walk.rejected,
    firstRejection: walk.firstRejection,
    warning: walk.seen === 0 ? strangerWarning(value) : null,
  };
}

const MAX_SHOWN_KEY = 64;

/** Plain JSON logs posted here would vanish with a friendly 200: say what was expected. */
function strangerWarning(request: JsonObject): string | null {
  const stranger = Object.keys(request).find((key) => key !== "resourceLogs" && key !== "resource_logs");
  if (stranger === undefined) return null;
  const shown = cleanName(stranger).slice(0, MAX_SHOWN_KEY).toWellFormed();
  return `no resourceLogs in request; unknown key '${shown}' ignored`;
}

function elements(object: JsonObject, name: string): readonly unknown[] | Mismatch {
  const value = field(object, name) ?? [];
  return Array.isArray(value) ? value : new Mismatch(name, "an array");
}

/** Visits the objects in a list; stops at what cannot be read, and says where it is. Null stands for an empty one. */
function each(
  parent: JsonObject,
  name: string,
  visit: (child: JsonObject, index: number) => Mismatch | null,
): Mismatch | null {
  const children = elements(parent, name);
  if (children instanceof Mismatch) return children;
  for (const [index, item] of children.entries()) {
    const child: unknown = item ?? {};
    const problem = isObject(child) ? visit(child, index) : new Mismatch("", "an object");
    if (problem !== null) return below(`${name}[${index}]`, problem);
  }
  return null;
}

interface JsonResource {
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  readonly series: ResourceSeries;
}

class JsonWalk {
  readonly records: LogRecord[] = [];
  seen = 0;
  rejected = 0;
  firstRejection: Violation | null = null;
  readonly #table = new SeriesTable();

  /** Fills `records`; returns what makes the whole request unreadable. */
  request(request: JsonObject): Mismatch | null {
    return each(request, "resourceLogs", (resourceLogs, resourceIndex) => {
      let resource: JsonResource | Mismatch | null = null;
      return each(resourceLogs, "scopeLogs", (scopeLogs, scopeIndex) => {
        const records = elements(scopeLogs, "logRecords");
        if (records instanceof Mismatch) return records;
        this.seen += records.length;
        if (records.length === 0 || this.seen > MAX_RECORDS) return null;
        const path = `resourceLogs[${resourceIndex}]`;
        resource ??= resourceOf(field(resourceLogs, "resource"), this.#table, `${path}.resource`);
        if (resource instanceof Mismatch) this.#reject(records.length, resource);
        else
          this.#add(records, resource, scopeName(scopeLogs), `${path}.scopeLogs[${scopeIndex}].logRecords`);
        return null;
      });
    });
  }

  #add(records: readonly unknown[], resource: JsonResource, scope: string, path: string): void {
    const series = this.#table.series[resource.series.of(scope)];
    if (series === undefined) return;
    const origin = { series, resource: resource.attributes, scope };
    for (const [index, value] of records.entries()) {
      const record = jsonRecordOf(value, origin);
      if (record instanceof Mismatch) this.#reject(1, below(`${path}[${index}]`, record));
      else this.records.push(record);
    }
  }

  #reject(count: number, problem: Mismatch): void {
    this.rejected += count;
    this.firstRejection ??= { field: problem.path, description: `${problem.expected} expected` };
  }
}

function scopeName(scopeLogs: JsonObject): string {
  const scope = field(scopeLogs, "scope");
  const name = isObject(scope) ? field(scope, "name") : "";
  return typeof name === "string" ? wellFormed(name) : "";
}

/** A resource that cannot be read costs its own records only. */
function resourceOf(value: unknown, table: SeriesTable, path: string): JsonResource | Mismatch {
  const resource = value ?? {};
  if (!isObject(resource)) return new Mismatch(path, "an object");
  const attributes = keyValuesOf(field(resource, "attributes"), "attributes", 0);
  if (attributes instanceof Mismatch) return below(path, attributes);
  return { attributes, series: resourceSeries(attributes, table) };
}
