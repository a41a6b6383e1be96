import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { alertView } from "../../src/alert/view.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { ApiServer } from "../support/api-server.ts";

const ID = "anom_20240115_103045";

let server: ApiServer;
beforeEach(async () => {
  server = await new ApiServer().start();
});
afterEach(async () => {
  await server.stop();
});

function errorCode(json: unknown): unknown {
  return (json as { error?: { code?: unknown } }).error?.code;
}

describe("GET /alerts/recent", () => {
  test("answers the original example's shape", async () => {
    const { status, json, headers } = await server.call("GET", "/alerts/recent");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(json).toStrictEqual({ alerts: [alertView(sampleAlert())] });
    expect(server.verbs.asked).toStrictEqual([{ limit: 10 }]);
  });

  test("passes every filter on, and an empty one counts as not given", async () => {
    await server.call(
      "GET",
      "/alerts/recent?limit=200&severity=high&category=error_spike&service=a%2Fb&status=open",
    );
    await server.call("GET", "/alerts/recent?limit=10&severity=&category=&service=&status=");
    expect(server.verbs.asked).toStrictEqual([
      { limit: 200, severity: "high", category: "error_spike", service: "a/b", status: "open" },
      { limit: 10 },
    ]);
  });

  test.for([
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=1.5",
    "limit=ten",
    "limit=1e2",
    "severity=huge",
    "category=none",
    "status=closed",
    `service=${"x".repeat(256)}`,
    "limit=5&limit=6",
    "limit[]=5",
    "sevrity=high",
    "__proto__=1",
  ])("refuses ?%s with 400", async (search) => {
    const { status, json } = await server.call("GET", `/alerts/recent?${search}`);
    expect(status).toBe(400);
    expect(errorCode(json)).toBe("bad_request");
    expect(server.verbs.asked).toStrictEqual([]);
  });

  test("has no alerts where there are none", async () => {
    server.verbs.alerts = [];
    expect((await server.call("GET", "/alerts/recent")).json).toStrictEqual({ alerts: [] });
  });
});

describe("one alert", () => {
  test("is shown by its id", async () => {
    const { status, json } = await server.call("GET", `/alerts/${ID}`);
    expect(status).toBe(200);
    expect(json).toStrictEqual(alertView(sampleAlert()));
  });

  test("shows its audit trail, each event with who did it", async () => {
    const { json } = await server.call("GET", `/alerts/${ID}/events`);
    const { events } = json as { events: { type: string }[] };
    expect(events.map((event) => event.type)).toStrictEqual([
      "opened",
      "anomaly_added",
      "reopened",
      "escalated",
      "peaked",
      "adopted",
      "acknowledged",
      "analysis_requested",
      "analysed",
      "analysis_failed",
      "resolved",
    ]);
    expect(events[6]).toStrictEqual({
      at: "2024-01-15T10:30:45Z",
      type: "acknowledged",
      actor: { kind: "slack", id: "U1", name: "Ada" },
      details: {},
    });
  });

  test.for([
    "/alerts/anom_x",
    "/alerts/anom_x/events",
    "/alerts/%3Cscript%3E",
    "/alerts/a%2Fb",
    `/alerts/${"a".repeat(500)}`,
  ])("%s is 404", async (path) => {
    const { status, json } = await server.call("GET", path);
    expect(status).toBe(404);
    expect(errorCode(json)).toBe("not_found");
  });
});

