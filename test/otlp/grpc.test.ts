import { Writable } from "node:stream";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import { pino } from "pino";
import { describe, expect, test } from "vitest";

import { ByteBudget } from "../../src/otlp/byte-budget.ts";
import { snappyBlock, snappyFramed } from "../support/otlp-codings.ts";
import { EXPORT, frame, RawClient, startGrpcReceiver } from "../support/otlp-grpc-receiver.ts";
import { startReceiver } from "../support/otlp-receiver.ts";
import {
  attribute,
  MINIMAL,
  MINIMAL_DECODED,
  protobufRequest,
  stringValue,
} from "../support/otlp-requests.ts";
import { encode, RequestType } from "../support/otlp-schema.ts";

const OK = { code: 0, response: {} };
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;
const KIB = 1024;
const MIB = 1024 * KIB;

function records(count: number): Buffer {
  return protobufRequest(
    Array.from({ length: count }, (_, i) => ({ body: stringValue(`order ${i} failed`) })),
  );
}

describe("what is accepted", () => {
  test("1 a request is delivered, and the answer is OK with partial_success unset", async () => {
    const receiver = await startGrpcReceiver();
    expect(await new RawClient(receiver.port).call(MINIMAL)).toEqual(OK);
    expect(receiver.sink.records).toEqual([MINIMAL_DECODED]);
  });

  test("50 an empty request is a success that the sink hears of", async () => {
    const receiver = await startGrpcReceiver();
    let batches = 0;
    receiver.sink.next = ({ size }) => {
      batches++;
      return { kind: "accepted", accepted: size, late: 0 };
    };
    expect(await new RawClient(receiver.port).call(Buffer.alloc(0))).toEqual(OK);
    expect(batches).toBe(1);
  });

  test("10 a hundred calls of three megabytes at once on one connection are all taken", async () => {
    const receiver = await startGrpcReceiver();
    const client = new RawClient(receiver.port);
    const body = protobufRequest([{ body: stringValue("x".repeat(3 * MIB)) }]);
    const ends = await Promise.all(Array.from({ length: 100 }, () => client.call(body)));
    expect(ends).toEqual(Array.from({ length: 100 }, () => OK));
    expect(receiver.sink.records.length).toBe(100);
    expect(receiver.server.inFlightBytes()).toBe(0);
  });

  test.for<[string, string, (bytes: Buffer) => Buffer]>([
    ["gzip", "gzip", (bytes) => gzipSync(bytes)],
    ["deflate", "deflate", (bytes) => deflateSync(bytes)],
    ["zstd", "zstd", (bytes) => zstdCompressSync(bytes)],
    ["snappy, framed as Go's gRPC has it,", "snappy", (bytes) => snappyFramed(bytes, 1_000)],
    ["snappy in one block", "snappy", (bytes) => snappyBlock(bytes)],
  ])("28 a message in %s is read, small or large", async ([, coding, compress]) => {
    const receiver = await startGrpcReceiver();
    for (const body of [MINIMAL, records(20_000)]) {
      const { trailers } = await receiver.raw([frame(compress(body), 1)], { "grpc-encoding": coding });
      expect(trailers["grpc-status"]).toBe("0");
    }
    expect(receiver.sink.records.length).toBe(20_001);
    expect(receiver.sink.records[0]).toEqual(MINIMAL_DECODED);
    expect(receiver.observations.map((observation) => observation.coding)).toEqual([coding, coding]);
  });

  test("27 a message without the flag is not decompressed, whatever grpc-encoding says", async () => {
    const receiver = await startGrpcReceiver();
    const { trailers } = await receiver.raw([frame(MINIMAL)], { "grpc-encoding": "gzip" });
    expect(trailers["grpc-status"]).toBe("0");
    expect(receiver.sink.records).toEqual([MINIMAL_DECODED]);
  });

  test("95 the same request over HTTP and gRPC gives equal records and columns", async () => {
    const [overHttp, overGrpc] = [await startReceiver(), await startGrpcReceiver()];
    const body = encode(RequestType, {
      resourceLogs: ["cart", "payment", "café"].map((service, index) => ({
        resource: { attributes: [attribute("service.name", service)] },
        scopeLogs: [
          {
            scope: { name: `scope ${index}` },
            logRecords: Array.from({ length: 50 }, (_, i) => ({
              timeUnixNano: `17000000${String(index).padStart(2, "0")}${String(i).padStart(9, "0")}`,
              severityNumber: i % 25,
              body:
                i % 2 === 0 ? stringValue(`line ${i} ü`) : { kvlistValue: { values: [attribute("k", "v")] } },
              attributes: [attribute("order", String(i))],
              traceId: Buffer.alloc(16, i + 1),
            })),
          },
        ],
      })),
    });
    expect((await overHttp.post({ body })).status).toBe(200);
    expect(await new RawClient(overGrpc.port).call(body)).toEqual(OK);
    expect(overGrpc.sink.records.length).toBe(150);
    expect(overGrpc.sink.records).toEqual(overHttp.sink.records);
    expect(overGrpc.sink.columns).toEqual(overHttp.sink.columns);
  });
});

