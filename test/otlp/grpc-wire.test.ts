import { once } from "node:events";
import { constants } from "node:http2";
import { connect } from "node:net";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { EXPORT, frame, RawClient, startGrpcReceiver } from "../support/otlp-grpc-receiver.ts";
import type { GrpcReceiver } from "../support/otlp-grpc-receiver.ts";
import { MINIMAL, MINIMAL_DECODED } from "../support/otlp-requests.ts";
import { TestClock } from "../support/test-clock.ts";

const INVALID_ARGUMENT = "3";
const UNAVAILABLE = "14";

/** A call whose message stops half way; `sent` resolves when the server has begun to read it. */
function halfCall(receiver: GrpcReceiver) {
  const session = receiver.connect();
  const stream = session.request({ ":method": "POST", ":path": EXPORT, "content-type": "application/grpc" });
  stream.on("error", () => undefined);
  stream.write(frame(MINIMAL).subarray(0, 20));
  return { session, stream };
}

async function untilHeld(receiver: GrpcReceiver): Promise<void> {
  await expect.poll(() => receiver.server.inFlightBytes()).toBeGreaterThan(0);
}

describe("a message on the wire", () => {
  test("a message in single bytes, and one in a single write with its prefix split, are read", async () => {
    const receiver = await startGrpcReceiver();
    const bytes = frame(MINIMAL);
    const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    for (const chunks of [single, [bytes.subarray(0, 3), bytes.subarray(3)], [bytes]]) {
      expect((await receiver.raw(chunks)).trailers["grpc-status"]).toBe("0");
    }
    expect(receiver.sink.records).toEqual([MINIMAL_DECODED, MINIMAL_DECODED, MINIMAL_DECODED]);
  });

  test("49 the success is one empty message under application/grpc, its status in the trailers", async () => {
    const receiver = await startGrpcReceiver();
    const { headers, trailers, body, resetCode } = await receiver.raw([frame(MINIMAL)]);
    expect(headers[":status"]).toBe(200);
    expect(headers["content-type"]).toBe("application/grpc");
    expect(body).toEqual(Buffer.alloc(5));
    expect(trailers["grpc-status"]).toBe("0");
    expect(resetCode).toBe(0);
  });

  test.for<[string, readonly Uint8Array[]]>([
    ["no message", []],
    ["half a prefix", [Buffer.alloc(3)]],
    ["a message shorter than its length", [frame(MINIMAL).subarray(0, -1)]],
    ["two messages", [frame(MINIMAL), frame(MINIMAL)]],
    ["bytes after the message", [frame(MINIMAL), Buffer.from([0])]],
    ["an unknown flag", [frame(MINIMAL, 2)]],
  ])("%s is INVALID_ARGUMENT, and nothing is kept", async ([, chunks]) => {
    const receiver = await startGrpcReceiver();
    expect((await receiver.raw(chunks)).headers["grpc-status"]).toBe(INVALID_ARGUMENT);
    expect(receiver.sink.records).toEqual([]);
    expect(receiver.observations).toMatchObject([{ status: 400, reason: "malformed" }]);
    expect(receiver.server.inFlightBytes()).toBe(0);
  });

  test("a length of four gigabytes is RESOURCE_EXHAUSTED at once, whatever follows", async () => {
    const receiver = await startGrpcReceiver();
    const { headers } = await receiver.raw([Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), Buffer.alloc(100_000)]);
    expect(headers["grpc-status"]).toBe("8");
  });

  test.for([
    ["another content type", 415, { "content-type": "application/x-protobuf" }],
    ["gRPC-Web", 415, { "content-type": "application/grpc-web+proto" }],
    ["JSON in gRPC", 415, { "content-type": "application/grpc+json" }],
    ["another method", 405, { ":method": "PUT" }],
  ] as const)("%s is no gRPC and gets HTTP %i", async ([, status, headers]) => {
    const receiver = await startGrpcReceiver();
    const end = await receiver.raw([frame(MINIMAL)], headers);
    expect(end.headers[":status"]).toBe(status);
    expect(receiver.sink.records).toEqual([]);
  });

  test("22 the content type may name the codec and carry parameters, in any case", async () => {
    const receiver = await startGrpcReceiver();
    for (const type of ["application/grpc", "application/grpc+proto", "Application/GRPC; charset=utf-8"]) {
      const { trailers } = await receiver.raw([frame(MINIMAL)], { "content-type": type });
      expect(trailers["grpc-status"]).toBe("0");
    }
  });

  test("100 whatever bytes are sent, the call ends with a status and the next one is taken", async () => {
    const receiver = await startGrpcReceiver();
    const session = receiver.connect();
    const hostile = fc.oneof(
      fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }),
      fc.tuple(fc.nat(MINIMAL.length + 4), fc.nat(255), fc.constantFrom(0, 1)).map(([at, byte, flag]) => {
        const bytes = frame(MINIMAL, flag);
        bytes[at] = byte;
        return [bytes];
      }),
    );
    const coding = fc.constantFrom("identity", "gzip", "deflate", "zstd", "snappy", "x");
    await fc.assert(
      fc.asyncProperty(hostile, coding, async (chunks, encoding) => {
        const { headers, trailers } = await receiver.raw(chunks, { "grpc-encoding": encoding }, session);
        const status = headers["grpc-status"] ?? trailers["grpc-status"];
        expect(["0", "3", "8", "12"]).toContain(status);
      }),
      { numRuns: 400 },
    );
    expect(receiver.server.inFlightBytes()).toBe(0);
    expect((await receiver.raw([frame(MINIMAL)], {}, session)).trailers["grpc-status"]).toBe("0");
  });
});

