import { DEFAULT_DESTINATION } from "../../src/alert/route.ts";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { MessageRef } from "../../src/notify/outbox.ts";
import { createSlackApp, type SlackApp } from "../../src/slack/app.ts";
import { FakeOverview, SlackVerbs } from "../support/slack-verbs.ts";
import { OPENED_AT_MS } from "../support/sample-alert.ts";
import { loneAlert } from "../support/slack-alerts.ts";
import {
  EMULATOR_CHANNEL,
  EMULATOR_TOKENS,
  type EmulatorMessage,
  emulatorInstalled,
  eventually,
  freePort,
  SlackEmulator,
} from "../support/slack-emulator.ts";
import { SIGNING_SECRET } from "../support/slack-request.ts";

const ID = "anom_20240115_103045";
const log = pino({ level: "silent" });
const { signal } = new AbortController();

async function posted(app: SlackApp): Promise<MessageRef> {
  const outcome = await app.notifier.post(loneAlert(), DEFAULT_DESTINATION, signal);
  if (outcome.kind !== "delivered" || outcome.ref === null) throw new Error(JSON.stringify(outcome));
  return outcome.ref;
}

function blocks(message: EmulatorMessage): string {
  return JSON.stringify(message.blocks);
}

describe.skipIf(!emulatorInstalled)("Slack over HTTP, against local-slack", () => {
  let slack: SlackEmulator;
  let server: Server;
  let app: SlackApp;
  const verbs = new SlackVerbs();

  beforeAll(async () => {
    const web = express();
    server = createServer(web);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    slack = await SlackEmulator.start({
      kind: "events",
      requestUrl: `http://127.0.0.1:${port}/slack/events`,
    });
    app = createSlackApp({
      botToken: EMULATOR_TOKENS.botToken,
      signingSecret: SIGNING_SECRET,
      apiUrl: slack.apiUrl,
      channel: "#alerts",
      express: web,
      verbs,
      overview: new FakeOverview(),
      clock: systemClock,
      log,
    });
    web.use(express.json());
    app.start();
    await eventually(() => app.status().connected);
  });

  beforeEach(() => {
    verbs.alerts.clear();
    verbs.alerts.set(ID, loneAlert());
    verbs.asked.length = 0;
  });

  afterAll(async () => {
    await app.stop();
    await slack.stop();
    server.closeAllConnections();
    server.close();
  });

  test("an alert is one message: posted to a channel's name, edited in place, talked about in its thread", async () => {
    const ref = await posted(app);
    expect(ref["channel"]).toBe(EMULATOR_CHANNEL);
    const before = (await slack.messages()).filter((message) => message.thread_ts === undefined).length;
    const resolved = loneAlert({
      version: 2,
      status: "resolved",
      resolvedAtMs: OPENED_AT_MS + 23 * 60_000,
    });
    expect(await app.notifier.update(resolved, ref, signal)).toMatchObject({ kind: "delivered" });
    expect(
      await app.notifier.reply(
        resolved,
        ref,
        { key: "r1", text: "Resolved after 23 m.", broadcast: false },
        signal,
      ),
    ).toMatchObject({
      kind: "delivered",
    });
    const all = await slack.messages();
    expect(all.filter((message) => message.thread_ts === undefined)).toHaveLength(before);
    const parent = all.find((message) => message.ts === ref["ts"]);
    expect(parent?.text).toContain(":white_check_mark: Resolved");
    expect(all.find((message) => message.text === "Resolved after 23 m.")?.thread_ts).toBe(ref["ts"]);
  });

  test("a signed command is answered to the one who asked", async () => {
    await slack.command("recent 5");
    const answer = await slack.message((message) => message.text === "The latest anomaly");
    expect(blocks(answer)).toContain(ID);
    await slack.command(`show ${ID}`);
    await slack.message((message) => blocks(message)?.includes("Acknowledge") && message.text.includes(ID));
  });

  test("a button calls its verb and answers through the response URL", async () => {
    const ref = await posted(app);
    await slack.click(ref["ts"] ?? "", "anomaly:acknowledge", `${ID}.v1.buttons`, ID);
    await slack.message((message) => message.text === `${ID}: Acknowledged.`);
    expect(verbs.asked).toMatchObject([{ verb: "acknowledge", id: ID, actor: { kind: "slack", id: "U01" } }]);
  });
});

describe.skipIf(!emulatorInstalled)("Slack in Socket Mode, against local-slack", () => {
  let slack: SlackEmulator;
  let app: SlackApp;
  const verbs = new SlackVerbs(loneAlert());

  beforeAll(async () => {
    slack = await SlackEmulator.start({ kind: "socket" });
    app = createSlackApp({
      ...EMULATOR_TOKENS,
      apiUrl: slack.apiUrl,
      channel: "#alerts",
      verbs,
      overview: new FakeOverview(),
      clock: systemClock,
      log,
    });
    app.start();
    await eventually(() => app.status().connected);
  });

  afterAll(async () => {
    await app.stop();
    await slack.stop();
  });

  test("commands and clicks come through the socket", async () => {
    expect(app.status()).toMatchObject({ mode: "socket", connected: true, reason: null });
    await slack.command("help");
    await slack.message((message) => message.text === "What /anomalies can do");
    const ref = await posted(app);
    await slack.click(ref["ts"] ?? "", "anomaly:resolve", `${ID}.v1.buttons`, ID);
    await slack.message((message) => message.text === `${ID}: Resolved.`);
  });
});

describe.skipIf(!emulatorInstalled)("Slack out of reach", () => {
  test("neither the start nor a break takes anything down, and Socket Mode comes back by itself", async () => {
    const port = await freePort();
    const app = createSlackApp({
      ...EMULATOR_TOKENS,
      apiUrl: `http://127.0.0.1:${port}/api/`,
      channel: "#alerts",
      verbs: new SlackVerbs(loneAlert()),
      overview: new FakeOverview(),
      clock: systemClock,
      log,
      random: () => 0,
    });
    app.start();
    await eventually(() => app.status().reason === "network");
    expect(await app.notifier.post(loneAlert(), DEFAULT_DESTINATION, signal)).toMatchObject({
      reason: "network",
      retryable: true,
    });

    const first = await SlackEmulator.start({ kind: "socket" }, port);
    await eventually(() => app.status().connected);
    await first.stop();
    await eventually(() => !app.status().connected);

    const second = await SlackEmulator.start({ kind: "socket" }, port);
    await eventually(() => app.status().connected);
    await second.command("help");
    await second.message((message) => message.text === "What /anomalies can do");
    await app.stop();
    await second.stop();
  });
});
