import { describe, expect, test } from "vitest";

import { decodeJsonBytes, decodeJsonRequest } from "../../src/otlp/json-request.ts";
import { decoded, recordsOf } from "../support/otlp-decoded.ts";
import {
  attribute,
  jsonRequest,
  MINIMAL_DECODED,
  MINIMAL_JSON,
  stringValue,
  TIME_MS,
  TIME_NANOS,
  TRACE_ID,
} from "../support/otlp-requests.ts";
import type { Json } from "../support/otlp-requests.ts";

function decodeOne(record: unknown) {
  const [first] = recordsOf(decodeJsonRequest(jsonRequest([record])));
  if (first === undefined) throw new Error("the record was rejected");
  return first;
}

function rejectionOf(record: unknown) {
  const { batch, rejected, firstRejection } = decoded(decodeJsonRequest(jsonRequest([record])));
  return { kept: batch.size, rejected, field: firstRejection?.field };
}

function attributeOf(value: unknown) {
  return decodeOne({ attributes: [{ key: "k", value }] }).attributes.get("k");
}

describe("names and structure", () => {
  test("21 the minimal request decodes in full", () => {
    expect(recordsOf(decodeJsonRequest(MINIMAL_JSON))).toEqual([MINIMAL_DECODED]);
  });

  test("78 the original snake_case names are understood too", () => {
    const request = {
      resource_logs: [
        {
          resource: { attributes: [{ key: "service.name", value: { string_value: "cart" } }] },
          scope_logs: [
            {
              log_records: [
                {
                  time_unix_nano: TIME_NANOS,
                  severity_number: 17,
                  trace_id: TRACE_ID,
                  body: { string_value: "hello" },
                },
              ],
            },
          ],
        },
      ],
    };
    expect(recordsOf(decodeJsonRequest(request))).toMatchObject([
      { timeMs: TIME_MS, severity: 17, traceId: TRACE_ID, body: "hello", series: { service: "cart" } },
    ]);
  });

  test("79 unknown names are ignored at every level, whatever they hold", () => {
    const request = jsonRequest([{ body: { stringValue: "hello", future: [{}] }, future: { x: [1] } }]);
    expect(recordsOf(decodeJsonRequest({ x: { y: [1] }, ...request }))).toMatchObject([{ body: "hello" }]);
  });

  test("84 null is unset everywhere", () => {
    const record = { body: null, attributes: null, timeUnixNano: null, severityNumber: null, traceId: null };
    const value = { stringValue: "x", doubleValue: null };
    const request = {
      resourceLogs: [
        { resource: null, scopeLogs: [null, { scope: null, logRecords: [record, { body: value }] }] },
        null,
      ],
    };
    expect(recordsOf(decodeJsonRequest(request)).map(({ body }) => body)).toEqual(["", "x"]);
  });

  test("48 half a million attributes decode in time", () => {
    const attributes = Array.from({ length: 500_000 }, (_, i) => attribute(`k${i % 1_000}`, "v"));
    const body = Buffer.from(JSON.stringify(jsonRequest([{ attributes }])));
    expect(recordsOf(decodeJsonBytes(body))[0]?.attributes.size).toBe(1_000);
  });

  // The two published examples differ from the letter of the mapping in these points.
  test("94 a record as OpenTelemetry's example of a log writes it", () => {
    const text = `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},
      "scopeLogs":[{"scope":{"name":"lib","version":"1.0.0","attributes":[{"key":"a","value":{"stringValue":"b"}}]},
      "logRecords":[{"timeUnixNano":${TIME_NANOS},"observedTimeUnixNano":${TIME_NANOS},"severityText":"Information",
      "traceId":"${TRACE_ID.toUpperCase()}","spanId":"EEE19B7EC3C1B174","body":{"stringValue":"hello"},
      "attributes":[{"key":"int","value":{"intValue":10}},{"key":"double","value":{"doubleValue":637.704}},
      {"key":"list","value":{"arrayValue":{"values":[{"stringValue":"many"}]}}}]}]}]}]}`;
    expect(recordsOf(decodeJsonBytes(Buffer.from(text)))).toMatchObject([
      {
        timeMs: 1_544_712_660_300,
        severity: 9,
        traceId: TRACE_ID,
        spanId: "eee19b7ec3c1b174",
        body: "hello",
        attributes: new Map<string, unknown>([
          ["int", 10],
          ["double", 637.704],
          ["list", ["many"]],
        ]),
      },
    ]);
  });

  test("94 a record as OpenTelemetry's example of an event writes it", () => {
    const event = {
      timeUnixNano: TIME_NANOS,
      severityNumber: 9,
      attributes: [attribute("event.name", "browser.page_view")],
      body: { kvlistValue: [{ key: "type", value: { intValue: "0" } }, attribute("title", "x")] },
    };
    expect(decodeOne(event)).toMatchObject({
      eventName: "browser.page_view",
      body: '{"type":0,"title":"x"}',
    });
  });

  test.for<[string, unknown, string]>([
    ["a list", [], ""],
    ["a string", "x", ""],
    ["resourceLogs that is an object", { resourceLogs: {} }, "resourceLogs"],
    ["a resource entry that is a number", { resourceLogs: [1] }, "resourceLogs[0]"],
    ["scopeLogs that is a string", { resourceLogs: [{ scopeLogs: "x" }] }, "resourceLogs[0].scopeLogs"],
    [
      "logRecords that is an object",
      { resourceLogs: [{}, { scopeLogs: [{ logRecords: {} }] }] },
      "resourceLogs[1].scopeLogs[0].logRecords",
    ],
  ])("59 %s makes the request invalid, and its place is named", ([, request, field]) => {
    expect(decodeJsonRequest(request)).toMatchObject({ kind: "invalid", violation: { field } });
  });

  test("a resource that cannot be read costs its own records only", () => {
    const bad = {
      resource: { attributes: [{ key: "a", value: { intValue: 1.5 } }] },
      scopeLogs: [{ logRecords: [{}, {}] }],
    };
    const good = { scopeLogs: [{ logRecords: [{}] }] };
    expect(decoded(decodeJsonRequest({ resourceLogs: [bad, good] }))).toMatchObject({
      batch: { size: 1 },
      rejected: 2,
      firstRejection: { field: "resourceLogs[0].resource.attributes[0].value.intValue" },
    });
  });
});