describe("calls that never come to their end", () => {
  test("19 a call that the client cancels half way leaves nothing behind", async () => {
    const receiver = await startGrpcReceiver();
    const { stream } = halfCall(receiver);
    await untilHeld(receiver);
    stream.close(8);
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(0);
    expect(receiver.observations.length).toBe(1);
    expect(receiver.sink.records).toEqual([]);
  });

  test("19 two hundred connections that break half way leave nothing behind, and the next call is taken", async () => {
    const receiver = await startGrpcReceiver();
    const calls = Array.from({ length: 200 }, () => halfCall(receiver));
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(200 * MINIMAL.length);
    for (const { session } of calls) session.destroy();
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(0);
    expect(receiver.observations.length).toBe(200);
    expect(new Set(receiver.observations.map(({ reason }) => reason))).toEqual(new Set(["aborted"]));
    expect(await new RawClient(receiver.port).call(MINIMAL)).toEqual({ code: 0, response: {} });
  });

  test("43 a message that comes too slowly is UNAVAILABLE, so that it is sent again", async () => {
    const clock = new TestClock();
    const receiver = await startGrpcReceiver({ clock });
    const { stream } = halfCall(receiver);
    const response = once(stream, "response") as Promise<[Record<string, string>]>;
    await untilHeld(receiver);
    await clock.advance(11_000);
    expect((await response)[0]["grpc-status"]).toBe(UNAVAILABLE);
    expect(receiver.server.inFlightBytes()).toBe(0);
    expect(receiver.observations).toMatchObject([{ status: 503, reason: "aborted" }]);
  });

  test("40 a client that goes on sending after its answer is cut five seconds later", async () => {
    const clock = new TestClock();
    const receiver = await startGrpcReceiver({ clock, maxBodyBytes: 10 });
    const { stream } = halfCall(receiver);
    await once(stream, "response");
    expect(stream.closed).toBe(false);
    const closed = once(stream, "close");
    await clock.advance(5_000);
    await closed;
    expect(stream.rstCode).toBe(0);
  });
});

