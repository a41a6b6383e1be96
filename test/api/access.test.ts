import { afterEach, describe, expect, test } from "vitest";
import { apiRoutes } from "../../src/api/api.ts";
import { ApiServer } from "../support/api-server.ts";

const API = "api-token-0123456789";
const INGEST = "ingest-token-0123456789";
const ONE = '{"logs":[{"message":"a"}]}';

let server: ApiServer;
afterEach(async () => {
  await server.stop();
});

async function ingestStatus(token: string | null): Promise<number> {
  const headers = {
    "content-type": "application/json",
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return (await server.call("POST", "/logs/ingest", { headers, body: ONE })).status;
}

describe("with an API token", () => {
  test("everything needs it but health, readiness and metrics", async () => {
    server = await new ApiServer({ tokens: { api: API, ingest: null } }).start();
    for (const { method, path } of apiRoutes(server.deps)) {
      const real = path.replace(":id", "anom_20240115_103045");
      const open = ["/health", "/healthz", "/readyz", "/metrics"].includes(path);
      const { status, headers } = await server.call(method.toUpperCase(), real);
      expect([path, status]).toStrictEqual([path, open ? 200 : 401]);
      expect(headers["www-authenticate"]).toBe(open ? undefined : 'Bearer realm="tocsin"');
    }
    expect(server.verbs.calls).toStrictEqual([]);
  });

  test.for<[string, string, number]>([
    ["the token", `Bearer ${API}`, 200],
    ["the token under a lower-case scheme", `bearer ${API}`, 200],
    ["another token", "Bearer other", 401],
    ["the token's beginning", `Bearer ${API.slice(0, -1)}`, 401],
    ["the token and more", `Bearer ${API}x`, 401],
    ["another scheme", `Basic ${API}`, 401],
    ["the bare token", API, 401],
    ["an empty token", "Bearer ", 401],
    ["a very long token", `Bearer ${"x".repeat(5_000)}`, 401],
    ["the ingest token", `Bearer ${INGEST}`, 401],
  ])("%s is answered as it should be", async ([, authorization, expected]) => {
    server = await new ApiServer({ tokens: { api: API, ingest: INGEST } }).start();
    const { status } = await server.call("GET", "/alerts/recent", { headers: { authorization } });
    expect(status).toBe(expected);
  });

  test("unknown paths and methods are told only to its holders", async () => {
    server = await new ApiServer({ tokens: { api: API, ingest: null } }).start();
    const headers = { authorization: `Bearer ${API}` };
    const statuses = [];
    for (const [method, path] of [
      ["GET", "/nothing"],
      ["DELETE", "/alerts/recent"],
    ] as const) {
      statuses.push((await server.call(method, path, { undescribed: true })).status);
      statuses.push((await server.call(method, path, { undescribed: true, headers })).status);
    }
    expect(statuses).toStrictEqual([401, 404, 401, 405]);
  });
});

describe("POST /logs/ingest", () => {
  test.for<[string, { api: string | null; ingest: string | null }, readonly [number, number, number]]>([
    ["without tokens is open", { api: null, ingest: null }, [202, 202, 202]],
    ["takes the API token", { api: API, ingest: null }, [401, 202, 401]],
    ["takes the ingest token", { api: null, ingest: INGEST }, [401, 401, 202]],
    ["takes either of both", { api: API, ingest: INGEST }, [401, 202, 202]],
  ])("%s", async ([, tokens, expected]) => {
    server = await new ApiServer({ tokens }).start();
    const statuses = [await ingestStatus(null), await ingestStatus(API), await ingestStatus(INGEST)];
    expect(statuses).toStrictEqual([...expected]);
  });

  test("with the ingest token alone, reading stays open", async () => {
    server = await new ApiServer({ tokens: { api: null, ingest: INGEST } }).start();
    expect((await server.call("GET", "/alerts/recent")).status).toBe(200);
  });
});
