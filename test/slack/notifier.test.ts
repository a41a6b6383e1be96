import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MESSAGE_GONE } from "../../src/notify/deliver.ts";
import { slackClient } from "../../src/slack/client.ts";
import { SlackNotifier } from "../../src/slack/notifier.ts";
import { DEFAULT_DESTINATION } from "../../src/alert/route.ts";
import { OPENED_AT_MS, sampleAlert } from "../support/sample-alert.ts";
import { FakeSlack } from "../support/slack-web-api.ts";

describe("SlackNotifier", () => {
  const log = pino({ level: "silent" });
  const { signal } = new AbortController();
  const ref = { channel: "C01", ts: "1.0" };
  let slack: FakeSlack;
  let notifier: SlackNotifier;
  let nowMs = 0;

  function make(apiUrl: string): SlackNotifier {
    const client = slackClient("xoxb-1", apiUrl, log);
    return new SlackNotifier({ client, channel: "#alerts", clock: { now: () => nowMs } });
  }

  beforeEach(async () => {
    nowMs = OPENED_AT_MS;
    slack = await FakeSlack.start();
    notifier = make(slack.apiUrl);
  });

  afterEach(async () => {
    await slack.stop();
  });

  test("posts to the channel, without unfurling, findable by the alert's id", async () => {
    expect(await notifier.post(sampleAlert(), DEFAULT_DESTINATION, signal)).toEqual({
      kind: "delivered",
      ref,
    });
    expect(slack.of("chat.postMessage")).toEqual([
      expect.objectContaining({
        channel: "#alerts",
        text: expect.stringContaining("anom_20240115_103045"),
        unfurl_links: "false",
        unfurl_media: "false",
        link_names: "false",
        metadata: { event_type: "tocsin_alert", event_payload: { anomaly_id: "anom_20240115_103045" } },
      }),
    ]);
  });

  test("edits by the channel's id and the message's time", async () => {
    await notifier.update(sampleAlert({ version: 2 }), ref, signal);
    expect(slack.of("chat.update")).toEqual([expect.objectContaining({ channel: "C01", ts: "1.0" })]);
    expect(slack.of("chat.update")[0]?.["blocks"]).toHaveLength(5);
  });

  test("replies in the thread, to the channel only when told to", async () => {
    await notifier.reply(sampleAlert(), ref, { key: "r1", text: "<b> & @here", broadcast: false }, signal);
    await notifier.reply(sampleAlert(), ref, { key: "r1", text: "loud", broadcast: true }, signal);
    expect(slack.of("chat.postMessage")).toEqual([
      expect.objectContaining({
        thread_ts: "1.0",
        reply_broadcast: "false",
        text: "&lt;b&gt; &amp; @\u200bhere",
      }),
      expect.objectContaining({ thread_ts: "1.0", reply_broadcast: "true", text: "loud" }),
    ]);
  });

  test.for(["invalid_blocks", "msg_too_long", "msg_blocks_too_long"])(
    "a message that Slack finds wrong (%s) goes as text alone",
    async (error) => {
      slack.refuse("chat.postMessage", error);
      expect(await notifier.post(sampleAlert(), DEFAULT_DESTINATION, signal)).toMatchObject({
        kind: "delivered",
      });
      const calls = slack.of("chat.postMessage");
      expect(calls.map((call) => (call["blocks"] as unknown[]).length)).toEqual([5, 0]);
      expect(calls[1]?.["text"]).toBe(calls[0]?.["text"]);
    },
  );

  test.for([
    ["channel_not_found", "channel_not_found", false],
    ["not_in_channel", "not_in_channel", false],
    ["is_archived", "is_archived", false],
    ["invalid_auth", "invalid_auth", false],
    ["account_inactive", "account_inactive", false],
    ["token_revoked", "token_revoked", false],
    ["missing_scope", "missing_scope", false],
    ["restricted_action", "restricted_action", false],
    ["internal_error", "internal_error", true],
    ["fatal_error", "fatal_error", true],
    ["ratelimited", "ratelimited", true],
    ["message_limit_exceeded", "message_limit_exceeded", true],
    ["<!DOCTYPE html> secret", "bad_response", true],
  ] as const)("Slack's word %s is %s, retryable %s", async ([word, reason, retryable]) => {
    slack.refuse("chat.postMessage", word);
    expect(await notifier.post(sampleAlert(), DEFAULT_DESTINATION, signal)).toMatchObject({
      kind: "failed",
      reason,
      retryable,
    });
    expect(slack.of("chat.postMessage")).toHaveLength(1);
  });

  test("a message that is gone has its own word", async () => {
    slack.refuse("chat.update", "message_not_found");
    expect(await notifier.update(sampleAlert(), ref, signal)).toMatchObject({
      reason: MESSAGE_GONE,
      retryable: false,
    });
  });

  test("a rate limit says how long, and is tried once", async () => {
    slack.plan("chat.postMessage", {
      status: 429,
      headers: { "retry-after": "7" },
      body: { ok: false, error: "ratelimited" },
    });
    expect(await notifier.post(sampleAlert(), DEFAULT_DESTINATION, signal)).toEqual({
      kind: "failed",
      retryable: true,
      retryAfterMs: 7_000,
      reason: "rate_limited",
    });
    expect(slack.calls).toHaveLength(1);
  });

  test.for([
    [500, "http_500", true],
    [503, "http_503", true],
    [404, "http_404", false],
  ] as const)("HTTP %d is %s, retryable %s, and tried once", async ([status, reason, retryable]) => {
    slack.plan("chat.postMessage", { status, body: "down" });
    expect(await notifier.post(sampleAlert(), DEFAULT_DESTINATION, signal)).toMatchObject({
      kind: "failed",
      reason,
      retryable,
    });
    expect(slack.calls).toHaveLength(1);
  });

  test("a rate limit without a time, and nobody there, are tried again", async () => {
    slack.plan("chat.postMessage", { status: 429, body: "slow down" });
    expect(await notifier.post(sampleAlert(), DEFAULT_DESTINATION, signal)).toMatchObject({
      kind: "failed",
      retryable: true,
    });
    const nobody = make("http://127.0.0.1:1/api/");
    expect(await nobody.post(sampleAlert(), DEFAULT_DESTINATION, signal)).toMatchObject({
      reason: "network",
      retryable: true,
    });
  });

  test("a place that is not Slack's is refused", async () => {
    expect(await notifier.update(sampleAlert(), { alert: "x" }, signal)).toMatchObject({ reason: "bad_ref" });
    expect(slack.calls).toHaveLength(0);
  });

  test("past the deadline nothing more is sent", async () => {
    expect(await notifier.post(sampleAlert(), DEFAULT_DESTINATION, AbortSignal.abort())).toMatchObject({
      reason: "timeout",
      retryable: true,
    });
    expect(slack.calls).toHaveLength(0);
  });
});
