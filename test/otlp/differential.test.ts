import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { AttributeValue, LogRecord } from "../../src/log/batch.ts";
import { decodeJsonBytes, decodeJsonRequest } from "../../src/otlp/json-request.ts";
import { decodeProtobufRequest } from "../../src/otlp/protobuf-request.ts";
import { decoded, recordsOf } from "../support/otlp-decoded.ts";
import { requestOf, resourceLogs } from "../support/otlp-generated.ts";
import type { GeneratedRecord, GeneratedResource } from "../support/otlp-generated.ts";
import { referenceRecords } from "../support/otlp-reference.ts";
import { varyJson, varyWire } from "../support/otlp-variants.ts";
import { MINIMAL, MINIMAL_JSON } from "../support/otlp-requests.ts";
import { encode, RequestType } from "../support/otlp-schema.ts";

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

/** What both decoders say of a record; time within the rounding of a double. */
function comparable(record: LogRecord) {
  const { body, severityText, attributes, resource, scope, traceId, spanId } = record;
  return { body, severityText, attributes, resource, scope, traceId, spanId };
}

/** Times apart by no more than the rounding of a double. */
function sameTime(ours: number | undefined, theirs: number): boolean {
  return ours !== undefined && (Object.is(ours, theirs) || Math.abs(ours - theirs) < 1e-2);
}

/** Undefined where both decoders read the same, else the first record that differs. */
function difference(ours: readonly LogRecord[], theirs: ReturnType<typeof referenceRecords>): unknown {
  expect(ours.map(comparable)).toEqual(theirs.map(({ timeMs: _time, severity: _severity, ...rest }) => rest));
  return theirs.find(({ timeMs, severity }, i) => {
    const own = ours[i];
    return !sameTime(own?.timeMs, timeMs) || (severity > 0 && own?.severity !== severity);
  });
}

describe("requests in every form that the encodings allow", () => {
  const resources = fc.array(resourceLogs, { minLength: 1, maxLength: 3 });

  test("two thousand in protobuf decode to the records that protobufjs reads", () => {
    let records = 0;
    fc.assert(
      fc.property(resources, fc.nat(), (generated, seed) => {
        const bytes = varyWire(encode(RequestType, requestOf(generated, "protobuf")), seed);
        const theirs = referenceRecords(bytes);
        records += theirs.length;
        expect(difference(recordsOf(decodeProtobufRequest(bytes)), theirs)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
    expect(records).toBeGreaterThan(2_000);
  });

  test("a thousand in JSON decode to the records that protobufjs reads from their twins", () => {
    fc.assert(
      fc.property(resources, fc.nat(), (generated, seed) => {
        const theirs = referenceRecords(encode(RequestType, requestOf(generated, "protobuf")));
        const text = JSON.stringify(varyJson(requestOf(generated, "json"), seed));
        expect(difference(recordsOf(decodeJsonBytes(Buffer.from(text))), theirs)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test("damaged, both decoders refuse them, or the selective one says what it rejected", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    let readable = 0;
    let stricter = 0;
    fc.assert(
      fc.property(resources, fc.nat(), flips, (generated, seed, changes) => {
        const bytes = varyWire(encode(RequestType, requestOf(generated, "protobuf")), seed);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const theirs = readOrNull(bytes);
        const ours = decodeProtobufRequest(bytes);
        if (ours.kind !== "decoded") {
          stricter += theirs === null ? 0 : 1;
          return;
        }
        const seen = recordsOf(ours).length + ours.rejected;
        expect([seen, ours.rejected === 0]).toEqual([theirs?.length ?? seen, ours.firstRejection === null]);
        readable++;
      }),
      { numRuns: 1_000 },
    );
    expect(readable).toBeGreaterThan(100);
    expect(stricter).toBeLessThan(readable / 20);
  });
});

/** protobufjs is the stricter one in some things: text that is no UTF-8 costs it the whole request. */
function readOrNull(bytes: Buffer): ReturnType<typeof referenceRecords> | null {
  try {
    return referenceRecords(bytes);
  } catch {
    return null;
  }
}

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
