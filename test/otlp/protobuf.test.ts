import { describe, expect, test } from "vitest";

import type { LogRecord } from "../../src/log/batch.ts";
import type { DecodeResult } from "../../src/otlp/decode-result.ts";
import { decodeProtobufRequest } from "../../src/otlp/protobuf-request.ts";
import {
  attribute,
  MINIMAL,
  MINIMAL_DECODED,
  protobufRequest,
  SPAN_ID,
  stringValue,
  TIME_MS,
  TIME_NANOS,
  TRACE_ID,
} from "../support/otlp-requests.ts";
import type { Json } from "../support/otlp-requests.ts";
import { AnyValueType, encode, LogRecordType, RequestType, ResourceType } from "../support/otlp-schema.ts";
import { decoded, recordsOf } from "../support/otlp-decoded.ts";

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

/** A length-delimited field. */
function field(number: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([
    Buffer.from([...varint(BigInt((number << 3) | 2)), ...varint(BigInt(bytes.length))]),
    bytes,
  ]);
}

const RESOURCE = field(1, encode(ResourceType, { attributes: [attribute("service.name", "cart")] }));

/** A request whose one record is these bytes. */
function requestOf(...record: readonly Uint8Array[]): Buffer {
  return field(1, RESOURCE, field(2, field(2, ...record)));
}

function record(object: Json): Buffer {
  return encode(LogRecordType, object);
}

const BODY = field(5, field(1, "hello"));

function only(bytes: Buffer): LogRecord {
  const [first] = recordsOf(decodeProtobufRequest(bytes));
  if (first === undefined) throw new Error("no record");
  return first;
}

function withRecord(object: Json): LogRecord {
  return only(protobufRequest([object]));
}

function problemOf(result: DecodeResult): string | null {
  if (result.kind === "invalid") return result.violation.description;
  return result.kind === "decoded" ? (result.firstRejection?.description ?? null) : result.message;
}

