import { constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ByteBudget } from "../../src/otlp/byte-budget.ts";
import { lz4Block, lz4Frame, snappyBlock, snappyFramed } from "../support/otlp-codings.ts";
import { startReceiver } from "../support/otlp-receiver.ts";
import type { PostOptions } from "../support/otlp-receiver.ts";
import {
  jsonRequest,
  MINIMAL,
  MINIMAL_DECODED,
  MINIMAL_JSON,
  protobufRequest,
  stringValue,
} from "../support/otlp-requests.ts";
import { decodeResponse, decodeStatus } from "../support/otlp-schema.ts";

const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/x-protobuf";
const JSON_BODY = JSON.stringify(MINIMAL_JSON);

describe("what is accepted", () => {
  test.for<[name: string, options: PostOptions]>([
    ["21 protobuf", { body: MINIMAL }],
    ["21 JSON", { type: JSON_TYPE, body: JSON_BODY }],
    ["22 JSON with a charset", { type: "application/json; charset=utf-8", body: JSON_BODY }],
    ["22 upper case", { type: "APPLICATION/JSON", body: JSON_BODY }],
    ["22 protobuf with a parameter", { type: " application/x-protobuf;v=1", body: MINIMAL }],
    ["3 a query string", { path: "/v1/logs?x=1", body: MINIMAL }],
    ["3 doubled slashes", { path: "//v1/logs", body: MINIMAL }],
    ["3 a trailing slash", { path: "/v1/logs/", body: MINIMAL }],
    ["3 the absolute form", { path: "http://collector:4318/v1/logs", body: MINIMAL }],
    ["12 a chunked body", { body: MINIMAL, chunked: true }],
    [
      "12 a chunked gzip body",
      { body: gzipSync(MINIMAL), chunked: true, headers: { "Content-Encoding": "gzip" } },
    ],
    ["27 gzip", { body: gzipSync(MINIMAL), headers: { "Content-Encoding": "gzip" } }],
    ["28 zstd", { body: zstdCompressSync(MINIMAL), headers: { "Content-Encoding": "zstd" } }],
    ["28 snappy", { body: snappyBlock(MINIMAL), headers: { "Content-Encoding": "snappy" } }],
    [
      "30 framed snappy under snappy",
      { body: snappyFramed(MINIMAL, 64), headers: { "Content-Encoding": "snappy" } },
    ],
    [
      "28 x-snappy-framed",
      { body: snappyFramed(MINIMAL, 64), headers: { "Content-Encoding": "x-snappy-framed" } },
    ],
    ["28 lz4", { body: lz4Frame([{ bytes: lz4Block(MINIMAL) }]), headers: { "Content-Encoding": "lz4" } }],
    ["28 zlib", { body: deflateSync(MINIMAL), headers: { "Content-Encoding": "zlib" } }],
    [
      "29 deflate with the zlib wrapper",
      { body: deflateSync(MINIMAL), headers: { "Content-Encoding": "deflate" } },
    ],
    ["29 raw deflate", { body: deflateRawSync(MINIMAL), headers: { "Content-Encoding": "deflate" } }],
    ["31 identity", { body: MINIMAL, headers: { "Content-Encoding": "identity" } }],
    ["32 upper-case GZIP", { body: gzipSync(MINIMAL), headers: { "Content-Encoding": "GZIP" } }],
    ["32 x-gzip", { body: gzipSync(MINIMAL), headers: { "Content-Encoding": "x-gzip" } }],
    [
      "33 two codings, undone from the last",
      { body: zstdCompressSync(gzipSync(MINIMAL)), headers: { "Content-Encoding": "gzip, zstd" } },
    ],
    [
      "33 two codings in two headers",
      { body: zstdCompressSync(gzipSync(MINIMAL)), headers: { "Content-Encoding": ["gzip", "zstd"] } },
    ],
    ["38 a client that takes gzip", { body: MINIMAL, headers: { "Accept-Encoding": "gzip" } }],
    [
      "36 gzip with zero padding",
      { body: Buffer.concat([gzipSync(MINIMAL), Buffer.alloc(16)]), headers: { "Content-Encoding": "gzip" } },
    ],
    [
      "36 gzip of several members",
      {
        body: Buffer.concat([gzipSync(MINIMAL.subarray(0, 20)), gzipSync(MINIMAL.subarray(20))]),
        headers: { "Content-Encoding": "gzip" },
      },
    ],
  ])(
    "%s gives the same record and (23, 49) a plain 200 in the request's own type, without parameters",
    async ([, options]) => {
      const receiver = await startReceiver();
      const answer = await receiver.post(options);
      expect(answer.status).toBe(200);
      const json = (options.type ?? PROTOBUF_TYPE).toLowerCase().includes("json");
      expect(answer.headers["content-type"]).toBe(json ? JSON_TYPE : PROTOBUF_TYPE);
      expect(answer.body.toString()).toBe(json ? "{}" : "");
      // Bodies of 0 to 100 bytes only grow in gzip.
      expect(answer.headers["content-encoding"]).toBeUndefined();
      expect(answer.headers["content-length"]).toBe(String(answer.body.length));
      expect(receiver.sink.records).toEqual([MINIMAL_DECODED]);
    },
  );

  test.for<[name: string, options: PostOptions]>([
    ["50 0 bytes of protobuf", { body: "" }],
    ["50 an empty object", { type: JSON_TYPE, body: "{}" }],
    ["50 no resourceLogs", { type: JSON_TYPE, body: '{"resourceLogs":[]}' }],
    [
      "51 empty envelopes",
      { type: JSON_TYPE, body: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[]}]},{}]}' },
    ],
    ["51 empty envelopes in protobuf", { body: protobufRequest([]) }],
    ["84 resourceLogs null", { type: JSON_TYPE, body: '{"resourceLogs":null}' }],
  ])("%s is a success of nothing", async ([, options]) => {
    const receiver = await startReceiver();
    const answer = await receiver.post(options);
    expect([answer.status, answer.body.toString()]).toEqual([200, options.type === JSON_TYPE ? "{}" : ""]);
    expect(receiver.sink.records).toEqual([]);
  });

  test("39 a large gzip body is inflated on zlib's threads and accounted for until it is answered", async () => {
    const receiver = await startReceiver();
    const text = Array.from(
      { length: 3_000 },
      (_, i) => `order ${i * 7_919} of ${(i * 104_729).toString(36)}`,
    ).join(" ");
    const body = gzipSync(protobufRequest([{ body: stringValue(text.repeat(20)) }]), { level: 0 });
    const answer = await receiver.post({ body, headers: { "Content-Encoding": "gzip" } });
    expect([answer.status, receiver.sink.records[0]?.body.length]).toEqual([200, text.length * 20]);
    expect(receiver.server.inFlightBytes()).toBe(0);
  });

  test("10 fifty requests of three megabytes at once are all taken", async () => {
    const receiver = await startReceiver();
    const body = protobufRequest([{ body: stringValue("x".repeat(3_000_000)) }]);
    const answers = await Promise.all(Array.from({ length: 50 }, () => receiver.post({ body })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(receiver.sink.records.length).toBe(50);
  });
});