describe("81, 82 integers", () => {
  test.for<[unknown, unknown]>([
    ["42", 42],
    [42, 42],
    [1, 1],
    [1e3, 1000],
    ["1e3", 1000],
    ["1.0", 1],
    ["-9223372036854775808", -9_223_372_036_854_775_808n],
    ["9007199254740993", 9_007_199_254_740_993n],
    [0, 0],
  ])("intValue %j is %s", ([given, value]) => {
    expect(attributeOf({ intValue: given })).toBe(value);
  });

  test.for<[unknown]>([[1.5], ["1.5"], ["9223372036854775808"], [false], ["abc"], [""], [{}], [[1]]])(
    "88 intValue %j rejects the record",
    ([given]) => {
      expect(rejectionOf({ attributes: [{ key: "k", value: { intValue: given } }] })).toEqual({
        kept: 0,
        rejected: 1,
        field: "resourceLogs[0].scopeLogs[0].logRecords[0].attributes[0].value.intValue",
      });
    },
  );

  test("an unquoted integer beyond 2^53 keeps its digits", () => {
    const body = JSON.stringify(jsonRequest([{ attributes: [{ key: "k", value: { intValue: 0 } }] }]));
    const bytes = Buffer.from(body.replace('"intValue":0', '"intValue": 9007199254740993'));
    expect(recordsOf(decodeJsonBytes(bytes))[0]?.attributes.get("k")).toBe(9_007_199_254_740_993n);
  });

  test.for<[unknown, number]>([
    [TIME_NANOS, TIME_MS],
    [Number(TIME_NANOS), TIME_MS],
    ["0", Number.NaN],
    [undefined, Number.NaN],
  ])("timeUnixNano %j is %d ms", ([timeUnixNano, timeMs]) => {
    expect(decodeOne({ timeUnixNano }).timeMs).toBe(timeMs);
  });

  test.for<[unknown]>([["abc"], [""], [-1], ["-1"], [1.5], ["18446744073709551616"], [true], [{}]])(
    "59 timeUnixNano %j rejects the record",
    ([timeUnixNano]) => {
      expect(rejectionOf({ timeUnixNano })).toMatchObject({ kept: 0, rejected: 1 });
    },
  );
});