describe("the fields of a record", () => {
  test("21 the minimal record decodes in full", () => {
    expect(only(MINIMAL)).toEqual(MINIMAL_DECODED);
  });

  test.for<[string, Json, number]>([
    ["the sender's time", { timeUnixNano: TIME_NANOS }, TIME_MS],
    ["71 fractions of a millisecond", { timeUnixNano: "1544712660300500000" }, TIME_MS + 0.5],
    ["the observed time where there is no other", { observedTimeUnixNano: TIME_NANOS }, TIME_MS],
    [
      "the sender's where there are both",
      { timeUnixNano: TIME_NANOS, observedTimeUnixNano: "1000000" },
      TIME_MS,
    ],
    ["NaN where there is none", {}, Number.NaN],
    ["1970", { timeUnixNano: "1000000" }, 1],
    ["2099", { timeUnixNano: "4070908800000000000" }, 4_070_908_800_000],
    ["the last nanosecond of 64 bits", { timeUnixNano: "18446744073709551615" }, 18_446_744_073_709.55],
  ])("the time is %s", ([, object, timeMs]) => {
    const batch = decoded(decodeProtobufRequest(protobufRequest([object]))).batch;
    expect(Math.round((batch.timesMs[0] ?? 0) * 100) / 100).toBe(timeMs);
    expect(batch.record(0).timeMs).toBe(batch.timesMs[0]);
  });

  test.for<[string, Json, number]>([
    ["the number", { severityNumber: 13, severityText: "ERROR" }, 13],
    ["the word where the number is 0", { severityText: "Warning" }, 13],
    ["the word where the number is out of range", { severityNumber: 99, severityText: "fatal" }, 21],
    ["70 the word where the number is negative", { severityNumber: -1, severityText: "err" }, 17],
    ["the body's head where both are silent", { body: stringValue("E0115 10:30:45 main.go:1] no") }, 17],
    ["a level field of a map", { body: { kvlistValue: { values: [attribute("level", "error")] } } }, 17],
    ["unspecified where nothing is said", { body: stringValue("hello") }, 0],
    ["unspecified for a word nobody knows", { severityText: "weird", body: stringValue("ERROR x") }, 0],
  ])("the severity is %s", ([, object, severity]) => {
    expect(withRecord(object).severity).toBe(severity);
  });

  test.for<[string, Json, string]>([
    ["a string", stringValue("text"), "text"],
    ["true", { boolValue: true }, "true"],
    ["an integer", { intValue: "-42" }, "-42"],
    ["70 the smallest integer", { intValue: "-9223372036854775808" }, "-9223372036854775808"],
    ["a double", { doubleValue: 1.5 }, "1.5"],
    ["NaN", { doubleValue: Number.NaN }, "NaN"],
    ["bytes", { bytesValue: Buffer.from([0, 255, 16]) }, "AP8Q"],
    ["empty", {}, ""],
    [
      "a list",
      { arrayValue: { values: [{ intValue: 1 }, stringValue('a"b'), {}, { doubleValue: Infinity }] } },
      '[1,"a\\"b",null,"Infinity"]',
    ],
    ["a map", { kvlistValue: { values: [attribute("a", "b"), { key: "n" }] } }, '{"a":"b","n":null}'],
  ])("a body that is %s becomes text", ([, body, text]) => {
    expect(withRecord({ body }).body).toBe(text);
  });

  test("attributes keep their kinds, empty values and the last of equal keys", () => {
    const attributes = [
      { key: "int", value: { intValue: "42" } },
      { key: "long", value: { intValue: "9007199254740993" } },
      { key: "zero", value: { intValue: "0" } },
      { key: "empty" },
      { key: "list", value: { arrayValue: {} } },
      { key: "bytes", value: { bytesValue: Buffer.from([1]) } },
      attribute("twice", "first"),
      attribute("twice", "last"),
      attribute("", "no key"),
    ];
    expect(withRecord({ attributes }).attributes).toEqual(
      new Map<string, unknown>([
        ["int", 42],
        ["long", 9_007_199_254_740_993n],
        ["zero", 0],
        ["empty", null],
        ["list", []],
        ["bytes", new Uint8Array([1])],
        ["twice", "last"],
        ["", "no key"],
      ]),
    );
  });

  test("92 keys such as __proto__ are keys like any other", () => {
    const attributes = [attribute("__proto__", "x"), attribute("constructor", "y")];
    expect(withRecord({ attributes }).attributes.get("__proto__")).toBe("x");
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test.for<[string, Json, string | null]>([
    ["16 bytes", { traceId: Buffer.from(TRACE_ID, "hex") }, TRACE_ID],
    ["its hex digits instead", { traceId: Buffer.from(TRACE_ID.toUpperCase()) }, TRACE_ID],
    ["15 bytes", { traceId: Buffer.alloc(15, 1) }, null],
    ["all zeros", { traceId: Buffer.alloc(16) }, null],
    ["absent", {}, null],
    ["an attribute of older senders", { attributes: [attribute("trace_id", TRACE_ID)] }, TRACE_ID],
  ])("73 a trace id of %s", ([, object, traceId]) => {
    expect(withRecord({ ...object, spanId: Buffer.from(SPAN_ID, "hex") })).toMatchObject({
      traceId,
      spanId: SPAN_ID,
    });
  });

  test("the event's name comes from its field, else from the older attribute", () => {
    expect(withRecord({ eventName: "checkout" }).eventName).toBe("checkout");
    expect(withRecord({ attributes: [attribute("event.name", "checkout")] }).eventName).toBe("checkout");
  });
});

describe("the series", () => {
  test("equal series share an index, whichever resource they came from", () => {
    const resource = (pod: string): Json => ({
      resource: { attributes: [attribute("service.name", "cart"), attribute("k8s.pod.name", pod)] },
      scopeLogs: [{ logRecords: [{ body: stringValue(pod) }] }],
    });
    const { batch } = decoded(
      decodeProtobufRequest(
        encode(RequestType, { resourceLogs: [resource("a"), resource("b"), resource("a")] }),
      ),
    );
    expect([batch.series.length, [...batch.seriesIndexes]]).toEqual([1, [0, 0, 0]]);
  });

  test("the scope names a resource that names nothing", () => {
    const scope = (name: string): Json => ({ scope: { name }, logRecords: [{}] });
    const request = {
      resourceLogs: [{ resource: {}, scopeLogs: [scope("billing"), scope("mail"), scope("")] }],
    };
    const { batch } = decoded(decodeProtobufRequest(encode(RequestType, request)));
    expect(batch.series.map(({ service }) => service)).toEqual(["billing", "mail", "unknown_service"]);
  });

  test("environment, namespace and a service name of 10 kB are kept within bounds", () => {
    const attributes = [
      attribute("service.name", "x".repeat(10_000)),
      attribute("service.namespace", "shop"),
      attribute("deployment.environment", "staging"),
    ];
    const { series } = only(protobufRequest([{}], attributes));
    expect([series.environment, series.namespace, series.service.length]).toEqual(["staging", "shop", 255]);
  });
});

/** Each: a name, and a request that must decode to the service `cart` and the body `hello`. */
const ODDITIES: [string, Buffer][] = [
  [
    "66 unknown fields of every wire type",
    requestOf(
      Buffer.from([0xf8, 0x07, 0x01]), // varint, field 127
      Buffer.from([0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8]), // fixed64
      field(127, "future"),
      Buffer.from([0xfd, 0x07, 1, 2, 3, 4]), // fixed32
      BODY,
    ),
  ],
  [
    "66 a group with a group inside",
    requestOf(Buffer.from([0xfb, 0x07, 0x0b, 0x08, 0x01, 0x0c, 0xfc, 0x07]), BODY),
  ],
  ["67 the resource after its records", field(1, field(2, field(2, BODY)), RESOURCE)],
  [
    "67 the resource in two parts",
    field(
      1,
      field(1, encode(ResourceType, { attributes: [attribute("host.name", "h")] })),
      field(2, field(2, BODY)),
      RESOURCE,
    ),
  ],
  [
    "67 the value before the key",
    field(
      1,
      field(1, field(1, field(2, field(1, "cart")), field(1, "service.name"))),
      field(2, field(2, BODY)),
    ),
  ],
  [
    "67 two members of one value, the last wins",
    requestOf(field(5, Buffer.from([0x18, 0x05]), field(1, "hello"))),
  ],
  ["67 two bodies, the last wins", requestOf(field(5, field(1, "first")), BODY)],
  ["67 a body, then an empty one", requestOf(BODY, field(5))],
  [
    "68 a known field of another wire type",
    requestOf(Buffer.from([0x08, 0x01, 0x12, 0x01, 0x41, 0x28, 0x01]), BODY),
  ],
  ["74 flags whose upper bits are set", requestOf(BODY, Buffer.from([0x45, 0x01, 0x01, 0xff, 0xff]))],
  ["75 the field that ScopeLogs was before 2022", field(1, RESOURCE, field(1000, field(2, BODY)))],
  [
    "75 both fields, as senders between the versions have it: the new one counts",
    field(1, RESOURCE, field(1000, field(2, field(5, field(1, "old")))), field(2, field(2, BODY))),
  ],
  [
    "76 a key that is an index",
    requestOf(BODY, field(6, Buffer.from([0x18, 0x02]), field(2, field(1, "v")))),
  ],
  [
    "76 a string that is an index",
    requestOf(BODY, field(6, field(1, "k"), field(2, Buffer.from([0x40, 0x03])))),
  ],
  [
    "77 entity references and schema URLs",
    encode(RequestType, {
      resourceLogs: [
        {
          schemaUrl: "https://opentelemetry.io/schemas/1.44.0",
          resource: {
            attributes: [attribute("service.name", "cart")],
            entityRefs: [{ type: "service", idKeys: ["service.name"] }],
          },
          scopeLogs: [
            {
              schemaUrl: "https://opentelemetry.io/schemas/1.44.0",
              logRecords: [{ body: stringValue("hello"), flags: 0x101 }],
            },
          ],
        },
      ],
    }),
  ],
];

describe("what protobuf allows", () => {
  test.for(ODDITIES)("%s", ([, bytes]) => {
    expect(only(bytes)).toMatchObject({ body: "hello", series: { service: "cart" } });
  });

  // An attribute is decoded when somebody asks, so only a body can be warned of without work on the hot path.
  test("76 a body that is an index into a string table is kept empty, and the sender is warned", () => {
    const result = decodeProtobufRequest(requestOf(field(5, Buffer.from([0x40, 0x03]))));
    expect(recordsOf(result)).toMatchObject([{ body: "" }]);
    expect(decoded(result).warning).toMatch(/string_value_strindex belongs to profiles/);
    expect(decoded(decodeProtobufRequest(MINIMAL)).warning).toBeNull();
  });

  test("67 a map in two parts is one map", () => {
    const part = (key: string): Buffer =>
      field(5, encode(AnyValueType, { kvlistValue: { values: [attribute(key, key)] } }));
    expect(only(requestOf(part("a"), part("b"))).body).toBe('{"a":"a","b":"b"}');
  });

  test("72 invalid UTF-8 becomes U+FFFD, and the record is kept", () => {
    expect(only(requestOf(field(5, field(1, Buffer.from([0x61, 0xff, 0x62]))))).body).toBe("a\uFFFDb");
  });
});

describe("69 what no parser may accept", () => {
  test.for<[string, Uint8Array, string]>([
    ["field number 0", Buffer.from([0x02, 0x00]), "field number out of range"],
    ["wire type 6", Buffer.from([0x0e]), "unknown wire type"],
    ["wire type 7", Buffer.from([0x0f]), "unknown wire type"],
    ["a length beyond the end", Buffer.from([0x1a, 0x05, 0x61]), "length beyond the end"],
    ["a length of 2^63", Buffer.from([0x1a, ...varint(2n ** 63n)]), "length beyond the end"],
    [
      "a number of 11 bytes",
      Buffer.from([0x10, ...Array.from({ length: 10 }, () => 0x80), 0x01]),
      "number of more than 10 bytes",
    ],
    ["a number without an end", Buffer.from([0x10, 0x80]), "truncated number"],
    ["a group without an end", Buffer.from([0xfb, 0x07, 0x08, 0x01]), "group without an end"],
    ["the end of a group that never began", Buffer.from([0x0c]), "end of a group that never began"],
    ["a group ended by another's end", Buffer.from([0x0b, 0x14]), "group ended by another's end"],
    ["a thousand groups inside each other", Buffer.alloc(1_000, 0x0b), "groups nested too deeply"],
  ])("%s, in a record and around it", ([, bytes, description]) => {
    expect(problemOf(decodeProtobufRequest(requestOf(bytes)))).toBe(description);
    expect(problemOf(decodeProtobufRequest(Buffer.from(bytes)))).toBe(description);
  });

  test("64 a malformed record costs itself only, and its place is named", () => {
    const bytes = field(1, RESOURCE, field(2, field(2, BODY), field(2, Buffer.from([0x0e])), field(2, BODY)));
    const result = decoded(decodeProtobufRequest(bytes));
    expect([result.batch.size, result.rejected, result.firstRejection?.field]).toEqual([
      2,
      1,
      "resource_logs[0].scope_logs[0].log_records[1]",
    ]);
    expect([result.batch.timesMs.length, result.batch.body(1)]).toEqual([2, "hello"]);
  });
});

describe("hostile sizes", () => {
  test("47 values nested 5000 deep end in a marker", () => {
    let value = field(1, "deep");
    for (let i = 0; i < 5_000; i++) value = field(5, field(1, value));
    expect(only(requestOf(field(5, value))).body).toContain("nested too deeply");
  });

  test("48 half a million attributes decode in time", () => {
    // Field 6 of 8 bytes: a KeyValue whose key has 6.
    const pair = (_: unknown, i: number): string => `\u0032\u0008\n\u0006${String(i).padStart(6, "0")}`;
    const pairs = Array.from({ length: 500_000 }, pair).join("");
    expect(only(requestOf(Buffer.from(pairs, "latin1"))).attributes.size).toBe(500_000);
  });

  test("a line of 10 MB is kept whole", () => {
    expect(withRecord({ body: stringValue("x".repeat(10_000_000)) }).body.length).toBe(10_000_000);
  });

  test.for<[string, number, (empty: Buffer) => Buffer]>([
    ["records", 0x12, (empty) => field(1, field(2, empty))],
    ["scopes", 0x12, (empty) => field(1, empty)],
    ["resources", 0x0a, (empty) => empty],
  ])("more than a million %s are refused before any column is allocated", ([, tag, wrap]) => {
    const empty = Buffer.alloc(2_000_002);
    for (let i = 0; i < empty.length; i += 2) empty[i] = tag;
    expect(decodeProtobufRequest(wrap(empty))).toMatchObject({ kind: "too_many" });
  });
});

test("a record that the batch does not hold is a RangeError", () => {
  const { batch } = decoded(decodeProtobufRequest(record({})));
  expect(() => batch.record(0)).toThrow(RangeError);
});
