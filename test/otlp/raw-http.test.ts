import { connect } from "node:net";

import { describe, expect, test } from "vitest";

import { startReceiver } from "../support/otlp-receiver.ts";
import type { Receiver } from "../support/otlp-receiver.ts";
import { MINIMAL } from "../support/otlp-requests.ts";
import { decodeStatus } from "../support/otlp-schema.ts";
import { settle, TestClock } from "../support/test-clock.ts";

const PROTOBUF = "Content-Type: application/x-protobuf";

function post(...headers: string[]): string {
  return `${["POST /v1/logs HTTP/1.1", "Host: h", PROTOBUF, ...headers].join("\r\n")}\r\n\r\n`;
}

/** The body of the last response in `text`, as a Status. */
function statusOf(text: string): { code: number; message: string } {
  const [head = "", body = ""] = text.split("\r\n\r\n").slice(-2);
  const type = /content-type: (\S+)/i.exec(head)?.[1];
  return decodeStatus(type, Buffer.from(body, "latin1"));
}

describe("what the parser of HTTP refuses", () => {
  test.for([
    [
      "13 Content-Length with Transfer-Encoding",
      post("Content-Length: 3", "Transfer-Encoding: chunked"),
      400,
    ],
    ["13 two lengths", post("Content-Length: 3", "Content-Length: 4"), 400],
    ["13 a chunk size that is none", `${post("Transfer-Encoding: chunked")}zz\r\n`, 400],
    ["7 the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["a method that is none", "FLY /v1/logs HTTP/1.1\r\nHost: h\r\n\r\n", 400],
    ["bytes of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001", 400],
    ["18 20 kB of headers", `${post(`X-Large: ${"x".repeat(20_000)}`)}`, 431],
  ] as const)("%s is answered with a Status, and the connection closed", async ([, bytes, status]) => {
    const receiver = await startReceiver();
    const text = await receiver.raw(bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(statusOf(text).code).toBe(3);
    expect(receiver.sink.records).toEqual([]);
    expect(receiver.observations.map((observation) => observation.status)).toEqual([status]);
    expect((await receiver.post({ body: MINIMAL })).status).toBe(200);
  });

  test("7 a sender of gRPC is told of the other port", async () => {
    const receiver = await startReceiver();
    expect(statusOf(await receiver.raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).message).toContain("4317");
  });

  test("16 HTTP/1.1 without a Host is answered 400 with a Status", async () => {
    const receiver = await startReceiver();
    const text = await receiver.raw(
      `POST /v1/logs HTTP/1.1\r\n${PROTOBUF}\r\nContent-Length: 0\r\n\r\n`,
      /Host header/,
    );
    expect(text).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe("connections", () => {
  test("8, 11 pipelined requests of both types are answered in order", async () => {
    const receiver = await startReceiver();
    const json =
      "POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    const text = await receiver.raw(`${post("Content-Length: 0")}${json}`, /\{\}$/);
    expect(text.match(/HTTP\/1.1 200|application\/[a-z-]+/g)).toEqual([
      "HTTP/1.1 200",
      "application/x-protobuf",
      "HTTP/1.1 200",
      "application/json",
    ]);
  });

  test("57 an empty success says its length and is not chunked", async () => {
    const receiver = await startReceiver();
    const text = await receiver.raw(post("Content-Length: 0"), /\r\n\r\n$/);
    expect(text).toMatch(/Content-Length: 0\r\n/);
    expect(text).not.toMatch(/Transfer-Encoding/i);
  });

  test("9 connections stay open longer than a collector's 90 s", async () => {
    const receiver = await startReceiver();
    const text = await receiver.raw(post("Content-Length: 0"), /\r\n\r\n$/);
    expect(Number(/Keep-Alive: timeout=(\d+)/i.exec(text)?.[1])).toBeGreaterThan(100);
  });

  test("15 HTTP/1.0 is answered 200 and closed", async () => {
    const receiver = await startReceiver();
    const text = await receiver.raw(`POST /v1/logs HTTP/1.0\r\n${PROTOBUF}\r\nContent-Length: 0\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
  });

  test("an offer to upgrade to HTTP/2, as Java's client makes, is ignored", async () => {
    const receiver = await startReceiver();
    const offer = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAA"];
    const text = await receiver.raw(post("Content-Length: 0", ...offer), /\r\n\r\n$/);
    expect(text).toMatch(/^HTTP\/1.1 200 /);
  });

  test("17 a request without any length has an empty body", async () => {
    const receiver = await startReceiver();
    expect(await receiver.raw(post(), /\r\n\r\n$/)).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe("14 Expect: 100-continue", () => {
  const big = 100 * 1024 * 1024;

  test("a request that will be refused gets its answer and no 100", async () => {
    const receiver = await startReceiver();
    const text = await receiver.raw(
      post(`Content-Length: ${big}`, "Expect: 100-continue"),
      /"code"|larger than/,
    );
    expect(text).toMatch(/^HTTP\/1.1 413 /);
  });

  test("one that is admitted gets 100, then 200", async () => {
    const receiver = await startReceiver();
    const socket = connect(receiver.port, "127.0.0.1");
    socket.write(post(`Content-Length: ${MINIMAL.length}`, "Expect: 100-continue"));
    const text = await new Promise<string>((resolve) => {
      let all = "";
      socket.on("data", (chunk: Buffer) => {
        const first = all === "";
        all += chunk.toString("latin1");
        if (first) socket.write(MINIMAL);
        if (all.includes("200 OK")) resolve(all);
      });
    });
    socket.destroy();
    expect(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
    expect(receiver.sink.records.length).toBe(1);
  });

  test("an expectation that nobody knows is 417 with a Status", async () => {
    const receiver = await startReceiver();
    const text = await receiver.raw(post("Content-Length: 0", "Expect: tea"), /\r\n\r\n./s);
    expect(text).toMatch(/^HTTP\/1.1 417 /);
    expect(statusOf(text).code).toBe(3);
  });
});

/** Writes all of a large body whatever comes back, as many clients do; resolves with what it read in the end. */
function pushThrough(receiver: Receiver, head: string, totalBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunk = Buffer.alloc(256 * 1024);
    let left = totalBytes;
    let text = "";
    const socket = connect(receiver.port, "127.0.0.1", () => {
      socket.write(head);
      const more = (): void => {
        while (left > 0) {
          left -= chunk.length;
          if (!socket.write(chunk)) {
            socket.once("drain", more);
            return;
          }
        }
      };
      more();
    });
    socket.on("data", (data: Buffer) => {
      text += data.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

describe("40 an early refusal reaches a client that is still sending", () => {
  const size = 32 * 1024 * 1024;
  test.for([
    ["413 for its length", post(`Content-Length: ${size}`), 413],
    [
      "415 for its type",
      `POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: ${size}\r\n\r\n`,
      415,
    ],
    [
      "404 for its path",
      `POST /x HTTP/1.1\r\nHost: h\r\n${PROTOBUF}\r\nContent-Length: ${size}\r\n\r\n`,
      404,
    ],
  ] as const)("%s", async ([, head, status]) => {
    const receiver = await startReceiver({ maxBodyBytes: 1_000_000 });
    const texts = await Promise.all([1, 2, 3, 4, 5].map(() => pushThrough(receiver, head, size)));
    for (const text of texts) {
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(text).toMatch(/Connection: close/i);
    }
  });
});

describe("clients that misbehave", () => {
  test("19 a thousand clients that leave in the middle of their bodies leave nothing behind", async () => {
    const receiver = await startReceiver();
    const leave = (): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(receiver.port, "127.0.0.1", () => {
          socket.write(`${post("Content-Length: 1000")}half`, () => socket.destroy());
        });
        socket.on("close", () => resolve());
      });
    for (let wave = 0; wave < 20; wave++) await Promise.all(Array.from({ length: 50 }, leave));
    await expect.poll(() => receiver.observations.length).toBeGreaterThan(0);
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(0);
    expect(receiver.sink.records).toEqual([]);
    expect(receiver.observations.every(({ status, reason }) => status === 0 && reason === "aborted")).toBe(
      true,
    );
  });

  test("43 a body slower than 1 KiB/s is cut off without an answer after ten seconds", async () => {
    const clock = new TestClock();
    const receiver = await startReceiver({ clock });
    const text = receiver.raw(`${post("Content-Length: 1000000")}slow`);
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(1_000_000);
    await clock.advance(12_000);
    expect(await text).toBe("");
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(0);
  });
});

describe("20 a graceful stop", () => {
  test("a body on its way is waited for and answered 200, with Connection: close", async () => {
    const receiver = await startReceiver();
    const socket = connect(receiver.port, "127.0.0.1");
    socket.write(`${post(`Content-Length: ${MINIMAL.length}`)}`);
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(MINIMAL.length);
    const closed = receiver.server.close();
    const text = new Promise<string>((resolve) => {
      let all = "";
      socket.on("data", (chunk: Buffer) => (all += chunk.toString("latin1")));
      socket.on("close", () => resolve(all));
    });
    await settle();
    socket.write(MINIMAL);
    await closed;
    expect(await text).toMatch(/^HTTP\/1.1 200 OK[^]*Connection: close/i);
    expect(receiver.sink.records.length).toBe(1);
  });

  test("a body that does not come in time is answered 503 with Retry-After", async () => {
    const clock = new TestClock();
    const receiver = await startReceiver({ clock });
    const text = receiver.raw(`${post("Content-Length: 1000000")}slow`, /shutting down/);
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(1_000_000);
    const closed = receiver.server.close();
    await clock.advance(5_000);
    expect(await text).toMatch(/^HTTP\/1.1 503 [^]*Retry-After: 2/i);
    await clock.advance(1_000);
    await closed;
  });

  test("a request that comes on an open connection after the stop began is answered 503", async () => {
    const receiver = await startReceiver();
    const busy = connect(receiver.port, "127.0.0.1");
    busy.write(post("Content-Length: 10"));
    const fresh = connect(receiver.port, "127.0.0.1");
    fresh.write("POST /v1/logs HT");
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(10);
    await new Promise((resolve) => {
      fresh.write("TP/1.1\r\nHost: h\r\n", resolve);
    });
    const closed = receiver.server.close();
    const text = new Promise<string>((resolve) => {
      let all = "";
      fresh.on("data", (chunk: Buffer) => (all += chunk.toString("latin1")));
      fresh.on("close", () => resolve(all));
    });
    fresh.write(`${PROTOBUF}\r\nContent-Length: 0\r\n\r\n`);
    expect(await text).toMatch(/^HTTP\/1.1 503 [^]*Retry-After: 2/i);
    busy.destroy();
    await closed;
  });

  test("closing twice, or before listening, is harmless", async () => {
    const receiver = await startReceiver();
    await Promise.all([receiver.server.close(), receiver.server.close()]);
    await expect(receiver.post({ body: MINIMAL })).rejects.toThrow("ECONNREFUSED");
  });
});