const BOMB = gzipSync(Buffer.alloc(70_000));
/** A frame whose decoder needs 128 MiB of window. */
const WIDE_ZSTD = zstdCompressSync(Buffer.alloc(9_000_000), {
  params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_contentSizeFlag]: 0 },
});

describe("what is refused", () => {
  test.for<[name: string, status: number, options: PostOptions]>([
    ["4 GET", 405, { method: "GET" }],
    ["4 PUT", 405, { method: "PUT", body: MINIMAL }],
    ["4 PATCH", 405, { method: "PATCH", body: MINIMAL }],
    ["4 DELETE", 405, { method: "DELETE" }],
    ["5 an unknown path", 404, { path: "/foo", body: MINIMAL }],
    ["5 traces", 404, { path: "/v1/traces", body: MINIMAL }],
    ["5 metrics", 404, { path: "/v1/metrics", body: MINIMAL }],
    ["5 the root", 404, { path: "/", method: "GET" }],
    // One path, as the receiver takes one signal; a collector's logs_endpoint says the whole address anyway.
    ["2 a path of one's own", 404, { path: "/custom/logs", body: MINIMAL }],
    ["7 gRPC", 415, { type: "application/grpc", body: MINIMAL }],
    ["24 no content type", 415, { type: "", body: MINIMAL }],
    ["24 plain text", 415, { type: "text/plain", body: "hello" }],
    ["24 a form", 415, { type: "application/x-www-form-urlencoded", body: "a=b" }],
    ["24 an invalid type", 415, { type: "invalid", body: MINIMAL }],
    ["25 malformed parameters", 415, { type: "application/json; =", body: JSON_BODY }],
    ["26 application/protobuf", 415, { type: "application/protobuf", body: MINIMAL }],
    ["34 brotli", 415, { body: MINIMAL, headers: { "Content-Encoding": "br" } }],
    ["34 an unknown coding", 415, { body: MINIMAL, headers: { "Content-Encoding": "nosuchcompression" } }],
    ["33 four codings", 415, { body: MINIMAL, headers: { "Content-Encoding": "gzip, gzip, gzip, gzip" } }],
    [
      "35 plain JSON under gzip",
      400,
      { type: JSON_TYPE, body: JSON_BODY, headers: { "Content-Encoding": "gzip" } },
    ],
    [
      "35 truncated gzip",
      400,
      { body: gzipSync(MINIMAL).subarray(0, -6), headers: { "Content-Encoding": "gzip" } },
    ],
    ["35 garbage zstd", 400, { body: "garbage!", headers: { "Content-Encoding": "zstd" } }],
    [
      "35 truncated zstd",
      400,
      { body: zstdCompressSync(MINIMAL).subarray(0, -6), headers: { "Content-Encoding": "zstd" } },
    ],
    ["35 0 bytes of gzip", 400, { body: "", headers: { "Content-Encoding": "gzip" } }],
    [
      "36 gzip with trailing garbage",
      400,
      {
        body: Buffer.concat([gzipSync(MINIMAL), Buffer.from("garbage")]),
        headers: { "Content-Encoding": "gzip" },
      },
    ],
    ["35 garbage snappy", 400, { body: "garbage!", headers: { "Content-Encoding": "snappy" } }],
    ["35 garbage lz4", 400, { body: "garbage!", headers: { "Content-Encoding": "lz4" } }],
    ["37 lz4 without its header", 400, { body: lz4Frame([{ bytes: lz4Block(MINIMAL) }]) }],
    ["37 framed snappy without its header", 400, { body: snappyFramed(MINIMAL, 64) }],
    ["46 a zstd window above 8 MiB", 400, { body: WIDE_ZSTD, headers: { "Content-Encoding": "zstd" } }],
    ["37 gzip without its header", 400, { body: gzipSync(MINIMAL) }],
    ["37 zstd without its header", 400, { type: JSON_TYPE, body: zstdCompressSync(JSON_BODY) }],
    ["39 a body one byte over the limit", 413, { body: Buffer.alloc(65_537) }],
    ["39 a chunked body over the limit", 413, { body: Buffer.alloc(65_537), chunked: true }],
    ["39 a small body with large content", 413, { body: BOMB, headers: { "Content-Encoding": "gzip" } }],
    [
      "39 the same in zstd",
      413,
      { body: zstdCompressSync(Buffer.alloc(70_000)), headers: { "Content-Encoding": "zstd" } },
    ],
    [
      "30, 39 a snappy block that claims 4 GiB",
      413,
      { body: Buffer.from("ffffffff0f0061", "hex"), headers: { "Content-Encoding": "snappy" } },
    ],
    [
      "39 an lz4 frame with large content",
      413,
      {
        body: lz4Frame([
          { bytes: lz4Block(Buffer.alloc(65_000)) },
          { bytes: lz4Block(Buffer.alloc(65_000)) },
        ]),
        headers: { "Content-Encoding": "lz4" },
      },
    ],
    ["59 truncated protobuf", 400, { body: MINIMAL.subarray(0, -1) }],
    ["59 JSON as protobuf", 400, { body: JSON_BODY }],
    ["59 an open brace", 400, { type: JSON_TYPE, body: "{" }],
    ["59 a number", 400, { type: JSON_TYPE, body: "1234" }],
    ["59 a list", 400, { type: JSON_TYPE, body: "[]" }],
    ["59 null", 400, { type: JSON_TYPE, body: "null" }],
    ["59 a string", 400, { type: JSON_TYPE, body: '"x"' }],
    ["59 no JSON at all", 400, { type: JSON_TYPE, body: "" }],
    ["59 resourceLogs of the wrong kind", 400, { type: JSON_TYPE, body: '{"resourceLogs":{}}' }],
    [
      "59 a time that is none",
      400,
      { type: JSON_TYPE, body: JSON.stringify(jsonRequest([{ timeUnixNano: "abc" }])) },
    ],
    ["87 a bare NaN", 400, { type: JSON_TYPE, body: '{"resourceLogs":[],"x":NaN}' }],
  ])(
    "%s is answered %i with (58) a Status, never a page, and the sink gets nothing",
    async ([, status, options]) => {
      const receiver = await startReceiver({ maxBodyBytes: 65_536 });
      const answer = await receiver.post(options);
      expect(answer.status).toBe(status);
      const { code, message } = decodeStatus(answer.headers["content-type"], answer.body);
      expect(code).toBeGreaterThan(0);
      expect(message.length).toBeGreaterThan(0);
      expect(answer.headers["content-length"]).toBe(String(answer.body.length));
      expect(receiver.sink.records).toEqual([]);
      expect(receiver.observations.map((observation) => observation.status)).toEqual([status]);
      expect(receiver.server.inFlightBytes()).toBe(0);
    },
  );

  test("4 a 405 names the method that is allowed, a HEAD too", async () => {
    const receiver = await startReceiver();
    for (const method of ["GET", "HEAD"]) {
      const answer = await receiver.post({ method });
      expect([answer.status, answer.headers.allow]).toEqual([405, "POST"]);
    }
  });

  test("5 a 404 says that the receiver takes logs only", async () => {
    const receiver = await startReceiver();
    const answer = await receiver.post({ path: "/v1/traces", body: MINIMAL });
    expect(decodeStatus(answer.headers["content-type"], answer.body).message).toMatch(
      /\/v1\/traces.*logs only/,
    );
  });

  test("34 a 415 for the coding offers those that work", async () => {
    const receiver = await startReceiver();
    const answer = await receiver.post({ body: MINIMAL, headers: { "Content-Encoding": "br" } });
    expect(answer.headers["accept-encoding"]).toBe("gzip, zstd, deflate, snappy, lz4");
  });

  test.for([
    ["as JSON", JSON_TYPE, '{"resourceLogs":1}', "resourceLogs"],
    ["as protobuf", PROTOBUF_TYPE, MINIMAL.subarray(0, -1), ""],
  ] as const)(
    "E3 bad data is answered with a BadRequest that names the field, %s",
    async ([, type, body, field]) => {
      const receiver = await startReceiver();
      const answer = await receiver.post({ type, body });
      const { code, violations } = decodeStatus(answer.headers["content-type"], answer.body);
      expect([code, violations.map((violation) => violation.field)]).toEqual([3, [field]]);
    },
  );

  test("E4 an error message never quotes the body", async () => {
    const receiver = await startReceiver();
    const answer = await receiver.post({ type: JSON_TYPE, body: '{"resourceLogs":[ secret-token' });
    expect(answer.body.toString()).not.toContain("secret");
  });

  test("39 a body of exactly the limit is accepted", async () => {
    const receiver = await startReceiver({ maxBodyBytes: MINIMAL.length });
    const plain = await receiver.post({ body: MINIMAL });
    const gzip = await receiver.post({ body: gzipSync(MINIMAL), headers: { "Content-Encoding": "gzip" } });
    expect([plain.status, gzip.status]).toEqual([
      200,
      gzipSync(MINIMAL).length <= MINIMAL.length ? 200 : 413,
    ]);
  });
});

