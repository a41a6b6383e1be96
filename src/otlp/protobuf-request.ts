import type { AttributeValue, BatchResource } from "../log/batch.ts";
import { readKeyValue } from "./any-value.ts";
import { invalid, MAX_ENVELOPES, MAX_RECORDS, TOO_MANY_RECORDS } from "./decode-result.ts";
import type { DecodeResult, Violation } from "./decode-result.ts";
import { ProtobufBatch } from "./protobuf-batch.ts";
import { scopeName } from "./protobuf-scope.ts";
import { resourceSeries, SeriesTable } from "./series-table.ts";
import type { ResourceSeries } from "./series-table.ts";
import { bytesTag, WireReader } from "./wire.ts";

/** opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest and the messages down to the records. */
const RESOURCE_LOGS = bytesTag(1);
const RESOURCE = bytesTag(1);
const SCOPE_LOGS = bytesTag(2);
/** InstrumentationLibraryLogs, which SDKs of 2021 send in place of ScopeLogs; its fields are the same. */
const LIBRARY_LOGS = bytesTag(1000);
const RESOURCE_ATTRIBUTES = bytesTag(1);
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

interface KnownResource {
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  readonly series: ResourceSeries;
  /** The last in the batch; its series changes only where the scope names the service. */
  entry: BatchResource | null;
}

class RequestWalk {
  readonly #reader: WireReader;
  readonly #batch: ProtobufBatch;
  readonly #table = new SeriesTable();
  /** Collectors repeat a resource's bytes within a request: each distinct one is decoded once. */
  readonly #resources = new Map<string, KnownResource>();
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
    const resource = this.#resourceOf(start, end);
    let legacy = false;
    let index = 0;
    reader.pos = start;
    while (reader.next(end)) {
      if (reader.tag === SCOPE_LOGS)
        this.#scopeLogs(reader.start, reader.end, resource, resourceIndex, index++);
      else if (reader.tag === LIBRARY_LOGS) legacy = true;
    }
    // A sender between the two versions sends the same records in both fields.
    if (legacy && index === 0) this.#libraryLogs(start, end, resource, resourceIndex);
  }

  #libraryLogs(start: number, end: number, resource: KnownResource, resourceIndex: number): void {
    const reader = this.#reader;
    reader.pos = start;
    for (let index = 0; reader.next(end);) {
      if (reader.tag === LIBRARY_LOGS)
        this.#scopeLogs(reader.start, reader.end, resource, resourceIndex, index++);
    }
  }

  #scopeLogs(
    start: number,
    end: number,
    resource: KnownResource,
    resourceIndex: number,
    scopeIndex: number,
  ): void {
    const reader = this.#reader;
    const batch = this.#batch;
    const name = resource.series.scopeNames ? scopeName(reader, start, end) : "";
    const seriesIndex = resource.series.of(name);
    const known = resource.entry?.seriesIndex === seriesIndex ? resource.entry : null;
    const entry = known ?? { seriesIndex, attributes: resource.attributes };
    const sizeBefore = batch.size;
    reader.pos = start;
    for (let index = 0; reader.next(end);) {
      if (reader.tag !== LOG_RECORDS) continue;
      if (index === 0) batch.open({ start, end, resource: entry });
      const problem = batch.add(reader.start, reader.end, seriesIndex);
      if (problem !== null) {
        this.#rejected++;
        this.#firstRejection ??= {
          field: `resource_logs[${resourceIndex}].scope_logs[${scopeIndex}].log_records[${index}]`,
          description: problem,
        };
      }
      index++;
    }
    if (known !== null || batch.size === sizeBefore) return;
    resource.entry = entry;
    batch.resources.push(entry);
  }

  /** The resource may come after its records, and in parts: its spans are found first. */
  #resourceOf(start: number, end: number): KnownResource {
    const reader = this.#reader;
    const spans: number[] = [];
    let key = "";
    reader.pos = start;
    while (reader.next(end)) {
      if (reader.tag !== RESOURCE) continue;
      spans.push(reader.start, reader.end);
      key += reader.bytes.toString("latin1", reader.start, reader.end);
    }
    let resource = this.#resources.get(key);
    if (resource === undefined) {
      const attributes = this.#attributes(spans);
      const series = resourceSeries(attributes, this.#table);
      resource = { attributes, series, entry: null };
      this.#resources.set(key, resource);
    }
    return resource;
  }

  #attributes(spans: readonly number[]): Map<string, AttributeValue> {
    const reader = this.#reader;
    const attributes = new Map<string, AttributeValue>();
    for (let i = 0; i < spans.length; i += 2) {
      const end = spans[i + 1] ?? 0;
      reader.pos = spans[i] ?? 0;
      while (reader.next(end)) {
        if (reader.tag === RESOURCE_ATTRIBUTES) readKeyValue(reader, reader.start, reader.end, 0, attributes);
      }
    }
    return attributes;
  }
}
