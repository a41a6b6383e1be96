import { spanIdOf, traceIdOf } from "../log/trace-ids.ts";
import type { AttributeValue, BatchResource, BodyScanner, LogBatch, LogRecord } from "../log/batch.ts";
import type { Series } from "../log/series.ts";
import { MAX_SEVERITY } from "../log/severity.ts";
import { mergeAnyValue, readKeyValue } from "./any-value.ts";
import { scopeName } from "./protobuf-scope.ts";
import { completed, idText, nanosToMs, severityFrom } from "./record.ts";
import { textOf } from "./value-text.ts";
import { bytesTag, fixed64Tag, varintTag, WireReader } from "./wire.ts";

/** opentelemetry.proto.logs.v1.LogRecord */
const TIME = fixed64Tag(1);
const SEVERITY_NUMBER = varintTag(2);
const SEVERITY_TEXT = bytesTag(3);
const BODY = bytesTag(5);
const ATTRIBUTES = bytesTag(6);
const TRACE_ID = bytesTag(9);
const SPAN_ID = bytesTag(10);
const OBSERVED_TIME = fixed64Tag(11);
const EVENT_NAME = bytesTag(12);

/** AnyValue.string_value, by far the commonest body. */
const STRING_VALUE = bytesTag(1);
/** AnyValue.string_value_strindex, which only profiles may use. */
const STRING_INDEX = varintTag(8);

const TRACE_ID_BYTES = 16;

/** How a record's body is found: not there, a string at its offsets, or anything else, read again from the record. */
const BODY_NONE = 0;
const BODY_STRING = 1;
const BODY_OTHER = 2;

/** severityFromBody reads 96 characters; one takes at most 4 bytes. */
const HEAD_BYTES = 384;

const NOWHERE = -1;

/** A ScopeLogs message and the resource above it: a record's scope is read only when it is asked for. */
export interface ProtobufScope {
  readonly start: number;
  readonly end: number;
  readonly resource: BatchResource;
}

/** The records of one request as columns over its bytes; a body or a record is decoded when asked for. */
export class ProtobufBatch implements LogBatch {
  size = 0;
  /** Bodies that are an index into a string table that no logs request has. */
  foreignBodies = 0;
  readonly series: readonly Series[];
  readonly resources: BatchResource[] = [];
  readonly events = new Set<number>();
  readonly #scopes: ProtobufScope[] = [];
  readonly #scopeNames = new Map<ProtobufScope, string>();
  #timesMs: Float64Array;
  #severities: Uint8Array;
  #seriesIndexes: Uint32Array;
  readonly #scopeIndexes: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #bodyStarts: Uint32Array;
  readonly #bodyEnds: Uint32Array;
  readonly #bodyKinds: Uint8Array;
  /** Where the trace id lies; 0 where there is none. */
  readonly #traceStarts: Uint32Array;
  readonly #reader: WireReader;

  /** `capacity` is how many records may be added. */
  constructor(bytes: Buffer, capacity: number, series: readonly Series[]) {
    this.series = series;
    this.#reader = new WireReader(bytes);
    this.#timesMs = new Float64Array(capacity);
    this.#severities = new Uint8Array(capacity);
    this.#seriesIndexes = new Uint32Array(capacity);
    this.#scopeIndexes = new Uint32Array(capacity);
    this.#starts = new Uint32Array(capacity);
    this.#ends = new Uint32Array(capacity);
    this.#bodyStarts = new Uint32Array(capacity);
    this.#bodyEnds = new Uint32Array(capacity);
    this.#bodyKinds = new Uint8Array(capacity);
    this.#traceStarts = new Uint32Array(capacity);
  }

  get timesMs(): Float64Array {
    return this.#timesMs;
  }
  get severities(): Uint8Array {
    return this.#severities;
  }
  get seriesIndexes(): Uint32Array {
    return this.#seriesIndexes;
  }

