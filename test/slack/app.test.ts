import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSlackApp, type SlackApp } from "../../src/slack/app.ts";
import { FakeVerbs } from "../support/fake-verbs.ts";
import { loneAlert } from "../support/slack-alerts.ts";
import { type Click, clickBody, SIGNING_SECRET, slackPost, slashBody } from "../support/slack-request.ts";
import { FakeSlack } from "../support/slack-web-api.ts";
import { settle, TestClock } from "../support/test-clock.ts";

const ID = "anom_20240115_103045";
const NO_ID = "anom_19990101_000000";

const failures: readonly (readonly [name: string, breakIt: (verbs: FakeVerbs) => void, text: string])[] = [
  [
    "a stale one is refused in words",
    (verbs) => {
      verbs.refusal = "It is resolved already.";
    },
    "It is resolved already.",
  ],
  ["an alert that is gone is told", (verbs) => verbs.alerts.clear(), "There is no anomaly"],
  [
    "a database out of reach is told",
    (verbs) => {
      verbs.mode = "unavailable";
    },
    "database is out of reach",
  ],
  [
    "a bug is told",
    (verbs) => {
      verbs.mode = "throws";
    },
    "That failed",
  ],
];

interface Answer {
  readonly response_type: string;
  readonly text: string;
  readonly blocks: readonly unknown[];
}

