import type { AttributeValue, LogRecord } from "../../src/log/batch.ts";
import { textOf } from "../../src/otlp/value-text.ts";
import { RequestType } from "./otlp-schema.ts";

type Value = Readonly<{
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number;
  bytesValue?: Uint8Array;
  arrayValue?: { values?: readonly Value[] };
  kvlistValue?: { values?: readonly Pair[] };
}>;
type Pair = Readonly<{ key?: string; value?: Value }>;

interface PlainRecord {
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: Value;
  readonly attributes?: readonly Pair[];
  readonly traceId?: Uint8Array;
  readonly spanId?: Uint8Array;
}
interface PlainRequest {
  readonly resourceLogs?: readonly {
    readonly resource?: { readonly attributes?: readonly Pair[] };
    readonly scopeLogs?: readonly {
      readonly scope?: { readonly name?: string };
      readonly logRecords?: readonly PlainRecord[];
    }[];
  }[];
}

type ReferenceRecord = Pick<
  LogRecord,
  "timeMs" | "severity" | "severityText" | "body" | "attributes" | "resource" | "scope" | "traceId" | "spanId"
>;

function intOf(digits: string): number | bigint {
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
}

function valueOf(value: Value | undefined): AttributeValue {
  if (value === undefined) return null;
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) return intOf(value.intValue);
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.bytesValue !== undefined) return new Uint8Array(value.bytesValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(valueOf);
  return value.kvlistValue === undefined ? null : mapOf(value.kvlistValue.values);
}

function mapOf(pairs: readonly Pair[] = []): ReadonlyMap<string, AttributeValue> {
  return new Map(pairs.map(({ key = "", value }) => [key, valueOf(value)]));
}

function timeOf({ timeUnixNano = "0", observedTimeUnixNano = "0" }: PlainRecord): number {
  const nanos = BigInt(timeUnixNano) === 0n ? BigInt(observedTimeUnixNano) : BigInt(timeUnixNano);
  return nanos === 0n ? Number.NaN : Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6;
}

function idOf(bytes: Uint8Array | undefined, size: number): string | null {
  if (bytes?.length !== size || bytes.every((byte) => byte === 0)) return null;
  return Buffer.from(bytes).toString("hex");
}

/** The records of a request as protobufjs reads them; severity is the number alone. Throws where it refuses. */
export function referenceRecords(bytes: Uint8Array): readonly ReferenceRecord[] {
  const plain: PlainRequest = RequestType.toObject(RequestType.decode(bytes), { longs: String });
  return (plain.resourceLogs ?? []).flatMap(({ resource, scopeLogs = [] }) =>
    scopeLogs.flatMap(({ scope, logRecords = [] }) =>
      logRecords.map((record) => ({
        timeMs: timeOf(record),
        severity: record.severityNumber ?? 0,
        severityText: record.severityText ?? "",
        body: textOf(valueOf(record.body)),
        attributes: mapOf(record.attributes),
        resource: mapOf(resource?.attributes),
        scope: scope?.name ?? "",
        traceId: idOf(record.traceId, 16),
        spanId: idOf(record.spanId, 8),
      })),
    ),
  );
}