describe("connections", () => {
  test.for([
    ["in protobuf", "application/x-protobuf", "a body of protobuf"],
    ["in JSON", "application/json", "{}"],
  ] as const)("7 OTLP/HTTP %s is told of the other port, counted and logged", async ([, type, body]) => {
    const receiver = await startGrpcReceiver();
    const head = `POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Type: ${type}\r\n`;
    const socket = connect(receiver.port, "127.0.0.1", () =>
      socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`),
    );
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(socket, "close");
    const answer = Buffer.concat(chunks).toString("latin1");
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain(`Content-Type: ${type}\r\n`);
    expect(answer).toContain("4318");
    await expect.poll(() => receiver.observations).toMatchObject([{ status: 0, reason: "malformed" }]);
    expect(await new RawClient(receiver.port).call(MINIMAL)).toEqual({ code: 0, response: {} });
  });

  test("18 a call with more headers than 16 KiB is cut, the other calls of its connection go on", async () => {
    const receiver = await startGrpcReceiver();
    const session = receiver.connect();
    // Until the client has confirmed our settings, Node's own 64 KiB hold.
    await receiver.raw([frame(MINIMAL)], {}, session);
    const { headers, resetCode } = await receiver.raw([], { "x-long": "y".repeat(20_000) }, session);
    expect([headers[":status"], resetCode]).toEqual([undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM]);
    expect((await receiver.raw([frame(MINIMAL)], {}, session)).trailers["grpc-status"]).toBe("0");
  });

  test("Go's gRPC breaks the protocol with its last GOAWAY: that is not counted", async () => {
    const receiver = await startGrpcReceiver();
    const settings = "000000040000000000";
    const goaway = "0000080700000000007fffffff00000000";
    const bytes = [Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.from(settings + goaway, "hex")];
    const socket = connect(receiver.port, "127.0.0.1", () => socket.write(Buffer.concat(bytes)));
    socket.resume();
    await once(socket, "close");
    expect(await new RawClient(receiver.port).call(MINIMAL)).toEqual({ code: 0, response: {} });
    expect(receiver.observations.map(({ reason }) => reason)).toEqual(["ok"]);
  });

  test("42 a connection that never shows its preface is cut after fifteen seconds", async () => {
    const clock = new TestClock();
    const receiver = await startGrpcReceiver({ clock });
    const socket = connect(receiver.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.resume();
    await once(socket, "connect");
    const closed = once(socket, "close");
    // A server hears of a connection after its client does; a later one's answer tells that it has.
    await new RawClient(receiver.port).call(MINIMAL);
    await clock.advance(14_000);
    expect(socket.destroyed).toBe(false);
    await clock.advance(3_000);
    await closed;
  });

  test("42 a connection that stops in the middle of its preface is cut after fifteen seconds", async () => {
    const clock = new TestClock();
    const receiver = await startGrpcReceiver({ clock });
    const socket = connect(receiver.port, "127.0.0.1", () => socket.write("PRI * HTTP"));
    socket.on("error", () => undefined);
    socket.resume();
    await once(socket, "data");
    const closed = once(socket, "close");
    await clock.advance(17_000);
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test("9 a connection that is idle for two minutes and pings all the while is kept", async () => {
    const clock = new TestClock();
    const receiver = await startGrpcReceiver({ clock });
    const session = receiver.connect();
    expect((await receiver.raw([frame(MINIMAL)], {}, session)).trailers["grpc-status"]).toBe("0");
    for (let i = 0; i < 60; i++) {
      await clock.advance(2_000);
      await new Promise<void>((resolve, reject) => {
        session.ping((error) => (error === null ? resolve() : reject(error)));
      });
    }
    expect(session.closed).toBe(false);
    expect((await receiver.raw([frame(MINIMAL)], {}, session)).trailers["grpc-status"]).toBe("0");
  });

  test("a connection without a call for half an hour is told to go away, gently", async () => {
    const clock = new TestClock();
    const receiver = await startGrpcReceiver({ clock });
    const session = receiver.connect();
    await receiver.raw([frame(MINIMAL)], {}, session);
    const goaway = once(session, "goaway") as Promise<[number]>;
    await clock.advance(31 * 60_000);
    expect((await goaway)[0]).toBe(0);
    const client = new RawClient(receiver.port);
    expect(await client.call(MINIMAL)).toEqual({ code: 0, response: {} });
  });

  test("more calls at once than a connection may have wait for their turn", async () => {
    const receiver = await startGrpcReceiver();
    const client = new RawClient(receiver.port);
    const ends = await Promise.all(Array.from({ length: 500 }, () => client.call(MINIMAL)));
    expect(ends.every(({ code }) => code === 0)).toBe(true);
    expect(receiver.sink.records.length).toBe(500);
  });
});

describe("20 a graceful stop", () => {
  test("with idle connections alone takes no time", async () => {
    const clock = new TestClock();
    const receiver = await startGrpcReceiver({ clock });
    const session = receiver.connect();
    await receiver.raw([frame(MINIMAL)], {}, session);
    await receiver.server.close();
    expect(clock.pending).toBe(0);
  });

  test("a message on its way may come to its end and gets OK", async () => {
    const receiver = await startGrpcReceiver();
    const { stream } = halfCall(receiver);
    const trailers = once(stream, "trailers") as Promise<[Record<string, string>]>;
    stream.resume();
    await untilHeld(receiver);
    const closed = receiver.server.close();
    stream.end(frame(MINIMAL).subarray(20));
    expect((await trailers)[0]["grpc-status"]).toBe("0");
    await closed;
    expect(receiver.sink.records).toEqual([MINIMAL_DECODED]);
  });

  test("a message that stalls gets UNAVAILABLE with RetryInfo after five seconds, and then the port is gone", async () => {
    const clock = new TestClock();
    const receiver = await startGrpcReceiver({ clock });
    const { stream } = halfCall(receiver);
    const response = once(stream, "response") as Promise<[Record<string, string>]>;
    await untilHeld(receiver);
    const closed = receiver.server.close();
    await clock.advance(5_000);
    const [headers] = await response;
    expect(headers["grpc-status"]).toBe(UNAVAILABLE);
    expect(headers["grpc-status-details-bin"]).toBeDefined();
    await clock.advance(1_000);
    await closed;
    expect(receiver.observations).toMatchObject([{ status: 503, reason: "closing" }]);
    const end = await new RawClient(receiver.port).call(MINIMAL);
    expect(end.code).toBe(Number(UNAVAILABLE));
  });

  test("of calls that come while it stops each gets OK or UNAVAILABLE, and OK means counted", async () => {
    const receiver = await startGrpcReceiver();
    const clients = Array.from({ length: 5 }, () => new RawClient(receiver.port));
    await Promise.all(clients.map((client) => client.call(MINIMAL)));
    const calls = clients.flatMap((client) => Array.from({ length: 40 }, () => client.call(MINIMAL)));
    await receiver.server.close();
    const codes = (await Promise.all(calls)).map((end) => end.code);
    expect(codes.every((code) => code === 0 || code === Number(UNAVAILABLE))).toBe(true);
    const taken = codes.filter((code) => code === 0).length;
    expect(receiver.sink.records.length).toBeGreaterThanOrEqual(5 + taken);
  });

  test("a connection that never spoke does not hold it up for more than its grace", async () => {
    const clock = new TestClock();
    const receiver = await startGrpcReceiver({ clock });
    const socket = connect(receiver.port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    const closed = receiver.server.close();
    await clock.advance(6_000);
    await closed;
    expect(clock.pending).toBe(0);
    socket.destroy();
  });
});