describe("the other kinds of value", () => {
  test.for<[unknown, number]>([
    [9, 9],
    ["9", 9],
    ["SEVERITY_NUMBER_INFO", 9],
    ["SEVERITY_NUMBER_ERROR3", 19],
    ["SEVERITY_NUMBER_UNSPECIFIED", 0],
    [99, 0],
    [-1, 0],
  ])("83 severityNumber %j is %i", ([severityNumber, severity]) => {
    expect(decodeOne({ severityNumber }).severity).toBe(severity);
  });

  test.for<[unknown, unknown]>([
    [{}, null],
    [null, null],
    [{ doubleValue: "NaN" }, Number.NaN],
    [{ doubleValue: "-Infinity" }, Number.NEGATIVE_INFINITY],
    [{ doubleValue: "1.5" }, 1.5],
    [{ doubleValue: 1 }, 1],
    [{ bytesValue: "AP8Q" }, new Uint8Array([0, 255, 16])],
    [{ bytesValue: "_-8" }, new Uint8Array([255, 239])],
    [{ bytesValue: "/+8=" }, new Uint8Array([255, 239])],
    [{ boolValue: false }, false],
    [{ stringValue: "" }, ""],
    [{ arrayValue: {} }, []],
    [{ arrayValue: [{ intValue: 1 }] }, [1]],
    [{ kvlistValue: [attribute("title", "x")] }, new Map([["title", "x"]])],
    [{ stringValue: "a", intValue: "1" }, 1],
    [{ stringValue: "\ud800x" }, "\uFFFDx"],
  ])("85, 86, 87, 89, 91, 94 the value %j", ([given, value]) => {
    expect(attributeOf(given)).toEqual(value);
  });

  test.for<[unknown]>([
    [{ boolValue: "true" }],
    [{ stringValue: 1 }],
    [{ bytesValue: "?" }],
    [{ doubleValue: "1,5" }],
    [{ arrayValue: 1 }],
    [{ kvlistValue: { values: {} } }],
    ["bare text"],
  ])("88 the value %j is never coerced: the record is rejected", ([value]) => {
    expect(rejectionOf({ attributes: [{ key: "k", value }] })).toMatchObject({ kept: 0, rejected: 1 });
    expect(rejectionOf({ body: value })).toMatchObject({ kept: 0, rejected: 1 });
  });

  test.for<[unknown, string | null]>([
    [TRACE_ID.toUpperCase(), TRACE_ID],
    ["", null],
    ["5b8e", null],
    ["00000000000000000000000000000000", null],
    ["W47/95gDgQPSabYzgT/GDA==", null],
    [12, null],
  ])("80 traceId %j is %s", ([traceId, expected]) => {
    expect(decodeOne({ traceId }).traceId).toBe(expected);
  });

  test("92 keys such as __proto__ are keys like any other", () => {
    const body = JSON.stringify(jsonRequest([{ attributes: [attribute("__proto__", "x")] }]));
    const poisoned = body.replace('{"resourceLogs"', '{"__proto__":{"polluted":1},"resourceLogs"');
    expect(recordsOf(decodeJsonBytes(Buffer.from(poisoned)))[0]?.attributes.get("__proto__")).toBe("x");
    expect(({} as Json)["polluted"]).toBeUndefined();
  });
});

describe("bytes", () => {
  test("90 of equal names the last wins", () => {
    const body = JSON.stringify(jsonRequest([{ severityNumber: 17 }]));
    const twice = body.replace('"severityNumber":17', '"severityNumber":9,"severityNumber":17');
    expect(recordsOf(decodeJsonBytes(Buffer.from(twice)))[0]?.severity).toBe(17);
  });

  test("91 a byte order mark is no error, invalid UTF-8 becomes U+FFFD", () => {
    const body = JSON.stringify(jsonRequest([{ body: stringValue("a??b") }]));
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(body)]);
    const at = bytes.indexOf("??");
    bytes[at] = 0xff;
    bytes[at + 1] = 0xfe;
    expect(recordsOf(decodeJsonBytes(bytes))[0]?.body).toBe("a\uFFFD\uFFFDb");
  });

  test.for([
    ["lists", "[", "]"],
    ["values", '{"arrayValue":{"values":[', "]}}"],
  ] as const)("47 20 000 %s inside each other never break the process", ([, open, close]) => {
    const deep = open.repeat(20_000) + close.repeat(20_000);
    const text = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${deep}}]}]}]}`;
    expect(["decoded", "invalid"]).toContain(decodeJsonBytes(Buffer.from(text)).kind);
  });

  test("four million objects are refused before they are built", () => {
    const bytes = Buffer.from(`{"resourceLogs":[${"{},".repeat(4_000_001)}{}]}`);
    expect(decodeJsonBytes(bytes)).toMatchObject({ kind: "too_many" });
  });
});