describe("verbs", () => {
  test.for([
    ["acknowledge", 200],
    ["resolve", 200],
    ["analyze", 202],
  ] as const)("%s answers %i with the alert and acts as the API", async ([verb, expected]) => {
    const { status, json } = await server.call("POST", `/alerts/${ID}/${verb}`);
    expect(status).toBe(expected);
    expect(json).toStrictEqual(alertView(sampleAlert()));
    expect(server.verbs.calls).toStrictEqual([
      { verb, id: ID, actor: { kind: "api", id: "api", name: "API" } },
    ]);
  });

  test.for(["acknowledge", "resolve", "analyze"])("%s of an unknown alert is 404", async (verb) => {
    expect((await server.call("POST", `/alerts/nope/${verb}`)).status).toBe(404);
    expect((await server.call("POST", `/alerts/a%20b/${verb}`)).status).toBe(404);
  });

  test.for(["acknowledge", "resolve", "analyze"])(
    "%s that the alert's state forbids is 409 with the reason",
    async (verb) => {
      server.verbs.refusal = "An analysis is running.";
      const { status, json } = await server.call("POST", `/alerts/${ID}/${verb}`);
      expect(status).toBe(409);
      expect(json).toStrictEqual({ error: { code: "conflict", message: "An analysis is running." } });
    },
  );

  test("a page of another site cannot change anything through a visitor's browser", async () => {
    const foreign = [
      { "sec-fetch-site": "cross-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
    ];
    for (const headers of foreign) {
      const { status } = await server.call("POST", `/alerts/${ID}/resolve`, { headers });
      expect(status).toBe(403);
    }
    expect(server.verbs.calls).toStrictEqual([]);
    const own = { "sec-fetch-site": "same-origin", origin: "https://evil.example" };
    expect((await server.call("POST", `/alerts/${ID}/resolve`, { headers: own })).status).toBe(200);
  });
});

describe("failures", () => {
  const PATHS = [
    ["GET", "/alerts/recent"],
    ["GET", `/alerts/${ID}`],
    ["GET", `/alerts/${ID}/events`],
    ["POST", `/alerts/${ID}/resolve`],
  ] as const;

  test.for(PATHS)("%s %s is 503 with Retry-After while the database is gone", async ([method, path]) => {
    server.verbs.down = true;
    const { status, json, headers } = await server.call(method, path);
    expect(status).toBe(503);
    expect(errorCode(json)).toBe("unavailable");
    expect(headers["retry-after"]).toBe("5");
  });

  test.for(PATHS)("a bug behind %s %s is 500 and tells nothing, nor does the log", async ([method, path]) => {
    server.verbs.broken = true;
    const { status, text } = await server.call(method, path, { undescribed: true });
    expect(status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ error: { code: "internal" } });
    expect(text).not.toContain("hush");
    expect(server.logged).toHaveLength(1);
    expect(server.logged[0]).toContain("TypeError");
    expect(server.logged[0]).not.toContain("hush");
  });

  test("an unknown path is 404, a path that cannot be decoded 400", async () => {
    const unknown = await server.call("GET", "/nothing", { undescribed: true });
    expect([unknown.status, errorCode(unknown.json)]).toStrictEqual([404, "not_found"]);
    const broken = await server.call("GET", "/alerts/%E0%A4%A", { undescribed: true });
    expect([broken.status, errorCode(broken.json)]).toStrictEqual([400, "bad_request"]);
  });

  test.for([
    ["DELETE", "/alerts/recent", "GET, HEAD"],
    ["GET", `/alerts/${ID}/resolve`, "POST"],
    ["PUT", "/logs/ingest", "POST"],
    ["OPTIONS", "/health", "GET, HEAD"],
  ] as const)("%s %s is 405 and says what is allowed", async ([method, path, allow]) => {
    const { status, json, headers } = await server.call(method, path, { undescribed: true });
    expect([status, errorCode(json), headers.allow]).toStrictEqual([405, "method_not_allowed", allow]);
  });
});

test("HEAD answers as GET does, without a body", async () => {
  const { status, text } = await server.call("HEAD", "/alerts/recent", { undescribed: true });
  expect([status, text]).toStrictEqual([200, ""]);
});

test("every answer forbids guessing, framing, caching and loading", async () => {
  const { headers } = await server.call("GET", "/alerts/recent");
  expect(headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    "content-security-policy": expect.stringContaining("default-src 'none'"),
  });
  expect(headers["x-powered-by"]).toBeUndefined();
});
