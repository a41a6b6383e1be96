import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSlackApp, type SlackApp } from "../../src/slack/app.ts";
import { EVERYBODY, type RoleMembers } from "../../src/slack/roles.ts";
import { loneAlert } from "../support/slack-alerts.ts";
import {
  type Click,
  clickBody,
  type MentionEvent,
  mentionBody,
  type ModalView,
  rechooseBody,
  SIGNING_SECRET,
  slackPost,
  slashBody,
  submitBody,
} from "../support/slack-request.ts";
import { messageFaults } from "../support/slack-validator.ts";
import {
  FakeOverview,
  sampleLedgerEntry,
  sampleMute,
  sampleProposal,
  sampleService,
  SlackVerbs,
} from "../support/slack-verbs.ts";
import { FakeSlack } from "../support/slack-web-api.ts";
import { settle, TestClock } from "../support/test-clock.ts";

const ID = "anom_20240115_103045";
const NO_ID = "anom_19990101_000000";

const failures: readonly (readonly [name: string, breakIt: (verbs: SlackVerbs) => void, text: string])[] = [
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

interface Button {
  readonly action_id: string;
  readonly value: string;
  readonly text?: { readonly text: string };
}

function buttons({ blocks }: Answer): readonly Button[] {
  return (blocks as readonly { readonly type: string; readonly elements?: readonly Button[] }[]).flatMap(
    (block) => (block.type === "actions" ? (block.elements ?? []) : []),
  );
}

interface Answer {
  readonly response_type: string;
  readonly text: string;
  readonly blocks: readonly unknown[];
}

describe("Slack over HTTP", () => {
  let slack: FakeSlack;
  let verbs: SlackVerbs;
  let overview: FakeOverview;
  let roles: RoleMembers;
  let clock: TestClock;
  let lines: string[];
  let app: SlackApp;
  let server: Server;
  let url: string;

  beforeEach(async () => {
    roles = EVERYBODY;
    await start();
  });

  async function start(): Promise<void> {
    slack = await FakeSlack.start();
    overview = new FakeOverview();
    verbs = new SlackVerbs(loneAlert());
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
      overview,
      roles,
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
  }

  afterEach(stop);

  async function stop(): Promise<void> {
    verbs.release();
    await app.stop();
    server.closeAllConnections();
    server.close();
    await slack.stop();
  }

  /** The same with other people allowed. */
  async function restart(members: Partial<RoleMembers>): Promise<void> {
    await stop();
    roles = { ...EVERYBODY, ...members };
    await start();
  }

  async function slash(text: string, command?: string): Promise<Answer> {
    const response = await slackPost(url, slashBody(text, slack.responseUrl, command));
    expect(response.status).toBe(200);
    const answer = (await response.json()) as Answer;
    expect(messageFaults(answer)).toEqual([]);
    return answer;
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
    const before = slack.of("respond").length;
    const response = await slackPost(url, body);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    await until(() => slack.of("respond").length > before);
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
      ["show 20240115", `:red_circle: High: error spike in payment-api (${ID})`],
      ["mutes", "Nothing is muted."],
      ["unmute m7", "There is no mute m7."],
      ["why payment-api", "Nothing of payment-api was held back in that time."],
      ["why paymnet-api", 'Did you mean "payment-api"?'],
      ["status", "Something is down"],
      ["services", "1 service"],
      ["patterns payment-api", "No patterns of payment-api in the current window."],
      ["digest", "Digest"],
      ["test", "Test alert"],
      ["proposals", "There is no open proposal."],
      [`note ${ID} the pool was full`, `${ID}: noted.`],
      [`noise ${ID}`, `${ID}: Marked noise.`],
      ["mute payment-api 2h", "Mute service payment-api for 2 h?"],
    ] as const)("/anomalies %s answers the one who asked: %s", async ([text, answer]) => {
      const given = await slash(text);
      expect(given.response_type).toBe("ephemeral");
      expect(given.text).toContain(answer);
      expect(given.blocks.length).toBeGreaterThan(0);
    });

    test("recent asks for as many as told, at most 50", async () => {
      await slash("recent 3");
      await slash("recent 999");
      expect(verbs.queries).toEqual([{ limit: 4 }, { limit: 51 }]);
    });

    test("verbs hear who asked", async () => {
      await slash(`analyze ${ID}`);
      expect(verbs.asked).toEqual([
        { verb: "analyze", id: ID, actor: { kind: "slack", id: "U01", name: "alice" } },
      ]);
    });

    test("a hint goes with the analysis that it asks for", async () => {
      await slash(`analyze ${ID} it was the deploy`);
      expect(verbs.asked.map(({ verb }) => verb)).toEqual(["analyze"]);
      expect(verbs.hint).toBe("it was the deploy");
    });

    test.for<[string, object]>([
      ["snooze ID 2h", { snoozedUntilMs: expect.any(Number) as number }],
      ["snooze ID off", { snoozedUntilMs: null }],
      ["assign ID", { assignee: "alice" }],
      ["assign ID Bob Smith", { assignee: "Bob Smith" }],
      ["assign ID nobody", { assignee: null }],
    ])("%s does that, in the name of the one who asked", async ([text, change]) => {
      const answer = await slash(text.replace("ID", ID));
      expect(answer.text).toContain(ID);
      expect(verbs.asked).toMatchObject([{ id: ID, actor: { name: "alice" } }]);
      expect(verbs.alerts.get(ID)).toMatchObject(change);
    });

    test("merge finds both alerts by their beginnings, and says where it goes on", async () => {
      verbs.alerts.set("anom_20250101_000000", loneAlert({ id: "anom_20250101_000000" }));
      const answer = await slash(`merge anom_2025 into ${ID}`);
      expect(answer.text).toBe(`anom_20250101_000000: goes on in ${ID}.`);
      expect(verbs.alerts.get("anom_20250101_000000")).toMatchObject({ mergedInto: ID });
      expect((await slash(`merge ${ID} into ${NO_ID}`)).text).toContain("There is no anomaly");
    });

    test("public answers everybody in the channel", async () => {
      expect((await slash("recent public")).response_type).toBe("in_channel");
    });

    test("recent filters by service and severity", async () => {
      await slash("recent 5 payment-api high");
      expect(verbs.queries).toEqual([{ limit: 6, service: "payment-api", severity: "high" }]);
    });

    test("an id that begins several is not guessed", async () => {
      verbs.alerts.set(`${ID}_2`, loneAlert({ id: `${ID}_2` }));
      const given = await slash("ack 20240115");
      expect(given.text).toContain(`\`${ID}\`, \`${ID}_2\``);
      expect(verbs.asked).toEqual([]);
    });

    test("mute shows its receipt and saves nothing before the button", async () => {
      const given = await slash("mute payment-api 2h");
      expect(JSON.stringify(given.blocks)).toContain("Would have hidden 14 alerts of the last 30 days");
      expect(verbs.muteRequests).toEqual([]);
      const confirm = buttons(given).find(({ action_id: id }) => id === "mute:confirm");
      const answer = await click("mute:confirm", confirm?.value ?? "", { ephemeral: true });
      expect(answer.text).toContain(":mute: Muted service payment-api until");
      expect(verbs.muteRequests).toEqual([
        {
          target: { kind: "service", value: "payment-api", environment: null },
          startsAtMs: null,
          untilMs: clock.now() + 7_200_000,
          reason: null,
        },
      ]);
    });

    test("lists and reports show what there is", async () => {
      verbs.muted = [sampleMute({ reason: "the upgrade" })];
      verbs.ledger = [sampleLedgerEntry()];
      verbs.proposed = [sampleProposal()];
      overview.found = [{ environment: "production", template: "GET /cart/<*> 200", count: 812 }];
      expect(JSON.stringify(await slash("mutes"))).toMatch(/`m1` service payment-api until .* · the upgrade/);
      expect(JSON.stringify(await slash("why payment-api 2h"))).toContain(
        "*cooldown*: within 15 m of the last one",
      );
      expect(verbs.whyQueries[0]).toMatchObject({ service: "payment-api", fromMs: clock.now() - 7_200_000 });
      expect(JSON.stringify(await slash("patterns payment-api"))).toContain(
        "812 × `GET /cart/&lt;∗&gt; 200`".replace("∗", "*"),
      );
      expect(JSON.stringify(await slash("proposals"))).toContain(
        "`p1` mute service payment-api in production",
      );
      expect(JSON.stringify(await slash("services"))).toContain("*payment-api* production anomalous");
      overview.known = [sampleService({ learningUntilMs: clock.now() + 3_600_000 })];
      expect(JSON.stringify(await slash("services"))).toContain("first day until <!date^");
      overview.notes = ["cart: records come 90 s after their own time"];
      const status = JSON.stringify(await slash("status"));
      expect(status).toContain(":x: slack down: channel not found");
      expect(status).toContain(":warning: cart: records come 90 s after their own time");
    });

    test("long lists turn pages with buttons, in the place of the page before", async () => {
      overview.known = Array.from({ length: 45 }, (_, i) =>
        sampleService({ service: `service-${i}`, state: "normal" }),
      );
      const first = await slash("services");
      expect(buttons(first).map(({ text }) => text?.text)).toEqual(["More"]);
      const second = await click("page:on", buttons(first)[0]?.value ?? "", { ephemeral: true });
      expect(second.replace_original).toBe(true);
      expect(JSON.stringify(second)).toContain("*service-20*");
      expect(buttons(second).map(({ text }) => text?.text)).toEqual(["Back", "More"]);
    });

    test("recent turns to older ones", async () => {
      for (let i = 0; i < 25; i++) {
        const id = `anom_20240115_1031${String(i).padStart(2, "0")}`;
        verbs.alerts.set(id, loneAlert({ id }));
      }
      const first = await slash("recent");
      await click("page:on", buttons(first)[0]?.value ?? "", { ephemeral: true });
      expect(verbs.queries).toEqual([{ limit: 11 }, { limit: 11, offset: 10 }]);
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
      await clock.advance(200);
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
      await clock.advance(200);
      await asked;
      await clock.advance(30_000);
      await until(() => slack.of("respond").length > 0);
      expect(slack.of("respond")[0]?.["text"]).toBe("That took too long. Please try again shortly.");
    });
  });

  describe("roles", () => {
    test("who may not resolve or mute is told so, and nothing happens", async () => {
      await restart({ resolve: ["U99"], mute: ["U99"], approve: ["U99"] });
      verbs.proposed = [sampleProposal()];
      for (const text of [`resolve ${ID}`, "mute payment-api 2h", "unmute m1", "approve p1"]) {
        expect((await slash(text)).text).toMatch(/^You may not (?:resolve|mute|approve) here\./);
      }
      expect((await click("anomaly:resolve", ID)).text).toContain("You may not resolve here.");
      expect([verbs.asked, verbs.previews, verbs.muteRequests]).toEqual([[], [], []]);
      expect((await slash(`ack ${ID}`)).text).toBe(`${ID}: Acknowledged.`);
    });

    test("a named user may, and a member of a user group, who is asked for once", async () => {
      await restart({ resolve: ["U01"], mute: ["S01"] });
      slack.plan("usergroups.users.list", { body: { ok: true, users: ["U01", "U02"] } });
      expect((await slash(`resolve ${ID}`)).text).toBe(`${ID}: Resolved.`);
      expect((await slash("mute payment-api 2h")).text).toContain("Mute service payment-api");
      expect((await slash("mute cart 2h")).text).toContain("Mute service cart");
      expect(slack.of("usergroups.users.list")).toEqual([{ usergroup: "S01" }]);
    });

    test("where Slack does not say who is in the group, nobody may and everybody is told why", async () => {
      await restart({ mute: ["S01"] });
      slack.refuse("usergroups.users.list", "missing_scope");
      expect((await slash("mute payment-api 2h")).text).toContain("Slack does not say at the moment");
      expect(verbs.previews).toEqual([]);
    });
  });

  describe("the mute modal", () => {
    async function opened(): Promise<ModalView> {
      const body = clickBody({ actionId: "anomaly:mute", value: ID, responseUrl: slack.responseUrl });
      expect((await slackPost(url, body)).status).toBe(200);
      await until(() => slack.of("views.update").length > 0);
      return slack.of("views.update").at(-1)?.["view"] as ModalView;
    }

    test("opens at once, then shows the receipt", async () => {
      const view = await opened();
      expect(slack.of("views.open")[0]?.["trigger_id"]).toMatch(/^1\.2\./);
      expect(JSON.stringify(slack.of("views.open")[0])).toContain("Counting what it would have hidden");
      expect(slack.of("views.update")[0]).toMatchObject({ view_id: "V01", hash: "h1" });
      expect(JSON.stringify(view)).toContain(
        "Would have hidden 14 alerts of the last 30 days, 1 of which you marked real.",
      );
      expect(verbs.previews).toEqual([{ kind: "alert", value: ID, environment: null }]);
    });

    test("another choice has another receipt", async () => {
      const { private_metadata } = await opened();
      verbs.receipt = { ...verbs.receipt, alerts: 0 };
      expect((await slackPost(url, rechooseBody(private_metadata, "1"))).status).toBe(200);
      await until(() => slack.of("views.update").length > 1);
      expect(JSON.stringify(slack.of("views.update").at(-1))).toContain("Would have hidden no alert");
      expect(verbs.previews.at(-1)).toEqual({
        kind: "service",
        value: "payment-api",
        environment: "production",
      });
    });

    test("what is sent is muted, and the one who muted is told until when", async () => {
      const { private_metadata } = await opened();
      const answer = await slackPost(
        url,
        submitBody(private_metadata, { target: "1", duration: "14400000", reason: "deploy" }),
      );
      expect(answer.status).toBe(200);
      await until(() => slack.of("chat.postEphemeral").length > 0);
      expect(verbs.muteRequests).toEqual([
        {
          target: { kind: "service", value: "payment-api", environment: "production" },
          startsAtMs: null,
          untilMs: clock.now() + 14_400_000,
          reason: "deploy",
        },
      ]);
      expect(slack.of("chat.postEphemeral")[0]).toMatchObject({
        channel: "C01",
        user: "U01",
        text: expect.stringContaining(":mute: Muted service payment-api in production until"),
      });
    });

    test("a choice that was never offered mutes nothing", async () => {
      const { private_metadata } = await opened();
      await slackPost(
        url,
        submitBody(private_metadata, { target: "1", duration: "999999999999", reason: "" }),
      );
      await slackPost(url, submitBody("{", { target: "1", duration: "14400000", reason: "" }));
      expect(verbs.muteRequests).toEqual([]);
    });
  });

  describe("a mention in a thread", () => {
    const parent = {
      ts: "1.0",
      bot_id: "B01",
      text: `:red_circle: High: error spike (${ID})`,
      metadata: { event_type: "tocsin_alert", event_payload: { anomaly_id: ID } },
    };

    async function mentioned(text: string, change: Partial<MentionEvent> = {}): Promise<void> {
      slack.plan("conversations.replies", { body: { ok: true, messages: [parent] } });
      slack.plan("users.info", { body: { ok: true, user: { id: "U01", name: "alice" } } });
      const response = await slackPost(url, mentionBody({ text, thread_ts: "1.0", ...change }), {
        contentType: "application/json",
      });
      expect(response.status).toBe(200);
    }

    test("is about the thread's alert, and answers the one who asked, there", async () => {
      await mentioned("<@U00> analyze because of the deploy");
      await until(() => slack.of("chat.postEphemeral").length > 0);
      const actor = { kind: "slack", id: "U01", name: "alice" };
      expect(verbs.asked).toEqual([{ verb: "analyze", id: ID, actor }]);
      expect(slack.of("chat.postEphemeral")[0]).toMatchObject({
        channel: "C01",
        thread_ts: "1.0",
        user: "U01",
      });
    });

    test("public answers the whole thread", async () => {
      await mentioned("<@U00> show public");
      await until(() => slack.of("chat.postMessage").length > 0);
      expect(slack.of("chat.postMessage")[0]).toMatchObject({ channel: "C01", thread_ts: "1.0" });
    });

    test.for([
      ["snooze 2h", "snooze"],
      ["assign bob", "assign"],
      [`merge into ${ID}`, "merge"],
    ])("%s is about the thread's alert, too", async ([text = "", verb]) => {
      await mentioned(`<@U00> ${text}`);
      await until(() => slack.of("chat.postEphemeral").length > 0);
      expect(verbs.asked).toMatchObject([{ verb, id: ID }]);
    });

    test("that Slack sends again is answered once", async () => {
      await mentioned("<@U00> ack");
      await until(() => slack.of("chat.postEphemeral").length > 0);
      await mentioned("<@U00> ack", { ts: "9.9" });
      expect(verbs.asked).toHaveLength(1);
    });

    test("of another app is not answered", async () => {
      await mentioned("<@U00> ack", { bot_id: "B99" });
      expect(verbs.asked).toEqual([]);
    });

    test("with another id means that one", async () => {
      await mentioned(`<@U00> ack ${NO_ID}`);
      await until(() => slack.of("chat.postEphemeral").length > 0);
      expect(slack.of("chat.postEphemeral")[0]?.["text"]).toContain(`There is no anomaly \`${NO_ID}\``);
    });
  });

  describe("buttons", () => {
    test("thumbs under the analysis are kept, and whoever finds it wrong hears how to ask again", async () => {
      expect((await click("anomaly:feedback", `good ${ID}`)).text).toContain("Later analyses count it");
      expect((await click("anomaly:feedback:bad", `bad ${ID}`)).text).toContain(`analyze ${ID}`);
      expect(verbs.asked.map(({ verb }) => verb)).toEqual(["helpful", "wrong"]);
    });

    test("noise comes with the change that it proposes, and somebody has to approve", async () => {
      verbs.proposed = [sampleProposal()];
      const answer = await click("anomaly:noise", ID);
      expect(JSON.stringify(answer)).toContain("30 days: 20 alerts before (2 real), 6 after (1 real).");
      expect(verbs.asked.map(({ verb }) => verb)).toEqual(["judge"]);
      expect((await click("proposal:approve", "p1")).text).toContain("p1: approved");
    });

    test.for([
      ["anomaly:reopen", ID, "reopen", "Opened again."],
      ["anomaly:real", ID, "judge", "Marked real."],
      ["anomaly:wake", ID, "snooze", "the snooze is over"],
      ["anomaly:unmute", "m1", "unmute", "the mute is over"],
    ] as const)("%s does what it says", async ([actionId, value, verb, text]) => {
      verbs.muted = [sampleMute()];
      expect((await click(actionId, value)).text).toContain(text);
      expect(verbs.asked.map((asked) => asked.verb)).toEqual([verb]);
    });

    test.for([
      ["page:on", "{"],
      ["page:on", '[-1,"recent"]'],
      ["mute:confirm", "null"],
      ["mute:confirm", '{"k":"service"}'],
    ] as const)("%s with %s, which no button of ours carries, does nothing", async ([actionId, value]) => {
      expect((await click(actionId, value)).text).toContain("is too old. Please ask again.");
      expect(verbs.muteRequests).toEqual([]);
    });

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
      expect(JSON.stringify(answer)).toContain("Acknowledged by alice");
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

    test("a request is good for one time: a recorded one is refused", async () => {
      const atMs = Date.now();
      expect((await slackPost(url, body, { atMs })).status).toBe(200);
      expect((await slackPost(url, body, { atMs })).status).toBe(401);
      expect((await slackPost(url, body, { atMs: atMs + 1_000 })).status).toBe(200);
    });

    test("a forged request does not use up the real one", async () => {
      const atMs = Date.now();
      expect((await slackPost(url, body, { atMs, secret: "wrong" })).status).toBe(401);
      expect((await slackPost(url, body, { atMs })).status).toBe(200);
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
