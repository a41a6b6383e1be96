import fc from "fast-check";

import type { AttributeValue } from "../../src/log/batch.ts";
import type { Json } from "./otlp-requests.ts";

/** A value as both encodings write it, and as it must be read. */
interface Twin {
  readonly protobuf: Json;
  readonly json: Json;
  readonly value: AttributeValue;
}

function same(name: string, given: unknown, value: AttributeValue): Twin {
  return { protobuf: { [name]: given }, json: { [name]: given }, value };
}

const text = fc.string({ unit: "binary", maxLength: 20 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

function doubleTwin(value: number): Twin {
  return {
    protobuf: { doubleValue: value },
    json: { doubleValue: Number.isFinite(value) ? value : String(value) },
    value,
  };
}

function bytesTwin(value: Uint8Array): Twin {
  const json = { bytesValue: Buffer.from(value).toString("base64") };
  return { protobuf: { bytesValue: value }, json, value: new Uint8Array(value) };
}

function listTwin(items: readonly Twin[]): Twin {
  return {
    protobuf: { arrayValue: { values: items.map((item) => item.protobuf) } },
    json: { arrayValue: { values: items.map((item) => item.json) } },
    value: items.map((item) => item.value),
  };
}

export function pairs(entries: readonly (readonly [string, Twin])[], encoding: "protobuf" | "json"): Json[] {
  return entries.map(([key, twin]) => ({ key, value: twin[encoding] }));
}

function mapTwin(entries: readonly (readonly [string, Twin])[]): Twin {
  return {
    protobuf: { kvlistValue: { values: pairs(entries, "protobuf") } },
    json: { kvlistValue: { values: pairs(entries, "json") } },
    value: new Map(entries.map(([key, twin]) => [key, twin.value])),
  };
}

const { value: anyValue } = fc.letrec<{ value: Twin; entry: [string, Twin] }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant<Twin>({ protobuf: {}, json: {}, value: null }),
    text.map((given) => same("stringValue", given, given)),
    fc.boolean().map((given) => same("boolValue", given, given)),
    int64.map((given) => {
      const number = Number(given);
      return same("intValue", String(given), Number.isSafeInteger(number) ? number : given);
    }),
    fc
      .double()
      .filter((value) => !Object.is(value, -0))
      .map(doubleTwin),
    fc.uint8Array({ maxLength: 8 }).map(bytesTwin),
    fc.array(tie("value"), { maxLength: 3 }).map(listTwin),
    fc.array(tie("entry"), { maxLength: 3 }).map(mapTwin),
  ),
  entry: fc.tuple(text, tie("value")),
}));
const entries = fc.array(fc.tuple(text, anyValue), { maxLength: 4 });

const id = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).filter((bytes) => bytes.some((byte) => byte !== 0));

const nanos = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const record = fc.record({
  time: nanos,
  observed: nanos,
  severity: fc.integer({ min: 0, max: 24 }),
  severityText: fc.oneof(fc.constantFrom("", "ERROR", "warn"), text),
  body: anyValue,
  attributes: entries,
  traceId: fc.option(id(16)),
  spanId: fc.option(id(8)),
  eventName: text,
});
export type GeneratedRecord = typeof record extends fc.Arbitrary<infer R> ? R : never;

function recordFields(generated: GeneratedRecord, encoding: "protobuf" | "json"): Json {
  const idOf = (bytes: Uint8Array | null): unknown => {
    if (bytes === null) return encoding === "json" ? "" : new Uint8Array();
    return encoding === "json" ? Buffer.from(bytes).toString("hex") : bytes;
  };
  return {
    timeUnixNano: String(generated.time),
    observedTimeUnixNano: String(generated.observed),
    severityNumber: generated.severity,
    severityText: generated.severityText,
    body: generated.body[encoding],
    attributes: pairs(generated.attributes, encoding),
    traceId: idOf(generated.traceId),
    spanId: idOf(generated.spanId),
    eventName: generated.eventName,
  };
}

/** ResourceLogs of up to two scopes of up to three records. */
export const resourceLogs = fc.record({
  service: fc.oneof(fc.constantFrom("cart", "", "unknown_service:node"), text),
  attributes: entries,
  scopes: fc.array(fc.record({ name: text, records: fc.array(record, { maxLength: 3 }) }), { maxLength: 2 }),
});
export type GeneratedResource = typeof resourceLogs extends fc.Arbitrary<infer R> ? R : never;

/** The request in the form that each encoding's library takes. */
export function requestOf(resources: readonly GeneratedResource[], encoding: "protobuf" | "json"): Json {
  return {
    resourceLogs: resources.map(({ service, attributes, scopes }) => ({
      resource: {
        attributes: [
          ...pairs(attributes, encoding),
          { key: "service.name", value: { stringValue: service } },
        ],
      },
      scopeLogs: scopes.map(({ name, records }) => ({
        scope: { name },
        logRecords: records.map((generated) => recordFields(generated, encoding)),
      })),
    })),
  };
}
