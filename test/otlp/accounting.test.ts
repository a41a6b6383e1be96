import { connect } from "node:net";
import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { ByteBudget } from "../../src/otlp/byte-budget.ts";
import { startReceiver } from "../support/otlp-receiver.ts";
import type { PostOptions } from "../support/otlp-receiver.ts";
import { jsonRequest, MINIMAL, stringValue } from "../support/otlp-requests.ts";

// A sink answers at once by its type: what takes long is decided there, and the sender hears of it now.
test("45 a sink that cannot keep up is answered for at once, in far less than a sender's timeout", async () => {
  const receiver = await startReceiver();
  receiver.sink.next = () => ({ kind: "overloaded", retryAfterS: 600 });
  const startMs = performance.now();
  const answer = await receiver.post({ body: MINIMAL });
  expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "30"]);
  expect(performance.now() - startMs).toBeLessThan(5_000);
});

test("62 a request is taken whole or not at all: after a 503 nothing of it was counted, after a 200 all of it", async () => {
  const receiver = await startReceiver();
  const accept = receiver.sink.next;
  const body = JSON.stringify(jsonRequest([{ body: stringValue("a") }, { body: stringValue("b") }]));
  receiver.sink.next = () => ({ kind: "overloaded", retryAfterS: 1 });
  const refused = await receiver.post({ type: "application/json", body });
  expect([refused.status, receiver.sink.records.length]).toEqual([503, 0]);
  receiver.sink.next = accept;
  const taken = await receiver.post({ type: "application/json", body });
  expect([taken.status, receiver.sink.records.length]).toEqual([200, 2]);
});

// The receiver itself keeps nothing of what it took: what keeps retries from being counted twice stands before it.
test("63 the same bytes sent twice without a time are counted twice", async () => {
  const receiver = await startReceiver();
  const answers = [await receiver.post({ body: MINIMAL }), await receiver.post({ body: MINIMAL })];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(receiver.sink.records.length).toBe(2);
});

const GZIP = gzipSync(MINIMAL);
const BAD = JSON.stringify(jsonRequest([{}, { timeUnixNano: "x" }]));
const REQUESTS: readonly (readonly [reason: string, options: PostOptions])[] = [
  ["ok", { body: MINIMAL }],
  ["ok", { body: GZIP, headers: { "Content-Encoding": "gzip" } }],
  ["ok", { body: "" }],
  ["partial", { type: "application/json", body: BAD }],
  ["not_found", { path: "/nowhere", body: MINIMAL }],
  ["method", { method: "GET" }],
  ["expectation", { headers: { Expect: "tea" } }],
  ["unauthorized", { body: MINIMAL, headers: { Authorization: "Bearer wrong" } }],
  ["media_type", { type: "text/plain", body: "x" }],
  ["coding", { body: MINIMAL, headers: { "Content-Encoding": "br" } }],
  ["too_large", { body: Buffer.alloc(5_000) }],
  ["over_budget", { body: Buffer.alloc(4_000) }],
  ["corrupt", { body: "x", headers: { "Content-Encoding": "gzip" } }],
  ["undecodable", { type: "application/json", body: "{" }],
];

test("98 every request is counted once, under one reason, with its bytes, records and coding", async () => {
  const receiver = await startReceiver({
    token: "secret",
    maxBodyBytes: 4_096,
    budget: new ByteBudget(3_900),
  });
  for (const [, { headers, ...options }] of REQUESTS) {
    await receiver.post({ ...options, headers: { Authorization: "Bearer secret", ...headers } });
  }
  const socket = connect(receiver.port, "127.0.0.1", () => socket.write("nonsense\r\n\r\n"));
  socket.on("data", () => socket.end());
  await expect.poll(() => receiver.observations.length).toBe(REQUESTS.length + 1);
  const { observations } = receiver;
  expect(observations.map(({ reason }) => reason)).toEqual([
    ...REQUESTS.map(([reason]) => reason),
    "malformed",
  ]);
  const sum = (pick: (observation: (typeof observations)[number]) => number): number =>
    observations.reduce((total, observation) => total + pick(observation), 0);
  expect(sum(({ accepted }) => accepted)).toBe(receiver.sink.records.length);
  expect([sum(({ accepted }) => accepted), sum(({ rejected }) => rejected)]).toEqual([3, 1]);
  expect(sum(({ wireBytes }) => wireBytes)).toBe(MINIMAL.length + GZIP.length + BAD.length + 1 + 1);
  expect(sum(({ bodyBytes }) => bodyBytes)).toBe(2 * MINIMAL.length + BAD.length + 1);
  expect(observations[1]).toMatchObject({ coding: "gzip", encoding: "protobuf", status: 200 });
  expect(receiver.server.inFlightBytes()).toBe(0);
});