describe("65 the token", () => {
  test.for([
    ["none", undefined, 401],
    ["a wrong one", "Bearer nope", 401],
    ["another scheme", "Basic c2VjcmV0", 401],
    ["the right one", "Bearer secret", 200],
    ["the right one, scheme in lower case", "bearer secret", 200],
  ] as const)("with %s the answer is right", async ([, authorization, status]) => {
    const receiver = await startReceiver({ token: "secret" });
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    const answer = await receiver.post({ body: MINIMAL, headers });
    expect(answer.status).toBe(status);
    expect(answer.headers["www-authenticate"]).toBe(status === 401 ? 'Bearer realm="tocsin"' : undefined);
  });

  test("a 401 carries a Status in the request's type", async () => {
    const receiver = await startReceiver({ token: "secret" });
    const answer = await receiver.post({ body: MINIMAL });
    expect(decodeStatus(answer.headers["content-type"], answer.body)).toMatchObject({ code: 16 });
  });
});

describe("what the sink says", () => {
  test.for([
    ["JSON", JSON_TYPE, JSON_BODY],
    ["protobuf", PROTOBUF_TYPE, MINIMAL],
  ] as const)(
    "54, 60 overload is a 503 for the whole request, never a partial success, with Retry-After, in %s",
    async ([, type, body]) => {
      const receiver = await startReceiver();
      receiver.sink.next = () => ({ kind: "overloaded", retryAfterS: 3 });
      const answer = await receiver.post({ type, body });
      expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "3"]);
      expect(decodeStatus(answer.headers["content-type"], answer.body).code).toBe(14);
    },
  );

  test("61, 62 a sink that throws costs a 503, never a 500, and the next request works", async () => {
    const receiver = await startReceiver();
    const accept = receiver.sink.next;
    receiver.sink.next = () => {
      throw new TypeError("broken");
    };
    const failed = await receiver.post({ body: MINIMAL });
    receiver.sink.next = accept;
    const next = await receiver.post({ body: MINIMAL });
    expect([failed.status, failed.headers["retry-after"], next.status]).toEqual([503, "5", 200]);
    expect(receiver.server.inFlightBytes()).toBe(0);
  });

  test("53 late records are accepted with a warning: nothing rejected, a message", async () => {
    const receiver = await startReceiver();
    receiver.sink.next = (batch) => ({ kind: "accepted", accepted: batch.size, late: 1 });
    const message = "1 of 1 records are older than 2 minutes: counted as late, not evaluated";
    const protobuf = await receiver.post({ body: MINIMAL });
    expect(decodeResponse(protobuf.body)).toEqual({ partialSuccess: { errorMessage: message } });
    const json = await receiver.post({ type: JSON_TYPE, body: JSON_BODY });
    expect(JSON.parse(json.body.toString())).toEqual({ partialSuccess: { errorMessage: message } });
  });

  test("52, 64, 93 a bad record costs itself only: 200, one rejected, its place named", async () => {
    const receiver = await startReceiver();
    const good = { body: stringValue("good") };
    const answer = await receiver.postJson(jsonRequest([good, { timeUnixNano: "abc" }, good]));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toEqual({
      partialSuccess: {
        rejectedLogRecords: "1",
        errorMessage:
          "1 of 3 records rejected: resourceLogs[0].scopeLogs[0].logRecords[1].timeUnixNano: nanoseconds since 1970 expected",
      },
    });
    expect(receiver.sink.records.map(({ body }) => body)).toEqual(["good", "good"]);
    expect(receiver.observations[0]).toMatchObject({
      status: 200,
      reason: "partial",
      accepted: 2,
      rejected: 1,
    });
  });

  test("55 JSON that is no OTLP is answered with a warning that names the stranger", async () => {
    const receiver = await startReceiver();
    const answer = await receiver.postJson({ timestamp: 1, body: "x" });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toEqual({
      partialSuccess: { errorMessage: "no resourceLogs in request; unknown key 'timestamp' ignored" },
    });
  });

  test("56 a hundred thousand rejections make a short answer", async () => {
    const receiver = await startReceiver();
    const records = Array.from({ length: 100_000 }, (_, i) => (i === 0 ? {} : { timeUnixNano: `t${i}` }));
    const answer = await receiver.postJson(jsonRequest(records));
    expect([answer.status, answer.body.length < 8_192]).toEqual([200, true]);
  });
});