  /** Names what the records added next belong to. */
  open(scope: ProtobufScope): void {
    this.#scopes.push(scope);
  }

  /** Appends the LogRecord at [start, end) to the scope opened last; a malformed one is left out and its problem returned. */
  add(start: number, end: number, seriesIndex: number): string | null {
    const index = this.size;
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#seriesIndexes[index] = seriesIndex;
    this.#scopeIndexes[index] = this.#scopes.length - 1;
    this.#scan(index, start, end);
    const problem = this.#reader.takeProblem();
    if (problem === null) this.size++;
    return problem;
  }

  /** Cuts the columns to the records that were kept. */
  seal(): this {
    if (this.size < this.#timesMs.length) {
      this.#timesMs = this.#timesMs.subarray(0, this.size);
      this.#severities = this.#severities.subarray(0, this.size);
      this.#seriesIndexes = this.#seriesIndexes.subarray(0, this.size);
    }
    return this;
  }

  body(index: number): string {
    const kind = this.#bodyKinds[index];
    if (kind === BODY_OTHER) return textOf(this.#bodyValue(index));
    if (kind !== BODY_STRING) return "";
    return this.#reader.bytes.toString("utf8", this.#bodyStarts[index] ?? 0, this.#bodyEnds[index] ?? 0);
  }

  scanBody(index: number, scanner: BodyScanner): void {
    const kind = this.#bodyKinds[index];
    if (kind === BODY_OTHER) scanner.scanText(textOf(this.#bodyValue(index)));
    else if (kind !== BODY_STRING) scanner.scanText("");
    else scanner.scan(this.#reader.bytes, this.#bodyStarts[index] ?? 0, this.#bodyEnds[index] ?? 0);
  }

  record(index: number): LogRecord {
    const reader = this.#reader;
    const origin = this.#origin(index);
    const end = this.#ends[index] ?? 0;
    const attributes = new Map<string, AttributeValue>();
    let severityText = "";
    let eventName = "";
    let traceId: string | null = null;
    let spanId: string | null = null;
    reader.pos = this.#starts[index] ?? 0;
    while (reader.next(end)) {
      if (reader.tag === ATTRIBUTES) readKeyValue(reader, reader.start, reader.end, 0, attributes);
      else if (reader.tag === SEVERITY_TEXT) severityText = reader.text();
      else if (reader.tag === EVENT_NAME) eventName = reader.text();
      else if (reader.tag === TRACE_ID)
        traceId = traceIdOf(idText(reader.bytes, reader.start, reader.end, 16));
      else if (reader.tag === SPAN_ID) spanId = spanIdOf(idText(reader.bytes, reader.start, reader.end, 8));
    }
    reader.takeProblem();
    return completed({
      timeMs: this.#timesMs[index] ?? Number.NaN,
      severity: this.#severities[index] ?? 0,
      severityText,
      body: this.body(index),
      attributes,
      ...origin,
      traceId,
      spanId,
      eventName,
    });
  }

  traceHash(index: number): number {
    const start = this.#traceStarts[index] ?? 0;
    return start === 0 ? 0 : this.#reader.bytes.readUInt32LE(start + TRACE_ID_BYTES - 4);
  }

  traceId(index: number): string | null {
    const start = this.#traceStarts[index] ?? 0;
    return start === 0 ? null : traceIdOf(this.#reader.bytes.toString("hex", start, start + TRACE_ID_BYTES));
  }

  #origin(index: number): Pick<LogRecord, "series" | "resource" | "scope"> {
    const series = this.series[this.#seriesIndexes[index] ?? 0];
    const scope = this.#scopes[this.#scopeIndexes[index] ?? 0];
    if (index >= this.size || series === undefined || scope === undefined)
      throw new RangeError(`no record ${index} of ${this.size}`);
    return {
      series,
      resource: scope.resource.attributes,
      scope: this.#scopeName(scope),
    };
  }

  /** Read once: it may stand behind all of the scope's records. */
  #scopeName(scope: ProtobufScope): string {
    let name = this.#scopeNames.get(scope);
    if (name === undefined) {
      name = scopeName(this.#reader, scope.start, scope.end);
      this.#scopeNames.set(scope, name);
    }
    return name;
  }

  #scan(index: number, start: number, end: number): void {
    const reader = this.#reader;
    let timeAt = NOWHERE;
    let observedAt = NOWHERE;
    let severity = 0;
    let textStart = NOWHERE;
    let textEnd = NOWHERE;
    let bodies = 0;
    this.#bodyKinds[index] = BODY_NONE;
    reader.pos = start;
    while (reader.next(end)) {
      switch (reader.tag) {
        case TIME:
          timeAt = reader.start;
          break;
        case OBSERVED_TIME:
          observedAt = reader.start;
          break;
        case SEVERITY_NUMBER:
          severity = reader.lo | 0;
          break;
        case SEVERITY_TEXT:
          textStart = reader.start;
          textEnd = reader.end;
          break;
        case BODY:
          this.#scanBody(index, reader.start, reader.end, bodies++);
          break;
        case TRACE_ID:
          this.#traceStarts[index] = reader.end - reader.start === TRACE_ID_BYTES ? reader.start : 0;
          break;
        case EVENT_NAME:
          if (reader.end > reader.start) this.events.add(index);
          break;
        default:
      }
    }
    if (reader.problem !== null) return;
    this.#timesMs[index] = this.#timeAt(timeAt, observedAt);
    this.#severities[index] =
      severity >= 1 && severity <= MAX_SEVERITY
        ? severity
        : this.#inferred(index, severity, textStart, textEnd);
  }

  /** The sender's time, else the observed one; 0 means not given. */
  #timeAt(timeAt: number, observedAt: number): number {
    const { bytes } = this.#reader;
    for (const at of [timeAt, observedAt]) {
      if (at === NOWHERE) continue;
      const low = bytes.readUInt32LE(at);
      const high = bytes.readUInt32LE(at + 4);
      if (low !== 0 || high !== 0) return nanosToMs(high, low);
    }
    return Number.NaN;
  }

  #scanBody(index: number, start: number, end: number, earlier: number): void {
    const reader = this.#reader;
    let kind = earlier === 0 ? BODY_NONE : BODY_OTHER;
    reader.pos = start;
    while (reader.next(end)) {
      const string = reader.tag === STRING_VALUE && earlier === 0 && kind !== BODY_OTHER;
      kind = string ? BODY_STRING : BODY_OTHER;
      if (!string && reader.tag === STRING_INDEX) this.foreignBodies++;
      this.#bodyStarts[index] = reader.start;
      this.#bodyEnds[index] = reader.end;
    }
    this.#bodyKinds[index] = kind;
  }

  #inferred(index: number, severity: number, textStart: number, textEnd: number): number {
    const text = textStart === NOWHERE ? "" : this.#reader.bytes.toString("utf8", textStart, textEnd);
    return severityFrom(severity, text, () => this.#bodyHead(index));
  }

  #bodyHead(index: number): string {
    if (this.#bodyKinds[index] !== BODY_STRING) return this.body(index);
    const start = this.#bodyStarts[index] ?? 0;
    const end = Math.min(this.#bodyEnds[index] ?? 0, start + HEAD_BYTES);
    return this.#reader.bytes.toString("utf8", start, end);
  }

  #bodyValue(index: number): AttributeValue {
    const reader = this.#reader;
    const end = this.#ends[index] ?? 0;
    let value: AttributeValue = null;
    reader.pos = this.#starts[index] ?? 0;
    while (reader.next(end)) {
      if (reader.tag === BODY) value = mergeAnyValue(reader, reader.start, reader.end, 0, value);
    }
    reader.takeProblem();
    return value;
  }
}
