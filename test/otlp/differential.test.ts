import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { AttributeValue } from "../../src/log/batch.ts";
import { decodeJsonBytes, decodeJsonRequest } from "../../src/otlp/json-request.ts";
import { decodeProtobufRequest } from "../../src/otlp/protobuf-request.ts";
import { decoded, recordsOf } from "../support/otlp-decoded.ts";
import { MINIMAL, MINIMAL_JSON } from "../support/otlp-requests.ts";
import type { Json } from "../support/otlp-requests.ts";
import { encode, RequestType } from "../support/otlp-schema.ts";

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

function pairs(entries: readonly (readonly [string, Twin])[], encoding: "protobuf" | "json"): Json[] {
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
type GeneratedRecord = typeof record extends fc.Arbitrary<infer R> ? R : never;

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

const resourceLogs = fc.record({
  service: fc.oneof(fc.constantFrom("cart", "", "unknown_service:node"), text),
  attributes: entries,
  scopes: fc.array(fc.record({ name: text, records: fc.array(record, { maxLength: 3 }) }), { maxLength: 2 }),
});
type GeneratedResource = typeof resourceLogs extends fc.Arbitrary<infer R> ? R : never;

function requestOf(resources: readonly GeneratedResource[], encoding: "protobuf" | "json"): Json {
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

function resourceOf({ attributes, service }: GeneratedResource): ReadonlyMap<string, AttributeValue> {
  return new Map([
    ...attributes.map(([key, twin]) => [key, twin.value] as const),
    ["service.name", service] as const,
  ]);
}

/** What must come out, straight from what was generated. */
function expectedOf(generated: GeneratedRecord) {
  const time = generated.time === 0n ? generated.observed : generated.time;
  return {
    timeMs: time === 0n ? Number.NaN : Number(time / 1_000_000n),
    severityText: generated.severityText,
    attributes: new Map(generated.attributes.map(([key, twin]) => [key, twin.value])),
    traceId: generated.traceId === null ? null : Buffer.from(generated.traceId).toString("hex"),
    spanId: generated.spanId === null ? null : Buffer.from(generated.spanId).toString("hex"),
    eventName: generated.eventName,
  };
}

describe("requests that protobufjs encodes", () => {
  test("95 decode to what was put in, and to the same records as their JSON twins", () => {
    fc.assert(
      fc.property(fc.array(resourceLogs, { maxLength: 3 }), (resources) => {
        const fromProtobuf = recordsOf(
          decodeProtobufRequest(encode(RequestType, requestOf(resources, "protobuf"))),
        );
        const fromJson = recordsOf(
          decodeJsonRequest(JSON.parse(JSON.stringify(requestOf(resources, "json")))),
        );
        expect(fromJson).toEqual(fromProtobuf);
        const generated = resources.flatMap(({ scopes }) => scopes.flatMap(({ records }) => records));
        const shown = fromProtobuf.map(
          ({ timeMs, severityText, attributes, traceId, spanId, eventName }) => ({
            timeMs: Math.floor(timeMs + 1e-3),
            severityText,
            attributes,
            traceId,
            spanId,
            eventName,
          }),
        );
        expect(shown.map((one) => one.attributes)).toEqual(
          generated.map((one) => expectedOf(one).attributes),
        );
        const origins = resources.flatMap((resource) =>
          resource.scopes.flatMap(({ name, records }) =>
            records.map(() => ({ resource: resourceOf(resource), scope: name })),
          ),
        );
        expect(fromProtobuf.map(({ resource, scope }) => ({ resource, scope }))).toEqual(origins);
        for (const [i, one] of generated.entries()) {
          const { timeMs, ...rest } = expectedOf(one);
          expect(shown[i]).toMatchObject(rest);
          expect(Number.isNaN(timeMs) || Math.abs((shown[i]?.timeMs ?? 0) - timeMs) <= 1).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("the resources of a batch", () => {
  test("are those of its records, each with its series, in either encoding", () => {
    fc.assert(
      fc.property(fc.array(resourceLogs, { maxLength: 3 }), (resources) => {
        const results = [
          decodeProtobufRequest(encode(RequestType, requestOf(resources, "protobuf"))),
          decodeJsonRequest(JSON.parse(JSON.stringify(requestOf(resources, "json")))),
        ];
        for (const result of results) {
          const { batch } = decoded(result);
          const shown = batch.resources.map(({ seriesIndex, attributes }) => ({
            series: batch.series[seriesIndex],
            resource: attributes,
          }));
          const carried = recordsOf(result).map(({ series, resource }) => ({ series, resource }));
          for (const one of shown) expect(carried).toContainEqual(one);
          for (const one of carried) expect(shown).toContainEqual(one);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("are listed once however often protobuf repeats them", () => {
    const repeated = {
      resource: { attributes: [{ key: "service.version", value: { stringValue: "1.2" } }] },
      scopeLogs: [{ scope: { name: "a" }, logRecords: [{}] }],
    };
    const { batch } = decoded(
      decodeProtobufRequest(encode(RequestType, { resourceLogs: [repeated, repeated, {}] })),
    );
    expect(batch.resources).toEqual([{ seriesIndex: 0, attributes: new Map([["service.version", "1.2"]]) }]);
  });
});

/** Decodes and then reads every record, as evidence would. */
function exercise(result: ReturnType<typeof decodeProtobufRequest>): string {
  if (result.kind === "decoded") for (const one of recordsOf(decoded(result))) String(one.body);
  return result.kind;
}

/** Null, or the first input for which `read` threw. */
function breaks<T>(inputs: fc.Arbitrary<T>, read: (input: T) => unknown, numRuns = 300): unknown {
  const property = fc.property(inputs, (input) => {
    read(input);
  });
  return fc.check(property, { numRuns }).counterexample;
}

describe("100 no input makes a decoder throw", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
  const json = Buffer.from(JSON.stringify(MINIMAL_JSON));

  function damaged(original: Buffer, changes: readonly (readonly [number, number])[]): Buffer {
    const copy = Buffer.from(original);
    for (const [at, byte] of changes) copy[at % copy.length] = byte;
    return copy;
  }

  test("arbitrary bytes as protobuf", () => {
    expect(breaks(bytes, (given) => exercise(decodeProtobufRequest(Buffer.from(given))))).toBeNull();
  });

  test("arbitrary bytes as JSON", () => {
    expect(breaks(bytes, (given) => exercise(decodeJsonBytes(Buffer.from(given))))).toBeNull();
  });

  test("a protobuf request with damaged bytes", () => {
    const read = (changes: [number, number][]) => exercise(decodeProtobufRequest(damaged(MINIMAL, changes)));
    expect(breaks(flips, read, 1_000)).toBeNull();
  });

  test("a JSON request with damaged bytes", () => {
    const read = (changes: [number, number][]) => exercise(decodeJsonBytes(damaged(json, changes)));
    expect(breaks(flips, read, 1_000)).toBeNull();
  });

  test("a request of either encoding, cut at any byte", () => {
    const protobuf = Array.from({ length: MINIMAL.length }, (_, end) =>
      exercise(decodeProtobufRequest(MINIMAL.subarray(0, end))),
    );
    const cutJson = Array.from({ length: json.length }, (_, end) =>
      exercise(decodeJsonBytes(json.subarray(0, end))),
    );
    expect(new Set(protobuf.slice(1))).toEqual(new Set(["invalid"]));
    expect(new Set(cutJson)).toEqual(new Set(["invalid"]));
  });

  test("a value of any shape where OTLP/JSON is expected", () => {
    const words =
      "resourceLogs scopeLogs logRecords resource attributes body key value values kvlistValue arrayValue intValue __proto__";
    const names = fc.constantFrom(...words.split(" "));
    const { node } = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: "medium" },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(names, tie("node"), { maxKeys: 4 }),
      ),
    }));
    expect(breaks(node, (value) => exercise(decodeJsonRequest(value)))).toBeNull();
  });
});
