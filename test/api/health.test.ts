import { afterEach, describe, expect, test } from "vitest";
import type { Dependency } from "../../src/api/ports.ts";
import { ApiServer } from "../support/api-server.ts";
import { settle } from "../support/test-clock.ts";

let server: ApiServer;
afterEach(async () => {
  await server.stop();
});

const UP: Dependency = { name: "database", state: "up", reason: null };
const DOWN: Dependency = { name: "redis", state: "down", reason: "connection_refused" };
const UNUSED: Dependency = { name: "slack", state: "unused", reason: null };

async function startWith(readiness: () => Promise<readonly Dependency[]>): Promise<void> {
  server = await new ApiServer({ readiness }).start();
}

describe("/readyz", () => {
  test("is 200 while nothing is down, with the state of each dependency", async () => {
    await startWith(() => Promise.resolve([UP, UNUSED]));
    const { status, json } = await server.call("GET", "/readyz");
    expect(status).toBe(200);
    expect(json).toStrictEqual({
      status: "ready",
      dependencies: { database: { state: "up", reason: null }, slack: { state: "unused", reason: null } },
    });
  });

  test("is 503 and says what is wrong while one is down", async () => {
    await startWith(() => Promise.resolve([UP, DOWN]));
    const { status, json, headers } = await server.call("GET", "/readyz");
    expect(status).toBe(503);
    expect(headers["retry-after"]).toBe("5");
    expect(json).toMatchObject({
      status: "not_ready",
      dependencies: { redis: { state: "down", reason: "connection_refused" } },
    });
  });

  test.for<[string, () => Promise<readonly Dependency[]>]>([
    ["rejects", () => Promise.reject(new Error("hush"))],
    [
      "throws",
      () => {
        throw new Error("hush");
      },
    ],
  ])("is 503 where the check %s", async ([, readiness]) => {
    await startWith(readiness);
    const { status, text } = await server.call("GET", "/readyz");
    expect(status).toBe(503);
    expect(text).not.toContain("hush");
  });

  test("is 503 where the check takes too long", async () => {
    await startWith(() => new Promise(() => {}));
    const answer = server.call("GET", "/readyz");
    while (server.clock.pending === 0) await settle();
    await server.clock.advance(2_000);
    expect((await answer).status).toBe(503);
    expect(server.clock.pending).toBe(0);
  });
});

describe.for(["/health", "/healthz"])("%s", (path) => {
  test("is 200 while the process answers, whatever is down", async () => {
    await startWith(() => Promise.resolve([DOWN]));
    await server.clock.advance(61_500);
    const { status, json } = await server.call("GET", path);
    expect(status).toBe(200);
    expect(json).toStrictEqual({
      status: "ok",
      version: "1.2.3",
      started_at: "2024-01-15T10:30:45Z",
      uptime_seconds: 61,
      dependencies: { redis: { state: "down", reason: "connection_refused" } },
    });
  });

  test("does not wait long for a dependency", async () => {
    await startWith(() => new Promise(() => {}));
    const answer = server.call("GET", path);
    while (server.clock.pending === 0) await settle();
    await server.clock.advance(250);
    expect((await answer).status).toBe(200);
  });
});

test("/services shows every service with its baseline", async () => {
  server = await new ApiServer({
    services: () => [
      {
        service: "cart",
        namespace: "",
        environment: "production",
        logsPerMinute: 120,
        errorRate: 0.25,
        baseline: { logsPerMinute: 100, errorRate: null },
        state: "anomalous",
        learningUntilMs: 1_705_347_000_000,
        lastSeenAtMs: 1_705_314_645_000,
      },
    ],
  }).start();
  expect((await server.call("GET", "/services")).json).toStrictEqual({
    services: [
      {
        service: "cart",
        namespace: null,
        environment: "production",
        logs_per_minute: 120,
        error_rate: 0.25,
        baseline: { logs_per_minute: 100, error_rate: null },
        state: "anomalous",
        learning: { until: "2024-01-15T19:30:00Z", reason: "its first day: only what is plain is told" },
        last_seen_at: "2024-01-15T10:30:45Z",
      },
    ],
  });
});
