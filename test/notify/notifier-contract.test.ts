import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Notifier } from "../../src/notify/notifier.ts";
import type { MessageRef } from "../../src/notify/outbox.ts";
import { TerminalNotifier } from "../../src/notify/terminal.ts";
import { slackClient } from "../../src/slack/client.ts";
import { SlackNotifier } from "../../src/slack/notifier.ts";
import { DEFAULT_DESTINATION } from "../../src/alert/route.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { hostileAlert } from "../support/slack-alerts.ts";
import { FakeSlack } from "../support/slack-web-api.ts";

let slack: FakeSlack;

beforeAll(async () => {
  slack = await FakeSlack.start();
});

afterAll(async () => {
  await slack.stop();
});

const notifiers: readonly (readonly [name: string, make: () => Notifier])[] = [
  ["terminal", () => new TerminalNotifier({ write: () => undefined })],
  [
    "slack",
    () =>
      new SlackNotifier({
        client: slackClient("xoxb-1", slack.apiUrl, pino({ level: "silent" })),
        channel: "#alerts",
        clock: { now: () => 0 },
      }),
  ],
];

describe.for(notifiers)("the %s notifier", ([name, make]) => {
  const { signal } = new AbortController();

  async function posted(notifier: Notifier): Promise<MessageRef> {
    const outcome = await notifier.post(sampleAlert(), DEFAULT_DESTINATION, signal);
    if (outcome.kind !== "delivered" || outcome.ref === null) throw new Error("not delivered");
    return outcome.ref;
  }

  test("has its name", () => {
    expect(make().name).toBe(name);
  });

  test("a post says where the alert is, in strings that can be stored", async () => {
    const ref = await posted(make());
    expect(JSON.parse(JSON.stringify(ref))).toEqual(ref);
    for (const value of Object.values(ref)) expect(typeof value).toBe("string");
  });

  test("edits and replies are delivered there, by a notifier that was started anew too", async () => {
    const ref = await posted(make());
    const later = make();
    expect(await later.update(sampleAlert({ version: 2 }), ref, signal)).toEqual({ kind: "delivered", ref });
    expect(
      await later.reply(sampleAlert(), ref, { key: "r1", text: "worse", broadcast: false }, signal),
    ).toEqual({ kind: "delivered", ref });
    expect(
      await later.reply(sampleAlert(), ref, { key: "r1", text: "worse", broadcast: true }, signal),
    ).toEqual({ kind: "delivered", ref });
  });

  test("takes the most hostile alert", async () => {
    const notifier = make();
    expect(await notifier.post(hostileAlert(), DEFAULT_DESTINATION, signal)).toMatchObject({
      kind: "delivered",
    });
    const ref = await posted(notifier);
    const text = "<!channel>\n".repeat(10_000);
    expect(
      await notifier.reply(hostileAlert(), ref, { key: "r1", text, broadcast: false }, signal),
    ).toMatchObject({
      kind: "delivered",
    });
  });
});
