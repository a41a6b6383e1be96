import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_DESTINATION } from "../../src/alert/route.ts";
import { DeliveryWorker } from "../../src/notify/deliver.ts";
import { WebhookNotifier } from "../../src/notify/webhook.ts";
import { MemoryAlerts } from "../../src/store/memory-alerts.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { following, opening } from "../support/store-samples.ts";
import { TestClock } from "../support/test-clock.ts";

const SECRET = "0123456789abcdef";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("a webhook", () => {
  const clock = new TestClock();
  const { signal } = new AbortController();
  let server: Server;
  let received: Received[];
  let statuses: number[];
  let notifier: WebhookNotifier;

  beforeEach(async () => {
    received = [];
    statuses = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(statuses.shift() ?? 204, { "Retry-After": "7", Location: "/elsewhere" }).end();
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    notifier = new WebhookNotifier({ name: "ops", url: `http://127.0.0.1:${port}/x`, secret: SECRET, clock });
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test("gets the alert as JSON, signed with its time; a receiver can check it with openssl", async () => {
    const alert = sampleAlert();
    expect(await notifier.post(alert, DEFAULT_DESTINATION, signal)).toMatchObject({ kind: "delivered" });
    const [{ headers, body } = { headers: {}, body: "" }] = received;
    const timestamp = String(headers["tocsin-timestamp"]);
    expect(Number(timestamp)).toBe(Math.floor(clock.now() / 1_000));
    const hmac = createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex");
    expect(headers["tocsin-signature"]).toBe(`v1=${hmac}`);
    expect(headers["tocsin-delivery"]).toBe(`${alert.id}.1`);
    expect(JSON.parse(body)).toMatchObject({
      event: "opened",
      alert: { anomaly_id: alert.id, severity: "high" },
    });
    await notifier.update(sampleAlert({ status: "resolved", version: 2 }), {}, signal);
    expect(JSON.parse(received[1]?.body ?? "")).toMatchObject({ event: "resolved" });
  });

  test.for<[number, boolean, number | null]>([
    [500, true, 7_000],
    [429, true, 7_000],
    [408, true, 7_000],
    [404, false, 7_000],
    [401, false, 7_000],
    [302, false, 7_000],
  ])("%s: retryable %s", async ([status, retryable, retryAfterMs]) => {
    statuses.push(status);
    const outcome = await notifier.post(sampleAlert(), DEFAULT_DESTINATION, signal);
    expect(outcome).toEqual({ kind: "failed", retryable, retryAfterMs, reason: `http_${status}` });
    expect(received).toHaveLength(1);
  });

  test("nobody there is tried again", async () => {
    const nobody = new WebhookNotifier({ name: "x", url: "http://127.0.0.1:1/", secret: SECRET, clock });
    expect(await nobody.post(sampleAlert(), DEFAULT_DESTINATION, signal)).toMatchObject({
      retryable: true,
      reason: "network",
    });
  });

  test("is retried by the outbox in a lane of its own, and told the newest state", async () => {
    const alerts = new MemoryAlerts();
    const worker = new DeliveryWorker({
      outbox: alerts.outbox,
      notifier,
      lane: "hook:ops",
      loadAlert: (id) => alerts.get(id),
      clock,
      log: pino({ enabled: false }),
      random: () => 1,
    });
    statuses.push(503);
    const alert = sampleAlert();
    await alerts.commit(opening(alert, { deliveries: [{ kind: "post", hook: "ops" }, { kind: "post" }] }));
    worker.start();
    await expect.poll(() => received.length).toBe(1);
    await alerts.commit(following(alert, { deliveries: [{ kind: "update", hook: "ops" }] }));
    await clock.advance(8_000);
    await expect
      .poll(async () => {
        await clock.advance(1_000);
        return (await alerts.outbox.backlog("hook:ops")).count;
      })
      .toBe(0);
    expect(JSON.parse(received[1]?.body ?? "")).toMatchObject({ event: "opened" });
    expect((await alerts.outbox.backlog("notify")).count).toBe(1);
    const stopped = worker.stop();
    await clock.advance(60_000);
    await stopped;
  });
});
