import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";

import { describe, expect, onTestFinished, test } from "vitest";

import { startReceiver } from "../support/otlp-receiver.ts";
import type { Receiver } from "../support/otlp-receiver.ts";
import { MINIMAL } from "../support/otlp-requests.ts";

const HEAD = `POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${MINIMAL.length}\r\n\r\n`;
const REQUEST = Buffer.concat([Buffer.from(HEAD), MINIMAL]);

/** A connection that keeps what it reads. */
class Peer {
  text = "";
  error: Error | null = null;
  readonly socket: Socket;
  readonly closed: Promise<void>;

  constructor(receiver: Receiver) {
    this.socket = connect(receiver.port, "127.0.0.1");
    this.socket.on("data", (chunk: Buffer) => (this.text += chunk.toString("latin1")));
    this.socket.on("error", (error) => (this.error = error));
    this.closed = new Promise((resolve) => {
      this.socket.on("close", () => resolve());
    });
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  get statuses(): string[] {
    return [...this.text.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status = ""]) => status);
  }
}

function peers(receiver: Receiver, count: number): Peer[] {
  return Array.from({ length: count }, () => new Peer(receiver));
}

describe("42 slow headers", () => {
  test("connections that never finish theirs are cut without an answer, and a POST meanwhile is taken", async () => {
    const receiver = await startReceiver({ connections: { headersTimeoutMs: 150, timeoutCheckMs: 50 } });
    const slow = peers(receiver, 100);
    for (const { socket } of slow) socket.write("POST /v1/logs HTTP/1.1\r\nX");
    expect((await receiver.post({ body: MINIMAL })).status).toBe(200);
    await Promise.all(slow.map(({ closed }) => closed));
    expect(new Set(slow.map(({ text }) => text))).toEqual(new Set([""]));
  });

  // A 408 would be final for the sender and lose its batch; after a lost connection it sends it again.
  test("43 a request that takes too long in all is cut without a 408", async () => {
    const receiver = await startReceiver({
      connections: { headersTimeoutMs: 100, requestTimeoutMs: 150, timeoutCheckMs: 50 },
    });
    const peer = new Peer(receiver);
    peer.socket.write(`${HEAD}half`);
    await peer.closed;
    expect(peer.text).toBe("");
    await expect.poll(() => receiver.observations).toMatchObject([{ status: 0, reason: "aborted" }]);
    expect(receiver.server.inFlightBytes()).toBe(0);
  });
});

test("44 connections above the cap are closed and counted, those that are there go on", async () => {
  const receiver = await startReceiver({ connections: { maxConnections: 5 } });
  const kept = peers(receiver, 5);
  await Promise.all(kept.map(({ socket }) => once(socket, "connect")));
  for (const peer of kept) {
    peer.socket.write(REQUEST);
    await expect.poll(() => peer.statuses).toEqual(["200"]);
  }
  const refused = peers(receiver, 10);
  await Promise.all(refused.map(({ closed }) => closed));
  const [first] = kept;
  first?.socket.write(REQUEST);
  await expect.poll(() => first?.statuses).toEqual(["200", "200"]);
  expect(receiver.observations.filter(({ reason }) => reason === "connections").length).toBe(10);
});

describe("20 a graceful stop", () => {
  test("twenty requests in flight, on connections that were used before, all get 200 and are counted", async () => {
    const receiver = await startReceiver();
    const busy = peers(receiver, 20);
    for (const { socket } of busy) socket.write(REQUEST);
    await expect.poll(() => busy.every(({ statuses }) => statuses.length === 1)).toBe(true);
    for (const { socket } of busy) socket.write(HEAD);
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(20 * MINIMAL.length);
    const closed = receiver.server.close();
    for (const { socket } of busy) socket.write(MINIMAL);
    await Promise.all([closed, ...busy.map((peer) => peer.closed)]);
    expect(busy.map(({ statuses, error }) => [...statuses, error])).toEqual(
      Array.from({ length: 20 }, () => ["200", "200", null]),
    );
    expect(receiver.sink.records.length).toBe(40);
  });

  test("a request that crosses the stop on an idle connection is answered 503 with Connection: close, not reset", async () => {
    const receiver = await startReceiver();
    const idle = peers(receiver, 20);
    for (const { socket } of idle) socket.write(REQUEST);
    await expect.poll(() => idle.every(({ statuses }) => statuses.length === 1)).toBe(true);
    const closed = receiver.server.close();
    for (const { socket } of idle) socket.write(REQUEST);
    await Promise.all([closed, ...idle.map((peer) => peer.closed)]);
    for (const { text, statuses, error } of idle) {
      expect([...statuses, error]).toEqual(["200", "503", null]);
      expect(text).toMatch(/Retry-After: 2\r\n[^]*Connection: close/i);
    }
    expect(receiver.sink.records.length).toBe(20);
  });

  test("connections that stay idle hold it up for less than the grace for bodies", async () => {
    const receiver = await startReceiver();
    const peer = new Peer(receiver);
    peer.socket.write(REQUEST);
    await expect.poll(() => peer.statuses).toEqual(["200"]);
    const startMs = performance.now();
    await Promise.all([receiver.server.close(), peer.closed]);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(peer.error).toBeNull();
  });

  test("clients that post without a pause all through it see 200, 503 or a refused connection, and 200 means counted", async () => {
    const receiver = await startReceiver();
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    onTestFinished(() => agent.destroy());
    const outcomes: string[] = [];
    const clients = Array.from({ length: 20 }, async () => {
      for (let last = "200"; last === "200";) {
        last = await postOnce(receiver.port, agent);
        outcomes.push(last);
      }
    });
    await expect.poll(() => outcomes.length).toBeGreaterThan(200);
    await receiver.server.close();
    await Promise.all(clients);
    expect(outcomes.filter((outcome) => !["200", "503", "ECONNREFUSED"].includes(outcome))).toEqual([]);
    expect(receiver.sink.records.length).toBe(outcomes.filter((outcome) => outcome === "200").length);
  });
});

/** The status, or the code of the error. */
function postOnce(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const headers = { "Content-Type": "application/x-protobuf", "Content-Length": MINIMAL.length };
    const outgoing = request(
      { host: "127.0.0.1", port, path: "/v1/logs", method: "POST", headers, agent },
      (response) => {
        response.resume();
        response.on("end", () => resolve(String(response.statusCode)));
      },
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    outgoing.end(MINIMAL);
  });
}
