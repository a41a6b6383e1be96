import { bodyOf, serveHttp } from "./servers-http.ts";

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** One record as the collector sent it, with its resource. */
export interface SentRecord {
  readonly resource: Readonly<Record<string, Value>>;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly body: Value;
  readonly severityNumber: number;
  /** ISO 8601 in milliseconds; null when the record names no time. */
  readonly time: string | null;
  readonly traceId: string | null;
}

export interface OtlpSink {
  readonly url: string;
  readonly records: readonly SentRecord[];
  /** The `Content-Encoding` of every request. */
  readonly encodings: readonly string[];
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, Value>>;
}

interface OtlpRecord {
  readonly timeUnixNano?: string;
  readonly severityNumber?: number;
  readonly body?: Readonly<Record<string, Value>>;
  readonly attributes?: readonly KeyValue[];
  readonly traceId?: string;
}

interface OtlpRequest {
  readonly resourceLogs?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeLogs?: readonly { readonly logRecords?: readonly OtlpRecord[] }[];
  }[];
}

const NANOS_PER_MS = 1_000_000n;

function plain(value: Readonly<Record<string, Value>> | undefined): Value {
  return Object.values(value ?? {})[0] ?? null;
}

function plainMap(pairs: readonly KeyValue[] | undefined): Record<string, Value> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, plain(value)]));
}

function timeOf({ timeUnixNano }: OtlpRecord): string | null {
  if (timeUnixNano === undefined || timeUnixNano === "0") return null;
  return new Date(Number(BigInt(timeUnixNano) / NANOS_PER_MS)).toISOString();
}

function recordsOf(request: OtlpRequest): SentRecord[] {
  return (request.resourceLogs ?? []).flatMap(({ resource, scopeLogs }) =>
    (scopeLogs ?? []).flatMap(({ logRecords }) =>
      (logRecords ?? []).map((record) => ({
        resource: plainMap(resource?.attributes),
        attributes: plainMap(record.attributes),
        body: plain(record.body),
        severityNumber: record.severityNumber ?? 0,
        time: timeOf(record),
        traceId: record.traceId === undefined || record.traceId === "" ? null : record.traceId,
      })),
    ),
  );
}

/** Takes OTLP/JSON from a collector (`TEST_ENCODING=json`) and keeps what came. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const records: SentRecord[] = [];
  const encodings: string[] = [];
  const { url } = await serveHttp((request, response) => {
    void bodyOf(request).then((body) => {
      encodings.push(request.headers["content-encoding"] ?? "");
      records.push(...recordsOf(JSON.parse(body.toString("utf8")) as OtlpRequest));
      response.setHeader("Content-Type", "application/json").end("{}");
    });
  });
  return { url, records, encodings };
}