describe("41 the budget of bytes in flight", () => {
  test("a request that does not fit is answered 503 with Retry-After before its body is read", async () => {
    const receiver = await startReceiver({ budget: new ByteBudget(1_000) });
    const answer = await receiver.post({ body: Buffer.alloc(1_001) });
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "2"]);
    expect(receiver.observations[0]).toMatchObject({ reason: "over_budget", wireBytes: 0 });
  });

  test.for([
    ["a chunked body", { body: Buffer.alloc(5_000), chunked: true }],
    [
      "decompressed content",
      { body: gzipSync(Buffer.alloc(5_000)), headers: { "Content-Encoding": "gzip" } },
    ],
  ] as const)("%s that outgrows it is answered 503, and the budget is free again", async ([, options]) => {
    const receiver = await startReceiver({ budget: new ByteBudget(1_000) });
    expect((await receiver.post(options)).status).toBe(503);
    expect(receiver.server.inFlightBytes()).toBe(0);
    expect((await receiver.post({ body: MINIMAL })).status).toBe(200);
  });
});

test.for(["identity", "gzip", "deflate", "zstd", "snappy", "x-snappy-framed", "lz4", "gzip, zstd"])(
  "100 random bytes under %s are answered 200, 400 or 413, never anything else, and the next request works",
  async (coding) => {
    const receiver = await startReceiver({ maxBodyBytes: 65_536 });
    const types = [JSON_TYPE, PROTOBUF_TYPE];
    const bodies = fc.sample(fc.uint8Array({ maxLength: 200 }), { numRuns: 40, seed: 7 });
    const answers = await Promise.all(
      bodies.flatMap((body) =>
        types.map((type) => receiver.post({ type, body, headers: { "Content-Encoding": coding } })),
      ),
    );
    expect(answers.filter(({ status }) => ![200, 400, 413].includes(status))).toEqual([]);
    expect((await receiver.post({ body: MINIMAL })).status).toBe(200);
  },
);