describe("what the sender is told", () => {
  test("52 one bad record is rejected through partial success, its neighbours are kept", async () => {
    const receiver = await startGrpcReceiver();
    const good = Buffer.from([0x12, 2, 0x10, 9]);
    const bad = Buffer.from([0x12, 2, 0x10, 0x80]);
    const scopeLogs = Buffer.concat([good, bad, good]);
    const resourceLogs = Buffer.concat([Buffer.from([0x12, scopeLogs.length]), scopeLogs]);
    const body = Buffer.concat([Buffer.from([0x0a, resourceLogs.length]), resourceLogs]);
    const end = await new RawClient(receiver.port).call(body);
    expect(end).toMatchObject({ code: 0, response: { partialSuccess: { rejectedLogRecords: "1" } } });
    expect(receiver.sink.records.length).toBe(2);
    expect(receiver.observations[0]).toMatchObject({
      status: 200,
      reason: "partial",
      accepted: 2,
      rejected: 1,
    });
  });

  test("53 a warning is a partial success that rejects nothing", async () => {
    const receiver = await startGrpcReceiver();
    receiver.sink.next = ({ size }) => ({ kind: "accepted", accepted: size, late: 1 });
    const end = await new RawClient(receiver.port).call(MINIMAL);
    expect(end).toEqual({
      code: 0,
      response: {
        partialSuccess: {
          errorMessage: "1 of 1 records are older than 2 minutes: counted as late, not evaluated",
        },
      },
    });
  });

  test("59 what cannot be decoded is INVALID_ARGUMENT with a BadRequest, and nothing of it is kept", async () => {
    const receiver = await startGrpcReceiver();
    const end = await new RawClient(receiver.port).call(MINIMAL.subarray(0, MINIMAL.length - 3));
    expect(end).toMatchObject({
      code: INVALID_ARGUMENT,
      details: {
        code: INVALID_ARGUMENT,
        retryAfterS: null,
        violations: [{ description: expect.any(String) }],
      },
    });
    expect(receiver.sink.records).toEqual([]);
  });

  test.for<[string, () => never | { kind: "overloaded"; retryAfterS: number }, number]>([
    ["60 a sink that is overloaded", () => ({ kind: "overloaded", retryAfterS: 7 }), 7],
    [
      "45 a sink that asks for more patience than senders have",
      () => ({ kind: "overloaded", retryAfterS: 600 }),
      30,
    ],
    [
      "61 a sink that throws",
      () => {
        throw new Error("broken");
      },
      5,
    ],
  ])("%s makes the sender come again: UNAVAILABLE with RetryInfo", async ([, next, retryAfterS]) => {
    const receiver = await startGrpcReceiver();
    receiver.sink.next = next;
    const end = await new RawClient(receiver.port).call(MINIMAL);
    expect(end).toMatchObject({ code: UNAVAILABLE, details: { code: UNAVAILABLE, retryAfterS } });
    expect(receiver.sink.records).toEqual([]);
  });

  test.for<[string, string]>([
    ["5 traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"],
    ["5 metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"],
    ["another method of the logs service", "/opentelemetry.proto.collector.logs.v1.LogsService/Delete"],
    ["server reflection", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"],
  ])("%s is UNIMPLEMENTED, and the message names what there is", async ([, path]) => {
    const receiver = await startGrpcReceiver();
    const end = await new RawClient(receiver.port).call(MINIMAL, { path });
    expect(end).toEqual({
      code: UNIMPLEMENTED,
      message: `nothing at ${path}: this receiver takes logs only, at ${EXPORT}`,
      details: null,
    });
  });

  test("34 a compression that nobody configures is UNIMPLEMENTED with the ones there are", async () => {
    const receiver = await startGrpcReceiver();
    const { headers } = await receiver.raw([frame(MINIMAL, 1)], { "grpc-encoding": "br" });
    expect(headers["grpc-status"]).toBe(String(UNIMPLEMENTED));
    expect(headers["grpc-accept-encoding"]).toBe("identity, gzip, deflate, zstd, snappy");
    expect(receiver.observations[0]?.coding).toBe("identity");
  });

  test.for<[string, Buffer, string]>([
    ["35 text under gzip", Buffer.from("no gzip at all"), "gzip"],
    ["35 gzip cut short", gzipSync(MINIMAL).subarray(0, -6), "gzip"],
    ["35 nothing under gzip", Buffer.alloc(0), "gzip"],
    ["35 garbage under zstd", Buffer.from("no zstd at all"), "zstd"],
    ["35 garbage under snappy", Buffer.from("ffffffffffffffff", "hex"), "snappy"],
    ["a message marked as compressed without grpc-encoding", gzipSync(MINIMAL), "identity"],
  ])("%s is INVALID_ARGUMENT", async ([, message, coding]) => {
    const receiver = await startGrpcReceiver();
    const { headers } = await receiver.raw([frame(message, 1)], { "grpc-encoding": coding });
    expect(headers["grpc-status"]).toBe(String(INVALID_ARGUMENT));
    expect(receiver.sink.records).toEqual([]);
  });
});

describe("65 the bearer token", () => {
  const token = "a token of some length";

  test.for<[string, Readonly<Record<string, string>>]>([
    ["a missing token", {}],
    ["a wrong token", { authorization: "Bearer wrong" }],
    ["another scheme", { authorization: `Basic ${token}` }],
  ])("%s is UNAUTHENTICATED, and the message is not read", async ([, metadata]) => {
    const receiver = await startGrpcReceiver({ token, budget: new ByteBudget(1) });
    const end = await new RawClient(receiver.port).call(MINIMAL, { metadata });
    expect(end).toMatchObject({ code: UNAUTHENTICATED, details: null });
    expect(receiver.observations).toMatchObject([{ status: 401, reason: "unauthorized", bodyBytes: 0 }]);
    expect(receiver.sink.records).toEqual([]);
  });

  test("the right token is let in", async () => {
    const receiver = await startGrpcReceiver({ token: "secret" });
    const end = await new RawClient(receiver.port).call(MINIMAL, {
      metadata: { authorization: "Bearer secret" },
    });
    expect(end).toEqual(OK);
  });
});

describe("sizes", () => {
  const maxBodyBytes = 64 * KIB;

  test("39 a message of exactly the limit is taken", async () => {
    const receiver = await startGrpcReceiver({ maxBodyBytes });
    const empty = protobufRequest([{ body: stringValue("x".repeat(60 * KIB)) }]).length;
    const body = protobufRequest([{ body: stringValue("x".repeat(maxBodyBytes - (empty - 60 * KIB))) }]);
    expect(body.length).toBe(maxBodyBytes);
    expect(await new RawClient(receiver.port).call(body)).toEqual(OK);
  });

  // RetryInfo is what makes a collector send a RESOURCE_EXHAUSTED again: the same batch would never fit.
  test("39, 40 a message beyond the limit is RESOURCE_EXHAUSTED without RetryInfo, and every sender hears it", async () => {
    const receiver = await startGrpcReceiver({ maxBodyBytes });
    const client = new RawClient(receiver.port);
    const body = Buffer.alloc(8 * MIB);
    for (let round = 0; round < 5; round++) {
      const ends = await Promise.all(Array.from({ length: 4 }, () => client.call(body)));
      for (const end of ends) expect(end).toMatchObject({ code: RESOURCE_EXHAUSTED, details: null });
    }
    expect(await client.call(MINIMAL)).toEqual(OK);
    expect(receiver.observations[0]).toMatchObject({ status: 413, reason: "too_large" });
  });

  test.for<[string, (bytes: Buffer) => Buffer]>([
    ["gzip", (bytes) => gzipSync(bytes)],
    ["deflate", (bytes) => deflateSync(bytes)],
    ["zstd", (bytes) => zstdCompressSync(bytes)],
    ["snappy", snappyBlock],
  ])("39 a bomb in %s meets the limit, not the memory", async ([coding, compress]) => {
    const budget = new ByteBudget(4 * MIB);
    let peakBytes = 0;
    const observed = new Proxy(budget, {
      get: (target, name) => {
        peakBytes = Math.max(peakBytes, target.usedBytes);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const receiver = await startGrpcReceiver({ maxBodyBytes: MIB, budget: observed });
    const bomb = compress(Buffer.alloc(16 * MIB));
    expect(bomb.length).toBeLessThan(MIB);
    const { headers } = await receiver.raw([frame(bomb, 1)], { "grpc-encoding": coding });
    expect(headers["grpc-status"]).toBe(String(RESOURCE_EXHAUSTED));
    expect(peakBytes).toBeLessThanOrEqual(4 * MIB);
    expect(budget.usedBytes).toBe(0);
  });

  test("41 what does not fit into the budget is UNAVAILABLE with RetryInfo before it is read", async () => {
    const receiver = await startGrpcReceiver({ budget: new ByteBudget(MIB) });
    const end = await new RawClient(receiver.port).call(Buffer.alloc(4 * MIB));
    expect(end).toMatchObject({ code: UNAVAILABLE, details: { retryAfterS: 2 } });
    const [observation] = receiver.observations;
    expect(observation).toMatchObject({ status: 503, reason: "over_budget", bodyBytes: 0 });
    expect(observation?.wireBytes).toBeLessThan(128 * KIB);
  });

  test("41 content that outgrows the budget is UNAVAILABLE too, and the budget is whole again", async () => {
    const budget = new ByteBudget(MIB);
    const receiver = await startGrpcReceiver({ budget });
    const bomb = gzipSync(Buffer.alloc(8 * MIB));
    const { headers } = await receiver.raw([frame(bomb, 1)], { "grpc-encoding": "gzip" });
    expect(headers["grpc-status"]).toBe(String(UNAVAILABLE));
    expect(budget.usedBytes).toBe(0);
    expect(await new RawClient(receiver.port).call(MINIMAL)).toEqual(OK);
  });

  test("62 of parallel calls beyond the budget each is taken whole or asked to come again", async () => {
    const receiver = await startGrpcReceiver({ budget: new ByteBudget(3 * MIB) });
    const body = protobufRequest([{ body: stringValue("x".repeat(MIB)) }]);
    const clients = Array.from({ length: 4 }, () => new RawClient(receiver.port));
    const ends = await Promise.all(
      clients.flatMap((client) => Array.from({ length: 10 }, () => client.call(body))),
    );
    const taken = ends.filter((end) => end.code === 0).length;
    const refused = ends.filter((end) => end.code === UNAVAILABLE).length;
    expect(taken + refused).toBe(40);
    expect(taken).toBeGreaterThan(0);
    expect(receiver.sink.records.length).toBe(taken);
    expect(receiver.server.inFlightBytes()).toBe(0);
  });
});

describe("what is counted", () => {
  test("98 every call once, under one reason, with its bytes and records", async () => {
    const receiver = await startGrpcReceiver({ token: "secret", maxBodyBytes: 4_096 });
    const client = new RawClient(receiver.port);
    const metadata = { authorization: "Bearer secret" };
    await client.call(MINIMAL, { metadata });
    await client.call(MINIMAL);
    await client.call(MINIMAL, { metadata, path: "/nowhere/Export" });
    await client.call(Buffer.alloc(5_000), { metadata });
    await client.call(Buffer.from("zzz"), { metadata });
    expect(receiver.observations.map(({ status, reason }) => [status, reason])).toEqual([
      [200, "ok"],
      [401, "unauthorized"],
      [404, "not_found"],
      [413, "too_large"],
      [400, "undecodable"],
    ]);
    expect(receiver.observations[0]).toMatchObject({
      encoding: "protobuf",
      coding: "identity",
      wireBytes: MINIMAL.length + 5,
      bodyBytes: MINIMAL.length,
      accepted: 1,
      rejected: 0,
      late: 0,
    });
  });

  test("99 a thousand refused calls make one log line, which holds nothing of what was sent", async () => {
    const lines: string[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    });
    const receiver = await startGrpcReceiver({ log: pino(stream) });
    const client = new RawClient(receiver.port);
    await Promise.all(Array.from({ length: 1_000 }, () => client.call(Buffer.from("secret text"))));
    expect(lines.length).toBe(1);
    expect(lines[0]).toContain('"transport":"grpc"');
    expect(lines[0]).not.toContain("secret text");
  });
});
