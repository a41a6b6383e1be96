import type { AttributeValue } from "../log/batch.ts";
import { SERIES_ATTRIBUTES } from "../log/series.ts";
import { readKeyValue } from "./any-value.ts";
import { invalid, MAX_ENVELOPES, MAX_RECORDS, TOO_MANY_RECORDS } from "./decode-result.ts";
import type { DecodeResult, Violation } from "./decode-result.ts";
import { ProtobufBatch } from "./protobuf-batch.ts";
import { resourceSeries, SeriesTable } from "./series-table.ts";
import type { ResourceSeries } from "./series-table.ts";
import { textOf } from "./value-text.ts";
import { bytesTag, WireReader } from "./wire.ts";

/** opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest and the messages down to the records. */
const RESOURCE_LOGS = bytesTag(1);
const RESOURCE = bytesTag(1);
const SCOPE_LOGS = bytesTag(2);
/** InstrumentationLibraryLogs, which SDKs of 2021 send in place of ScopeLogs; its fields are the same. */
const LIBRARY_LOGS = bytesTag(1000);
const RESOURCE_ATTRIBUTES = bytesTag(1);
const SCOPE = bytesTag(1);
const SCOPE_NAME = bytesTag(1);
const LOG_RECORDS = bytesTag(2);

const FOREIGN_BODIES =
  "body ignored: string_value_strindex belongs to profiles, a log record has no string table";

/** Decodes an export request; its batch reads `bytes` for as long as it is used. Never throws, whatever the bytes. */
export function decodeProtobufRequest(bytes: Buffer): DecodeResult {
  const reader = new WireReader(bytes);
  const { records, envelopes } = count(reader);
  if (records > MAX_RECORDS || envelopes > MAX_ENVELOPES) return TOO_MANY_RECORDS;
  if (reader.problem !== null) return invalid("", reader.problem);
  return new RequestWalk(reader, records).run();
}

/** Counts up to the limits, so that the columns are allocated once. */
function count(reader: WireReader): { readonly records: number; readonly envelopes: number } {
  let records = 0;
  let envelopes = 0;
  while (records <= MAX_RECORDS && envelopes <= MAX_ENVELOPES && reader.next(reader.bytes.length)) {
    if (reader.tag !== RESOURCE_LOGS) continue;
    envelopes++;
    const resourceEnd = reader.end;
    reader.pos = reader.start;
    while (reader.next(resourceEnd)) {
      if (reader.tag !== SCOPE_LOGS && reader.tag !== LIBRARY_LOGS) continue;
      envelopes++;
      const scopeEnd = reader.end;
      reader.pos = reader.start;
      while (reader.next(scopeEnd)) if (reader.tag === LOG_RECORDS) records++;
    }
  }
  return { records, envelopes };
}

class RequestWalk {
  readonly #reader: WireReader;
  readonly #batch: ProtobufBatch;
  readonly #table = new SeriesTable();
  /** Collectors repeat a resource's bytes within a request: each distinct one is decoded once. */
  readonly #resources = new Map<string, ResourceSeries>();
  #rejected = 0;
  #firstRejection: Violation | null = null;

  constructor(reader: WireReader, capacity: number) {
    this.#reader = reader;
    this.#batch = new ProtobufBatch(reader.bytes, capacity, this.#table.series);
  }

  run(): DecodeResult {
    const reader = this.#reader;
    reader.pos = 0;
    for (let index = 0; reader.next(reader.bytes.length);) {
      if (reader.tag === RESOURCE_LOGS) this.#resourceLogs(reader.start, reader.end, index++);
    }
    if (reader.problem !== null) return invalid("", reader.problem);
    return {
      kind: "decoded",
      batch: this.#batch.seal(),
      rejected: this.#rejected,
      firstRejection: this.#firstRejection,
      warning: this.#batch.foreignBodies === 0 ? null : FOREIGN_BODIES,
    };
  }

  #resourceLogs(start: number, end: number, resourceIndex: number): void {
    const reader = this.#reader;
    const series = this.#seriesOf(start, end);
    let legacy = false;
    let index = 0;
    reader.pos = start;
    while (reader.next(end)) {
      if (reader.tag === SCOPE_LOGS)
        this.#scopeLogs(reader.start, reader.end, series, resourceIndex, index++);
      else if (reader.tag === LIBRARY_LOGS) legacy = true;
    }
    // A sender between the two versions sends the same records in both fields.
    if (legacy && index === 0) this.#libraryLogs(start, end, series, resourceIndex);
  }

  #libraryLogs(start: number, end: number, series: ResourceSeries, resourceIndex: number): void {
    const reader = this.#reader;
    reader.pos = start;
    for (let index = 0; reader.next(end);) {
      if (reader.tag === LIBRARY_LOGS)
        this.#scopeLogs(reader.start, reader.end, series, resourceIndex, index++);
    }
  }

  #scopeLogs(
    start: number,
    end: number,
    resource: ResourceSeries,
    resourceIndex: number,
    scopeIndex: number,
  ): void {
    const reader = this.#reader;
    const seriesIndex = resource.of(resource.scopeNames ? this.#scopeName(start, end) : "");
    reader.pos = start;
    for (let index = 0; reader.next(end);) {
      if (reader.tag !== LOG_RECORDS) continue;
      const problem = this.#batch.add(reader.start, reader.end, seriesIndex);
      if (problem !== null) {
        this.#rejected++;
        this.#firstRejection ??= {
          field: `resource_logs[${resourceIndex}].scope_logs[${scopeIndex}].log_records[${index}]`,
          description: problem,
        };
      }
      index++;
    }
  }

  /** The resource may come after its records, and in parts: its spans are found first. */
  #seriesOf(start: number, end: number): ResourceSeries {
    const reader = this.#reader;
    const spans: number[] = [];
    let key = "";
    reader.pos = start;
    while (reader.next(end)) {
      if (reader.tag !== RESOURCE) continue;
      spans.push(reader.start, reader.end);
      key += reader.bytes.toString("latin1", reader.start, reader.end);
    }
    let series = this.#resources.get(key);
    if (series === undefined) {
      series = resourceSeries(this.#seriesAttributes(spans), this.#table);
      this.#resources.set(key, series);
    }
    return series;
  }

  #seriesAttributes(spans: readonly number[]): Map<string, string> {
    const reader = this.#reader;
    const attributes = new Map<string, AttributeValue>();
    for (let i = 0; i < spans.length; i += 2) {
      const end = spans[i + 1] ?? 0;
      reader.pos = spans[i] ?? 0;
      while (reader.next(end)) {
        if (reader.tag === RESOURCE_ATTRIBUTES) readKeyValue(reader, reader.start, reader.end, 0, attributes);
      }
    }
    const texts = new Map<string, string>();
    for (const [name, value] of attributes) if (SERIES_ATTRIBUTES.has(name)) texts.set(name, textOf(value));
    return texts;
  }

  #scopeName(start: number, end: number): string {
    const reader = this.#reader;
    let name = "";
    reader.pos = start;
    while (reader.next(end)) {
      if (reader.tag !== SCOPE) continue;
      const scopeEnd = reader.end;
      reader.pos = reader.start;
      while (reader.next(scopeEnd)) if (reader.tag === SCOPE_NAME) name = reader.text();
    }
    return name;
  }
}
