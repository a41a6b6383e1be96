import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import { DEFAULT_DESTINATION } from "../../src/alert/route.ts";
import { systemClock } from "../../src/clock.ts";
import type { MessageRef } from "../../src/notify/outbox.ts";
import { slackClient } from "../../src/slack/client.ts";
import { SCOPES } from "../../src/slack/manifest.ts";
import { SlackNotifier } from "../../src/slack/notifier.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { OPENED_AT_MS } from "../support/sample-alert.ts";
import { hostileAlert, loneAlert } from "../support/slack-alerts.ts";
import { EMULATE_TOKEN, emulateInstalled, startEmulate } from "../support/slack-emulate.ts";
import {
  EMULATOR_CHANNEL,
  EMULATOR_TOKENS,
  type EmulatorMessage,
  emulatorInstalled,
  SlackEmulator,
} from "../support/slack-emulator.ts";

const { signal } = new AbortController();
const log = pino({ level: "silent" });
const chart: NonNullable<Alert["chart"]> = {
  unit: "share",
  startMs: OPENED_AT_MS - 300_000,
  stepMs: 30_000,
  values: [0.01, 0.02, 0.01, 0.2, 0.25],
  expected: 0.01,
};

function notifierAt(apiUrl: string, token: string, channel: string): SlackNotifier {
  return new SlackNotifier({ client: slackClient(token, apiUrl, log), channel, clock: systemClock });
}

async function posted(notifier: SlackNotifier, alert: Alert): Promise<MessageRef> {
  const outcome = await notifier.post(alert, DEFAULT_DESTINATION, signal);
  if (outcome.kind !== "delivered" || outcome.ref === null) throw new Error(JSON.stringify(outcome));
  return outcome.ref;
}

describe.skipIf(!emulatorInstalled)("between us and local-slack", () => {
  let slack: SlackEmulator;
  let proxy: FaultProxy;
  let notifier: SlackNotifier;
  let number = 0;

  beforeAll(async () => {
    slack = await SlackEmulator.start({ kind: "events", requestUrl: "http://127.0.0.1:9/slack/events" });
  });

  afterAll(async () => {
    await slack.stop();
  });

  beforeEach(async () => {
    proxy = await FaultProxy.start(slack.url);
    notifier = notifierAt(proxy.apiUrl, EMULATOR_TOKENS.botToken, "#alerts");
  });

  afterEach(async () => {
    await proxy.stop();
    if (proxy.faults.length > 0) throw new Error(`Slack would refuse: ${proxy.faults.join("; ")}`);
  });

  function next(change: Partial<Alert> = {}): Alert {
    number++;
    return loneAlert({ id: `anom_20240115_1030${String(number).padStart(2, "0")}`, ...change });
  }

  async function parents(id: string): Promise<readonly EmulatorMessage[]> {
    const all = await slack.messages();
    return all.filter(({ text, thread_ts: thread }) => thread === undefined && text.includes(id));
  }

  test.for(["lost_answer", "cut_answer", "failed_answer"] as const)(
    "a post whose answer is lost (%s) is unclear, and is found instead of posted again",
    { timeout: 40_000 },
    async (kind) => {
      const alert = next();
      proxy.next("chat.postMessage", { kind });
      const outcome = await notifier.post(alert, DEFAULT_DESTINATION, signal);
      expect(outcome).toMatchObject({ kind: "failed", retryable: true, unclear: true });
      // A new process knows nothing of the first attempt.
      const later = notifierAt(proxy.apiUrl, EMULATOR_TOKENS.botToken, "#alerts");
      const found = await later.find(alert.id, DEFAULT_DESTINATION, Date.now() - 60_000, signal);
      const [parent] = await parents(alert.id);
      expect(found).toEqual({ kind: "found", ref: { channel: EMULATOR_CHANNEL, ts: parent?.ts } });
    },
  );

  test.for([
    [{ kind: "cut" }, true, null],
    [{ kind: "status", status: 503 }, true, null],
    [{ kind: "rate_limited", retryAfterS: 7 }, undefined, 7_000],
  ] as const)("after %j nothing is there, and that is found out", async ([fault, unclear, retryAfterMs]) => {
    const alert = next();
    proxy.next("chat.postMessage", fault);
    const outcome = await notifier.post(alert, DEFAULT_DESTINATION, signal);
    expect(outcome).toMatchObject({ kind: "failed", retryable: true, retryAfterMs });
    expect(outcome.kind === "failed" ? outcome.unclear : "delivered").toBe(unclear);
    expect(await notifier.find(alert.id, DEFAULT_DESTINATION, Date.now() - 60_000, signal)).toEqual({
      kind: "absent",
    });
    await posted(notifier, alert);
    expect(await parents(alert.id)).toHaveLength(1);
  });

  test("a reply whose answer is lost is found in its thread", async () => {
    const alert = next();
    const ref = await posted(notifier, alert);
    proxy.next("chat.postMessage", { kind: "cut_answer" });
    const reply = { key: `${alert.id}.7`, text: "worse", broadcast: false };
    expect(await notifier.reply(alert, ref, reply, signal)).toMatchObject({ kind: "failed", unclear: true });
    const since = Date.now() - 60_000;
    expect(await notifier.findReply(ref, reply.key, since, signal)).toMatchObject({ kind: "found" });
    expect(await notifier.findReply(ref, `${alert.id}.8`, since, signal)).toEqual({ kind: "absent" });
  });

  test("while Slack may not be read, nobody says that nothing is there", async () => {
    proxy.plan = ({ method }) =>
      method === "conversations.history" ? { kind: "refused", error: "missing_scope" } : null;
    const alert = next();
    expect(await notifier.find(alert.id, DEFAULT_DESTINATION, Date.now(), signal)).toEqual({
      kind: "unknown",
      reason: "missing_scope",
    });
  });

  test("a workspace without native charts gets a line of characters, and is not asked again", async () => {
    proxy.plan = ({ args }) =>
      JSON.stringify(args).includes("data_visualization")
        ? { kind: "refused", error: "invalid_blocks" }
        : null;
    const first = next({ chart });
    await posted(notifier, first);
    await posted(notifier, next({ chart }));
    expect(proxy.calls.map(({ fault }) => fault)).toEqual(["refused", null, null]);
    expect(JSON.stringify(await parents(first.id))).toContain("▁▂▁▇█");
  });

  test("a workspace with native charts gets one", async () => {
    const alert = next({ chart });
    await posted(notifier, alert);
    expect(JSON.stringify(await parents(alert.id))).toContain("data_visualization");
    expect(proxy.calls).toHaveLength(1);
  });

  test("an alert's whole life is one message in the channel; all else is in its thread", async () => {
    const alert = next({ chart });
    const ref = await posted(notifier, alert);
    const lives: readonly Partial<Alert>[] = [
      { version: 2, status: "acknowledged", acknowledgedBy: "alice", acknowledgedAtMs: OPENED_AT_MS },
      { version: 3, mutedBy: "m1", mutedUntilMs: OPENED_AT_MS },
      { version: 4, status: "resolved", resolvedAtMs: OPENED_AT_MS + 60_000, resolution: "back to normal" },
    ];
    for (const life of lives) await notifier.update({ ...alert, ...life }, ref, signal);
    for (const part of ["evidence", "analysis"] as const) {
      await notifier.reply(alert, ref, { key: part, text: "", broadcast: false, part }, signal);
    }
    const all = await slack.messages();
    const mine = all.filter((message) => JSON.stringify(message).includes(alert.id));
    expect(mine.map(({ thread_ts: thread }) => thread ?? null)).toEqual([null, ref["ts"], ref["ts"]]);
    expect(mine[0]?.text).toContain(":white_check_mark: Resolved (high)");
    // The emulator keeps the first attachments; what was sent is what counts.
    const edits = proxy.calls.filter(({ method }) => method === "chat.update");
    expect(JSON.stringify(edits.at(-1)?.args["attachments"])).toContain("#2eb886");
  });

  test("the most hostile alert arrives", async () => {
    const ref = await posted(notifier, { ...hostileAlert(), id: "anom_20240115_999999" });
    expect(ref).toMatchObject({ channel: EMULATOR_CHANNEL });
  });

  test("a storm names its alerts in one message, edited in place", async () => {
    const alerts = Array.from({ length: 50 }, () => next());
    const storm = { id: "storm_20240115_103045", startedAtMs: OPENED_AT_MS, alerts: alerts.slice(0, 20) };
    const outcome = await notifier.storm(storm, null, DEFAULT_DESTINATION, signal);
    const ref = outcome.kind === "delivered" ? outcome.ref : null;
    await notifier.storm({ ...storm, alerts }, ref, DEFAULT_DESTINATION, signal);
    const told = await parents(storm.id);
    expect(told).toHaveLength(1);
    for (const { id } of alerts) expect(JSON.stringify(told)).toContain(id);
  });
});

