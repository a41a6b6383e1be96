import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiServer, type Answer } from "../support/api-server.ts";
import { FlakyAlerts } from "../support/flaky-alerts.ts";
import { LifeOffice } from "../support/life-office.ts";
import { OPENED_AT_MS } from "../support/sample-alert.ts";

const ID = "anom_20240115_103045";
const OTHER = "anom_20240115_103046";
const JSON_HEADERS = { "content-type": "application/json" };

describe("the alert's life over HTTP", () => {
  let alerts: FlakyAlerts;
  let office: LifeOffice;
  let server: ApiServer;

  beforeEach(async () => {
    alerts = new FlakyAlerts();
    office = new LifeOffice(alerts);
    await office.open();
    server = await new ApiServer({ verbs: office.verbs, clock: office.clock }).start();
  });

  afterEach(() => server.stop());

  function post(path: string, body?: unknown): Promise<Answer> {
    return server.call("POST", path, {
      headers: body === undefined ? {} : JSON_HEADERS,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  test.for<[string, unknown, object]>([
    ["note", { text: "pool" }, { notes: [{ by: "API", text: "pool" }] }],
    ["assign", { to: "bob" }, { assignee: "bob" }],
    ["snooze", { for: "1h" }, { snoozed_until: "2024-01-15T11:30:45Z" }],
    ["snooze", { until: "2024-01-15T12:00:00Z" }, { snoozed_until: "2024-01-15T12:00:00Z" }],
    ["feedback", { rating: "wrong" }, { feedback: [{ by: "API", rating: "wrong", outdated: false }] }],
    ["resolve", undefined, { status: "resolved", resolved_by: "API" }],
  ])("%s %j answers with the alert", async ([verb, body, expected]) => {
    const { status, json } = await post(`/alerts/${ID}/${verb}`, body);
    expect(status).toBe(200);
    expect(json).toMatchObject({ anomaly_id: ID, ...expected });
  });

  test("a hint goes with the analysis that it asks for; what is no hint is refused", async () => {
    const { rootCause, impact, recommendedActions, confidence } = await office.stored(ID);
    const findings = { rootCause, impact, recommendedActions, confidence };
    const analysis = { status: "done", by: "claude", model: "m", reason: null } as const;
    await office.desk.apply(ID, [{ type: "analysed", analysis, findings }]);
    expect((await post(`/alerts/${ID}/analyze`, { hint: 7 })).status).toBe(400);
    const { status, json } = await post(`/alerts/${ID}/analyze`, { hint: "the deploy" });
    expect(status).toBe(202);
    expect(json).toMatchObject({ notes: [{ text: "the deploy" }], analysis: { status: "pending" } });
    const { json: trail } = await server.call("GET", `/alerts/${ID}/events`);
    expect(JSON.stringify(trail)).toContain('"hint":true');
  });

  test("merge answers with the alert that goes on, reopen with the alert", async () => {
    await office.open({ id: OTHER });
    const merged = await post(`/alerts/${OTHER}/merge`, { into: ID });
    expect(merged.json).toMatchObject({ anomaly_id: ID, merged: [OTHER] });
    await post(`/alerts/${ID}/resolve`);
    expect((await post(`/alerts/${ID}/reopen`)).json).toMatchObject({ status: "open" });
    expect((await post(`/alerts/${ID}/reopen`)).status).toBe(409);
  });

  test("a verdict of noise comes with a proposal, which can be approved once", async () => {
    const judged = await post(`/alerts/${ID}/verdict`, { verdict: "noise" });
    expect(judged.json).toMatchObject({
      alert: { verdict: "noise" },
      proposal: { id: "p1", status: "proposed" },
    });
    expect((await server.call("GET", "/proposals")).json).toMatchObject({ proposals: [{ id: "p1" }] });
    expect((await post("/proposals/p1/approve")).json).toMatchObject({ status: "approved", mute: "m1" });
    expect((await post("/proposals/p1/reject")).status).toBe(409);
    expect((await post("/proposals/p2/reject")).status).toBe(404);
  });

  test("a mute is previewed, made, listed and ended", async () => {
    const sentence = "Would have hidden 1 alert of the last 30 days, none of which was marked real.";
    const preview = await post("/mutes/preview", { service: "payment-api" });
    expect(preview.json).toMatchObject({ alerts: 1, sentence });
    const made = await post("/mutes", { service: "payment-api", for: "2h", reason: "deploy" });
    expect(made.json).toMatchObject({
      mute: { id: "m1", kind: "mute", reason: "deploy" },
      receipt: { sentence },
    });
    const planned = {
      category: "error_spike",
      from: "2024-01-16T00:00:00Z",
      for: "2h",
      environment: "production",
    };
    expect((await post("/mutes", planned)).json).toMatchObject({
      mute: { kind: "maintenance", until: "2024-01-16T02:00:00Z" },
    });
    expect((await server.call("GET", "/mutes")).json).toMatchObject({ mutes: [{ id: "m1" }, { id: "m2" }] });
    expect((await post("/mutes/m1/end")).json).toMatchObject({ ended: { by: "API" } });
    expect((await post("/mutes/m1/end")).status).toBe(409);
    expect((await post("/mutes/m9/end")).status).toBe(404);
  });

  test("why, digest and test-alert answer", async () => {
    await post("/mutes", { service: "payment-api", for: "2h" });
    await office.desk.settled();
    const why = await server.call("GET", "/why?service=payment-api&from=2h&limit=5");
    expect(why.json).toMatchObject({ silences: [{ gate: "mute", anomaly_id: ID, count: 1 }] });
    const own = await server.call("GET", "/services/payment-api/why?from=2h&limit=5");
    expect(own.json).toEqual(why.json);
    const other = await server.call("GET", "/services/search/why?from=2h&service=payment-api");
    expect(other.json).toEqual({ silences: [] });
    const from = new Date(OPENED_AT_MS - 1_000).toISOString();
    expect((await server.call("GET", `/digest?from=${from}&to=0`)).status).toBe(200);
    expect((await server.call("GET", "/digest")).json).toMatchObject({ still_open: 0 });
    expect((await post("/test-alert")).json).toMatchObject({
      results: [{ notifier: "fake", delivered: true }],
    });
  });

  test.for<[string, string, unknown]>([
    ["POST", `/alerts/${ID}/note`, {}],
    ["POST", `/alerts/${ID}/note`, { text: 1 }],
    ["POST", `/alerts/${ID}/note`, { text: "x", more: 1 }],
    ["POST", `/alerts/${ID}/snooze`, {}],
    ["POST", `/alerts/${ID}/snooze`, { for: "soon" }],
    ["POST", `/alerts/${ID}/snooze`, { for: "1h", until: "2024-01-15T12:00:00Z" }],
    ["POST", `/alerts/${ID}/verdict`, { verdict: "perhaps" }],
    ["POST", "/mutes", { service: "a", category: "error_spike", for: "1h" }],
    ["POST", "/mutes", { for: "1h" }],
    ["POST", "/mutes", { service: "a" }],
    ["POST", "/mutes", { service: "a", for: "1h", from: "tomorrow" }],
    ["GET", "/why?limit=0", undefined],
    ["GET", "/why?when=now", undefined],
    ["GET", "/digest?from=yesterday", undefined],
  ])("%s %s %j is 400 with a sentence", async ([method, path, body]) => {
    const options = body === undefined ? {} : { headers: JSON_HEADERS, body: JSON.stringify(body) };
    const { status, json } = await server.call(method, path, options);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { code: "bad_request" } });
  });

  test("a mute that cannot be, an unknown alert, a large body and a database that is away", async () => {
    expect((await post("/mutes", { service: "a", until: "2020-01-01T00:00:00Z" })).status).toBe(409);
    expect((await post("/alerts/anom_1/note", { text: "x" })).status).toBe(404);
    expect((await post(`/alerts/${ID}/note`, { text: "x".repeat(20_000) })).status).toBe(413);
    alerts.state = "away";
    expect((await post("/mutes", { service: "a", for: "1h" })).status).toBe(503);
    expect((await server.call("GET", "/digest")).status).toBe(503);
  });
});
