import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SHOP_SERVICES } from "../../src/demo/line.ts";
import { createShop } from "../../src/demo/shop-sender.ts";
import type { LogBatch } from "../../src/log/batch.ts";
import { decodeProtobufRequest } from "../../src/otlp/protobuf-request.ts";
import { TestClock } from "../support/test-clock.ts";

interface Received {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

let server: Server;
let received: Received[] = [];
let otlpUrl = "";

beforeEach(async () => {
  received = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { authorization } = request.headers;
      received.push({ path: request.url, authorization, body: Buffer.concat(chunks) });
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  otlpUrl = `http://127.0.0.1:${port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test("each service sends its own lines through the SDK, with its resource, time and level; stop sends the rest", async () => {
  const clock = new TestClock();
  const openedMs = clock.now();
  const shop = createShop({ otlpUrl, clock, seed: 1, ingestToken: "let-me-in" });
  shop.start();
  await clock.advance(3_000);
  shop.setPhase("broken");
  await clock.advance(3_000);
  const { lines, errors } = shop.written();
  await shop.stop();

  const batches = received.map((request) => {
    const result = decodeProtobufRequest(request.body);
    if (result.kind !== "decoded") throw new Error(result.kind);
    return result.batch;
  });
  expect(new Set(received.map((request) => request.path))).toEqual(new Set(["/v1/logs"]));
  expect(new Set(received.map((request) => request.authorization))).toEqual(new Set(["Bearer let-me-in"]));
  expect(batches.reduce((sum, batch) => sum + batch.size, 0)).toBe(lines);
  expect(batches.reduce((sum, batch) => sum + errorsIn(batch), 0)).toBe(errors);
  expect(errors).toBeGreaterThan(3);
  expect(new Set(batches.flatMap((batch) => batch.series.map((series) => series.service)))).toEqual(
    new Set(SHOP_SERVICES),
  );
  expect(new Set(batches.flatMap((batch) => batch.series.map((series) => series.environment)))).toEqual(
    new Set(["demo"]),
  );
  for (const timeMs of batches.flatMap((batch) => [...batch.timesMs])) {
    expect(timeMs).toBeGreaterThanOrEqual(openedMs);
    expect(timeMs).toBeLessThanOrEqual(openedMs + 6_000);
  }
});

function errorsIn(batch: LogBatch): number {
  return batch.severities.filter((severity) => severity >= 17).length;
}

test("a process that was paused catches up a little and leaves a gap, never a flood", async () => {
  const clock = new TestClock();
  const shop = createShop({ otlpUrl, clock, seed: 1 });
  let tick = (): void => undefined;
  const paused = createShop({
    otlpUrl,
    seed: 1,
    clock: {
      now: () => clock.now(),
      every: (_periodMs, fire) => {
        tick = fire;
        return () => undefined;
      },
      sleep: () => Promise.resolve(),
    },
  });
  shop.start();
  paused.start();
  await clock.advance(60_000);
  tick();
  expect(paused.written().lines).toBeLessThan(shop.written().lines / 10);
  await Promise.all([shop.stop(), paused.stop()]);
});