describe.skipIf(!emulateInstalled)("against emulate, which is strict about scopes", () => {
  async function withScopes(scopes: readonly string[]): Promise<SlackNotifier> {
    const emulate = await startEmulate(scopes);
    closing.push(() => emulate.close());
    return notifierAt(`${emulate.url}/api/`, EMULATE_TOKEN, "alerts");
  }
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  test("the manifest's scopes are enough to post, edit, reply and find again", async () => {
    const notifier = await withScopes(SCOPES.map(({ scope }) => scope));
    const alert = loneAlert({ chart });
    const ref = await posted(notifier, alert);
    expect(await notifier.update({ ...alert, version: 2 }, ref, signal)).toEqual({ kind: "delivered", ref });
    const reply = { key: "r1", text: "worse", broadcast: true };
    expect(await notifier.reply(alert, ref, reply, signal)).toMatchObject({ kind: "delivered" });
    const since = Date.now() - 60_000;
    expect(await notifier.find(alert.id, DEFAULT_DESTINATION, since, signal)).toEqual({ kind: "found", ref });
    expect(await notifier.findReply(ref, "r1", since, signal)).toMatchObject({ kind: "found" });
    expect(await notifier.find(alert.id.slice(0, -1), DEFAULT_DESTINATION, since, signal)).toEqual({
      kind: "absent",
    });
  });

  test("a missing scope to post is a matter of configuration; one to read leaves the search without an answer", async () => {
    const mute = await withScopes(["channels:read"]);
    expect(await mute.post(loneAlert(), DEFAULT_DESTINATION, signal)).toMatchObject({
      kind: "failed",
      retryable: false,
      reason: "missing_scope",
    });
    const blind = await withScopes(["chat:write", "chat:write.public"]);
    await posted(blind, loneAlert());
    expect(await blind.find(loneAlert().id, DEFAULT_DESTINATION, 0, signal)).toEqual({
      kind: "unknown",
      reason: "missing_scope",
    });
  });
});
