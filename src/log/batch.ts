import type { Series } from "./series.ts";
import type { SeverityNumber } from "./severity.ts";
import type { EpochMs } from "./time.ts";

export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>;

/** One record, materialised: for evidence and for people, never for counting. */
export interface LogRecord {
  /** The sender's time, else its observed time; NaN where it gave neither. */
  readonly timeMs: EpochMs;
  readonly severity: SeverityNumber;
  readonly severityText: string;
  readonly series: Series;
  readonly body: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** Attributes of what produced the record: service, host, pod, SDK. */
  readonly resource: ReadonlyMap<string, AttributeValue>;
  /** Name of the instrumentation scope, most often the logger's; "" where none was given. */
  readonly scope: string;
  /** Lower-case hex; null where absent or invalid. */
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly eventName: string;
}

export const NO_ATTRIBUTES: ReadonlyMap<string, AttributeValue> = new Map();

/** What produced some of a batch's records, known without looking at any of them. */
export interface BatchResource {
  /** Into `LogBatch.series`. */
  readonly seriesIndex: number;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

/** Reads a body where it lies. */
export interface BodyScanner {
  /** UTF-8. */
  scan(bytes: Uint8Array, start: number, end: number): void;
  scanText(text: string): void;
}

/**
 * One request's records as columns, so that counting builds no object per record. `body` and `record` decode on
 * demand and may be called only while the request's bytes are alive, that is before `accept` returns.
 */
export interface LogBatch {
  readonly size: number;
  /** As in `LogRecord.timeMs`. */
  readonly timesMs: Float64Array;
  readonly severities: Uint8Array;
  /** Per record an index into `series`. */
  readonly seriesIndexes: Uint32Array;
  readonly series: readonly Series[];
  /** Every resource that has records here; one that the sender repeats may be here twice. */
  readonly resources: readonly BatchResource[];
  /** Records that name an event. */
  readonly events: ReadonlySet<number>;
  body(index: number): string;
  /** Shows the body to `scanner`, as text only where it is no string on the wire. */
  scanBody(index: number, scanner: BodyScanner): void;
  record(index: number): LogRecord;
  /** Of the record's trace id, an unsigned integer; 0 where it belongs to no trace. */
  traceHash(index: number): number;
  /** As in `LogRecord`. */
  traceId(index: number): string | null;
}

/** Columns over records that are already objects (ndjson, `/logs/ingest`, tests). */
export function batchOf(records: readonly LogRecord[]): LogBatch {
  const timesMs = new Float64Array(records.length);
  const severities = new Uint8Array(records.length);
  const seriesIndexes = new Uint32Array(records.length);
  const series: Series[] = [];
  const indexes = new Map<Series, number>();
  for (const [i, record] of records.entries()) {
    timesMs[i] = record.timeMs;
    severities[i] = record.severity;
    let index = indexes.get(record.series);
    if (index === undefined) {
      index = series.push(record.series) - 1;
      indexes.set(record.series, index);
    }
    seriesIndexes[i] = index;
  }
  const at = (index: number): LogRecord => {
    const record = records[index];
    if (record === undefined) throw new RangeError(`no record ${index} in a batch of ${records.length}`);
    return record;
  };
  return {
    size: records.length,
    timesMs,
    severities,
    seriesIndexes,
    series,
    events: new Set(records.flatMap(({ eventName }, i) => (eventName === "" ? [] : [i]))),
    get resources() {
      return resourcesOf(records, indexes);
    },
    body: (index) => at(index).body,
    scanBody: (index, scanner) => scanner.scanText(at(index).body),
    record: at,
    traceId: (index) => at(index).traceId,
    traceHash: (index) => hashOf(at(index).traceId),
  };
}

/** The last digits of the id, as its last bytes little endian; ids are random there. */
function hashOf(traceId: string | null): number {
  if (traceId === null) return 0;
  const tail = traceId.slice(-8).match(/../g) ?? [];
  return Number.parseInt(tail.toReversed().join(""), 16);
}

function resourcesOf(
  records: readonly LogRecord[],
  indexes: ReadonlyMap<Series, number>,
): readonly BatchResource[] {
  const found: BatchResource[] = [];
  const seen = new Map<Series, Set<LogRecord["resource"]>>();
  for (const { series, resource } of records) {
    const ofSeries = seen.get(series) ?? new Set();
    if (ofSeries.has(resource)) continue;
    seen.set(series, ofSeries.add(resource));
    found.push({ seriesIndex: indexes.get(series) ?? 0, attributes: resource });
  }
  return found;
}