describe("Slack over HTTP", () => {
  let slack: FakeSlack;
  let verbs: FakeVerbs;
  let clock: TestClock;
  let lines: string[];
  let app: SlackApp;
  let server: Server;
  let url: string;

  beforeEach(async () => {
    slack = await FakeSlack.start();
    verbs = new FakeVerbs(loneAlert());
    // Bolt compares the signature's time with the real one.
    clock = new TestClock(Date.now());
    lines = [];
    const web = express();
    app = createSlackApp({
      botToken: "xoxb-secret",
      signingSecret: SIGNING_SECRET,
      apiUrl: slack.apiUrl,
      channel: "#alerts",
      express: web,
      verbs,
      clock,
      log: pino({ level: "debug" }, { write: (line: string) => lines.push(line) }),
      random: () => 0,
    });
    web.use(express.json());
    web.post("/other", (request, response) => {
      response.json(request.body);
    });
    server = web.listen(0, "127.0.0.1");
    await new Promise((resolve) => {
      server.once("listening", resolve);
    });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
  });

  afterEach(async () => {
    verbs.release();
    await app.stop();
    server.closeAllConnections();
    server.close();
    await slack.stop();
  });

  async function slash(text: string, command?: string): Promise<Answer> {
    const response = await slackPost(url, slashBody(text, slack.responseUrl, command));
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  }

  /** Until something happened on the other side of a socket. */
  async function until(done: () => boolean): Promise<void> {
    for (let turn = 0; turn < 5_000 && !done(); turn++) await settle();
    expect(done()).toBe(true);
  }

  async function click(
    actionId: string,
    value: string,
    more: Partial<Click> = {},
  ): Promise<Answer & { replace_original: boolean }> {
    const body = clickBody({ actionId, value, responseUrl: slack.responseUrl, ...more });
    const response = await slackPost(url, body);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    await until(() => slack.of("respond").length > 0);
    return slack.of("respond").at(-1) as unknown as Answer & { replace_original: boolean };
  }

  describe("the command", () => {
    test.for([
      ["recent", "The latest anomaly"],
      ["recent 999", "The latest anomaly"],
      [`show ${ID}`, `:red_circle: High: error spike in payment-api (${ID})`],
      [`show ${NO_ID}`, `There is no anomaly \`${NO_ID}\``],
      [`analyze ${ID}`, `${ID}: Claude is asked again`],
      [`analyze ${NO_ID}`, `There is no anomaly \`${NO_ID}\``],
      [`ack ${ID}`, `${ID}: Acknowledged.`],
      [`resolve ${ID}`, `${ID}: Resolved.`],
      ["help", "What /anomalies can do"],
      ["", "What /anomalies can do"],
      ["<!channel>", 'Unknown command "&lt;!channel&gt;".'],
    ] as const)("/anomalies %s answers the one who asked: %s", async ([text, answer]) => {
      const given = await slash(text);
      expect(given.response_type).toBe("ephemeral");
      expect(given.text).toContain(answer);
      expect(given.blocks.length).toBeGreaterThan(0);
    });

    test("recent asks for as many as told, at most 50", async () => {
      await slash("recent 3");
      await slash("recent 999");
      expect(verbs.queries).toEqual([{ limit: 3 }, { limit: 50 }]);
    });

    test("verbs hear who asked", async () => {
      await slash(`analyze ${ID}`);
      expect(verbs.asked).toEqual([
        { verb: "analyze", id: ID, actor: { kind: "slack", id: "U01", name: "alice" } },
      ]);
    });

    test("it may have another name", async () => {
      expect((await slash("help", "/tocsin")).text).toBe("What /tocsin can do");
    });

    test("a refusal is told in the verb's words", async () => {
      verbs.refusal = "An analysis is running already.";
      expect((await slash(`analyze ${ID}`)).text).toBe("An analysis is running already.");
    });

    test.for(["recent", `show ${ID}`, `analyze ${ID}`])(
      "a database out of reach is told: %s",
      async (text) => {
        verbs.mode = "unavailable";
        expect((await slash(text)).text).toContain("database is out of reach");
      },
    );

    test("a bug is told too, and logged without what people wrote", async () => {
      verbs.mode = "throws";
      expect((await slash(`show ${ID}`)).text).toBe("That failed; it has been logged.");
      expect(lines.join("")).toContain("answering Slack failed");
      expect(lines.join("")).not.toMatch(/text of a user|xoxb-secret/);
    });

    test("what takes long is acknowledged in time and answered later", async () => {
      verbs.mode = "hangs";
      const asked = slash(`show ${ID}`);
      await until(() => clock.pending >= 2);
      await clock.advance(2_000);
      expect((await asked).text).toBe("Working on it…");
      verbs.release();
      await until(() => slack.of("respond").length > 0);
      expect(slack.of("respond")[0]).toMatchObject({
        response_type: "ephemeral",
        replace_original: true,
        text: expect.stringContaining(ID),
      });
    });

    test("what never ends is answered as well", async () => {
      verbs.mode = "hangs";
      const asked = slash(`show ${ID}`);
      await until(() => clock.pending >= 2);
      await clock.advance(2_000);
      await asked;
      await clock.advance(30_000);
      await until(() => slack.of("respond").length > 0);
      expect(slack.of("respond")[0]?.["text"]).toBe("That took too long. Please try again shortly.");
    });
  });

  describe("buttons", () => {
    test.for([
      ["anomaly:analyze", "analyze"],
      ["anomaly:acknowledge", "acknowledge"],
      ["anomaly:resolve", "resolve"],
    ] as const)("%s calls its verb for the one who clicked", async ([actionId, verb]) => {
      const answer = await click(actionId, ID);
      expect(verbs.asked).toEqual([{ verb, id: ID, actor: { kind: "slack", id: "U01", name: "alice" } }]);
      expect(answer).toMatchObject({ response_type: "ephemeral", replace_original: false });
    });

    test("in an answer that one person sees, the answer is replaced by the new state", async () => {
      const answer = await click("anomaly:acknowledge", ID, { ephemeral: true });
      expect(answer.replace_original).toBe(true);
      expect(JSON.stringify(answer.blocks)).toContain("Acknowledged by alice");
    });

    test.for(failures)("%s", async ([, breakIt, text]) => {
      breakIt(verbs);
      expect((await click("anomaly:acknowledge", ID)).text).toContain(text);
    });

    test("a button nobody knows is acknowledged at once", async () => {
      const body = clickBody({ actionId: "other:thing", value: "x", responseUrl: slack.responseUrl });
      expect((await slackPost(url, body)).status).toBe(200);
    });
  });

  describe("requests", () => {
    const body = slashBody("help", "http://127.0.0.1:1/");

    test("a wrong signature, none, and one from another time are refused", async () => {
      const now = Date.now();
      expect((await slackPost(url, body, { secret: "wrong" })).status).toBe(401);
      expect((await slackPost(url, body, { unsigned: true })).status).toBe(401);
      expect((await slackPost(url, body, { atMs: now - 10 * 60_000 })).status).toBe(401);
      expect((await slackPost(url, body, { atMs: now + 10 * 60_000 })).status).toBe(401);
      expect((await slackPost(url, body, { atMs: now + 30_000 })).status).toBe(200);
    });

    test("the certificate check is answered, signed or not, and does nothing else", async () => {
      const check = "ssl_check=1&token=abc";
      expect((await slackPost(url, check)).status).toBe(200);
      expect((await slackPost(url, check, { unsigned: true })).status).toBe(200);
      const smuggled = `${body}&ssl_check=1`;
      const answer = await slackPost(url, smuggled, { unsigned: true });
      expect([answer.status, await answer.text()]).toEqual([200, ""]);
    });

    test("Slack's challenge is answered on the same URL", async () => {
      const challenge = JSON.stringify({ type: "url_verification", challenge: "abc", token: "x" });
      const response = await slackPost(url, challenge, { contentType: "application/json" });
      expect(await response.json()).toEqual({ challenge: "abc" });
    });

    test("a charset that a proxy adds does no harm", async () => {
      const contentType = "application/x-www-form-urlencoded; charset=UTF-8";
      expect((await slackPost(url, body, { contentType })).status).toBe(200);
    });

    test("an event that nobody listens to is acknowledged", async () => {
      const event = JSON.stringify({
        type: "event_callback",
        team_id: "T1",
        event: { type: "app_mention", user: "U1", channel: "C1", ts: "1.0", text: "x" },
      });
      expect((await slackPost(url, event, { contentType: "application/json" })).status).toBe(200);
    });

    test("a body that is too large or broken is refused", async () => {
      expect((await slackPost(url, "x".repeat(1024 * 1024 + 1))).status).toBe(413);
      expect((await slackPost(url, "{", { contentType: "application/json" })).status).toBe(400);
    });

    test("parsers that come after it work for the rest", async () => {
      const response = await fetch(url.replace("/slack/events", "/other"), {
        method: "POST",
        body: '{"a":1}',
        headers: { "content-type": "application/json" },
      });
      expect(await response.json()).toEqual({ a: 1 });
    });
  });

  describe("the connection", () => {
    test("commands work before Slack was ever reached", async () => {
      expect(app.status()).toMatchObject({ mode: "http", connected: false, reason: "connecting" });
      expect((await slash("help")).text).toBe("What /anomalies can do");
    });

    test("a start that Slack refuses is tried again, with the reason to be seen meanwhile", async () => {
      slack.refuse("auth.test", "invalid_auth");
      slack.plan("auth.test", { status: 503, body: "down" });
      app.start();
      await until(() => app.status().reason === "invalid_auth" && clock.pending > 0);
      await clock.advance(500);
      await until(() => app.status().reason === "http_503" && clock.pending > 0);
      await clock.advance(1_000);
      await until(() => app.status().connected);
      expect(app.status()).toEqual({
        mode: "http",
        connected: true,
        reason: null,
        team: "Acme",
        botName: "tocsin",
      });
    });

    test("a stop does not wait for the next try", async () => {
      slack.refuse("auth.test", "invalid_auth");
      app.start();
      await until(() => clock.pending > 0);
      await app.stop();
      expect(clock.pending).toBe(0);
    });
  });
});
