import { gzipSync } from "node:zlib";
import { attribute, stringValue, type Json } from "../support/otlp-requests.ts";
import { encode, RequestType } from "../support/otlp-schema.ts";

/** What an export request is made of. */
export interface RequestShape {
  readonly records: number;
  readonly environment: string;
  /** Each a resource of its own; records go round. */
  readonly services: readonly string[];
  /** Share of ERROR records, evenly spread. */
  readonly errorShare: number;
}

/** Stands in the encoded bytes for every record's time until they are sent. */
const TIME_MARK = 0x0102030405060708n;
const NANOS_PER_MS = 1_000_000n;
/** A request's records lie this far apart, as from a collector that sends every 200 ms. */
const SPREAD_MS = 200;
export const GZIP_LEVEL = 6;

/** Mulberry32: the same corpus in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = ReturnType<typeof seeded>;

function hex(random: Random, digits: number): string {
  let text = "";
  while (text.length < digits) text += Math.floor(random() * 16).toString(16);
  return text;
}

function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

const ROUTES = ["/api/v1/cart", "/api/v1/orders", "/api/v1/payments", "/api/v1/users/profile"] as const;

function bodyOf(random: Random, isError: boolean): string {
  const ms = Math.floor(random() * 900);
  const order = Math.floor(random() * 1e7);
  if (isError) {
    return `payment for order ${order} failed: connection pool exhausted after ${ms} ms, 32 of 32 connections in use, request ${hex(random, 16)}`;
  }
  const route = pick(random, ROUTES);
  return pick(random, [
    `GET ${route}/${hex(random, 12)} 200 in ${ms} ms, 1 of 3 upstreams asked, cache hit, bytes=${order}, client 10.2.${ms % 250}.17`,
    `order ${order} placed by customer ${hex(random, 8)}: 3 items, paid by card, confirmation queued as ${hex(random, 24)}`,
    `cache refreshed for ${route}: ${ms} entries kept, ${order % 90} evicted, next run in 30 s, größter Eintrag ${order} Bytes`,
  ]);
}

function recordOf(random: Random, isError: boolean): Json {
  const traced = random() < 0.4;
  return {
    timeUnixNano: TIME_MARK.toString(),
    observedTimeUnixNano: TIME_MARK.toString(),
    severityNumber: isError ? 17 : 9,
    severityText: isError ? "ERROR" : "INFO",
    body: stringValue(bodyOf(random, isError)),
    attributes: [
      attribute("http.request.method", "GET"),
      attribute("http.route", pick(random, ROUTES)),
      { key: "http.response.status_code", value: { intValue: isError ? "500" : "200" } },
      attribute("log.logger", "shop.http"),
      attribute("thread.name", `worker-${Math.floor(random() * 32)}`),
      { key: "duration_s", value: { doubleValue: random() } },
    ],
    ...(traced
      ? { traceId: Buffer.from(hex(random, 32), "hex"), spanId: Buffer.from(hex(random, 16), "hex") }
      : {}),
  };
}

function resourceOf(random: Random, environment: string, service: string): Json {
  const pod = `${service}-${hex(random, 8)}`;
  return {
    attributes: [
      attribute("service.name", service),
      attribute("service.namespace", "shop"),
      attribute("service.version", "2.31.4"),
      attribute("deployment.environment.name", environment),
      attribute("telemetry.sdk.language", "java"),
      attribute("telemetry.sdk.name", "opentelemetry"),
      attribute("telemetry.sdk.version", "1.61.0"),
      attribute("host.name", `node-${Math.floor(random() * 40)}.example.com`),
      attribute("k8s.namespace.name", "shop"),
      attribute("k8s.pod.name", pod),
      attribute("k8s.pod.uid", hex(random, 32)),
    ],
  };
}

/** A request encoded once; only the times of its records change from one sending to the next. */
export class RequestTemplate {
  readonly records: number;
  readonly #bytes: Buffer;
  readonly #timesAt: readonly number[];

  constructor(shape: RequestShape, seed = 1) {
    const random = seeded(seed);
    const errorEvery = shape.errorShare === 0 ? Infinity : Math.round(1 / shape.errorShare);
    const perService = shape.services.map((): Json[] => []);
    for (let i = 0; i < shape.records; i++) {
      perService[i % perService.length]?.push(recordOf(random, i % errorEvery === errorEvery - 1));
    }
    const resourceLogs = shape.services.map((service, i) => ({
      resource: resourceOf(random, shape.environment, service),
      scopeLogs: [{ scope: { name: "shop.http", version: "1.0" }, logRecords: perService[i] ?? [] }],
    }));
    this.records = shape.records;
    this.#bytes = encode(RequestType, { resourceLogs });
    this.#timesAt = marksIn(this.#bytes);
  }

  get plainBytes(): number {
    return this.#bytes.length;
  }

  /** Protobuf, the last record at `nowMs`. */
  plain(nowMs: number): Buffer {
    const bytes = Buffer.from(this.#bytes);
    const lastNanos = BigInt(Math.floor(nowMs)) * NANOS_PER_MS;
    const stepNanos = (BigInt(SPREAD_MS) * NANOS_PER_MS) / BigInt(this.#timesAt.length);
    let nanos = lastNanos - stepNanos * BigInt(this.#timesAt.length - 1);
    for (const at of this.#timesAt) {
      bytes.writeBigUInt64LE(nanos, at);
      nanos += stepNanos;
    }
    return bytes;
  }

  /** As collectors send it. */
  gzipped(nowMs: number): Buffer {
    return gzipSync(this.plain(nowMs), { level: GZIP_LEVEL });
  }
}

function marksIn(bytes: Buffer): number[] {
  const mark = Buffer.alloc(8);
  mark.writeBigUInt64LE(TIME_MARK);
  const found: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) found.push(at);
  return found;
}

/** What a busy collector sends: 8,192 records of 20 resources, about 360 bytes each, 1 % errors. */
export const COLLECTOR_BATCH: RequestShape = {
  records: 8_192,
  environment: "production",
  services: Array.from({ length: 20 }, (_, i) => `service-${i}`),
  errorShare: 0.01,
};

const RECORDS_PER_SERVICE = 10;

/** The same kind of records, fewer in a request: an SDK's, or a small service's. */
export function batchOf(records: number): RequestShape {
  const services = Math.max(1, Math.round(records / RECORDS_PER_SERVICE));
  return { ...COLLECTOR_BATCH, records, services: COLLECTOR_BATCH.services.slice(0, services) };
}
