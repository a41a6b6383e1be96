import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import type { AlertChart } from "../../src/alert/chart.ts";
import { alertMessage } from "../../src/slack/blocks.ts";
import { digestNotice, replyMessage, stormMessage } from "../../src/slack/collective.ts";
import type { Message } from "../../src/slack/message.ts";
import { muteModalFor, muteModalView, parseMuteModal } from "../../src/slack/mute-modal.ts";
import { prose } from "../../src/slack/mrkdwn.ts";
import { ambiguous, helpMessage, notFound, notice, recentMessage } from "../../src/slack/replies.ts";
import {
  mutesMessage,
  patternsMessage,
  proposalMessage,
  proposalsMessage,
  servicesMessage,
  statusMessage,
  testMessage,
  whyMessage,
} from "../../src/slack/reports.ts";
import { analysisMessage, evidenceMessage } from "../../src/slack/thread.ts";
import { OPENED_AT_MS, sampleAlert, sampleAnomaly, sampleEvidence } from "../support/sample-alert.ts";
import { hostileAlert, loneAlert } from "../support/slack-alerts.ts";
import { readMessage } from "../support/slack-read.ts";
import { messageFaults, modalFaults } from "../support/slack-validator.ts";
import {
  sampleLedgerEntry,
  sampleMute,
  sampleProposal,
  SAMPLE_DIGEST,
  sampleService,
} from "../support/slack-verbs.ts";

/** What an attacker, a template engine or a stack trace would write. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "<!channel>",
        "<!here|here>",
        "<!everyone>",
        "<!subteam^S0123|ops>",
        "<@U0123>",
        "<#C0123>",
        "<https://evil.example|your bank>",
        "https://evil.example/a?b=c&d",
        "www.evil.example",
        "mailto:a@evil.example",
        "@channel",
        "@here",
        "*bold*",
        "_italic_",
        "~struck~",
        "`code`",
        "```\nblock\n```",
        "\n> quoted\n",
        ":fire:",
        ":white_check_mark: Resolved",
        "&amp;",
        "&lt;!channel&gt;",
        "<!date^0^{date}|x>",
        "\u0000\u001b[31m",
        "\u202e",
        "\ud83d\ude00",
        "\ud800",
        "\udc00",
        "\u200b",
        "\n",
        "\t",
        " ",
      ),
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.integer({ min: 1, max: 1_500 }).map((length) => "x".repeat(length)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

const texts = (maxLength: number): fc.Arbitrary<string[]> => fc.array(hostileText, { maxLength });
const value = fc.oneof(fc.double(), fc.constantFrom(0, -1, Number.NaN, Infinity, 1e300));

const hostileChart: fc.Arbitrary<AlertChart | null> = fc.option(
  fc.record({
    unit: fc.constantFrom("share", "records", "services"),
    startMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    stepMs: fc.integer({ min: 1_000, max: 3_600_000 }),
    values: fc.array(fc.option(value), { maxLength: 40 }),
    expected: fc.option(fc.double({ noNaN: true, min: 0, max: 1e9 })),
  }),
);

const hostileAlerts: fc.Arbitrary<Alert> = fc
  .record({
    version: fc.integer({ min: 1, max: 1_000_000 }),
    severity: fc.constantFrom("low", "medium", "high", "critical"),
    status: fc.constantFrom("open", "acknowledged", "resolved"),
    environment: hostileText,
    description: hostileText,
    affectedServices: texts(60),
    suspectedService: fc.option(hostileText),
    suspects: fc.array(fc.record({ service: hostileText, score: fc.double(), because: texts(5) }), {
      maxLength: 8,
    }),
    anomalies: fc.array(
      fc
        .record({ description: hostileText, pattern: fc.option(hostileText) })
        .map((change) => sampleAnomaly(change)),
      { maxLength: 8 },
    ),
    evidence: fc.array(
      fc
        .record({ template: fc.option(hostileText), service: hostileText, examples: texts(3) })
        .map((change) => sampleEvidence(change)),
      { maxLength: 20 },
    ),
    analysis: fc.record({
      status: fc.constantFrom("pending", "done", "failed", "skipped"),
      by: fc.constantFrom("claude", "statistics"),
      model: fc.option(hostileText),
      reason: fc.option(hostileText),
    }),
    rootCause: fc.option(hostileText),
    impact: fc.option(hostileText),
    recommendedActions: texts(20),
    confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    acknowledgedBy: fc.option(hostileText),
    resolvedBy: fc.option(hostileText),
    resolution: fc.option(hostileText),
    assignee: fc.option(hostileText),
    mutedBy: fc.option(fc.constantFrom("m1", "m999999")),
    chart: hostileChart,
  })
  .map((change) => sampleAlert(change as Partial<Alert>));

const LIVE = /(?<![\p{L}\p{N}])(?:\*bold\*|_italic_|~struck~)|`code`|:fire:|^&gt; quoted/mu;

/** Faults of a message, and formatting that can only have come from the text. */
function faultsOf(message: Message): readonly string[] {
  // In code spans signs are only signs.
  const told = `${message.text}\n${readMessage(message)}`.replaceAll(/`[^`\n]*`/g, "");
  const formatted = LIVE.exec(told);
  return [...messageFaults(message), ...(formatted === null ? [] : [`formatted: ${formatted[0]}`])];
}

describe("whatever is in an alert, Slack takes every message of it and acts on none of it", () => {
  test("1,000 generated alerts with hostile text: every message is valid, none mentions, links or formats", () => {
    const views = [
      { can: { charts: true, feedback: true }, publicUrl: "https://tocsin.acme.example" },
      { can: { charts: false, feedback: false }, publicUrl: null },
    ];
    let messages = 0;
    fc.assert(
      fc.property(hostileAlerts, (alert) => {
        const all = [
          ...views.flatMap((view) => [alertMessage(alert, view), analysisMessage(alert, view)]),
          evidenceMessage(alert),
          replyMessage({ key: "r1", text: alert.description, broadcast: true }),
          recentMessage({
            alerts: [alert],
            clamped: false,
            more: true,
            request: { asked: alert.description, page: 1 },
          }),
        ];
        messages += all.length;
        expect(all.flatMap(faultsOf)).toEqual([]);
        const about = muteModalFor(alert, "C01");
        expect(modalFaults(muteModalView(about, 0, prose(alert.description, 500)))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect(messages).toBe(7_000);
  });

  const long = hostileAlert().description;
  const request = { asked: long.slice(0, 900), page: 3 };
  const target = { kind: "pattern", value: long, environment: long } as const;
  const alerts = Array.from({ length: 50 }, (_, index) => ({
    ...hostileAlert(),
    id: `anom_20240115_1030${10 + index}`,
  }));

  test.for([
    ["an alert", alertMessage(hostileAlert())],
    ["an open alert", alertMessage({ ...hostileAlert(), status: "open" })],
    ["fifty rows", recentMessage({ alerts, clamped: true, more: true, request })],
    ["help", helpMessage(`/${"<!here>".repeat(100)}`, "<!channel>".repeat(5_000))],
    ["an unknown id", notFound("`<!channel>`".repeat(1_000))],
    ["an ambiguous id", ambiguous(long, [long, long])],
    ["a notice", notice(`@here ${"&".repeat(20_000)}`)],
    ["an empty notice", notice("")],
    [
      "services",
      servicesMessage(
        Array.from({ length: 90 }, () => sampleService({ service: long })),
        request,
      ),
    ],
    [
      "patterns",
      patternsMessage(
        long,
        Array.from({ length: 90 }, () => ({ environment: long, template: long, count: 1 })),
        request,
      ),
    ],
    [
      "why",
      whyMessage(
        long,
        Array.from({ length: 90 }, () => sampleLedgerEntry({ reason: long, alertId: long })),
        request,
      ),
    ],
    [
      "mutes",
      mutesMessage(
        Array.from({ length: 90 }, () => sampleMute({ target, reason: long })),
        request,
      ),
    ],
    ["a proposal", proposalMessage(sampleProposal({ change: { kind: "known_pattern", target } }))],
    [
      "proposals",
      proposalsMessage(
        Array.from({ length: 90 }, () => sampleProposal()),
        request,
      ),
    ],
    [
      "status",
      statusMessage([{ name: long, state: "down", reason: long }], {
        services: () => [],
        pipeline: () => Array.from({ length: 90 }, () => long),
        version: long,
      }),
    ],
    ["a test's result", testMessage([{ notifier: long, to: long, delivered: false, reason: long }])],
    [
      "a digest",
      digestNotice("digest_20240115", {
        ...SAMPLE_DIGEST,
        noisiestPatterns: [{ name: long, alerts: 1 }],
        muted: [{ id: "m1", what: long, untilMs: null }],
      }),
    ],
    ["a storm", stormMessage({ id: "storm_20240115_103045", startedAtMs: 0, alerts })],
    ["a thread's reply", replyMessage({ key: "r1", text: long, broadcast: false })],
  ] as const)("%s", ([, message]) => {
    expect(faultsOf(message)).toEqual([]);
  });

  test("a storm names each of its fifty alerts, however long their texts are", () => {
    const told = readMessage(stormMessage({ id: "storm_1", startedAtMs: 0, alerts }));
    for (const { id } of alerts) expect(told).toContain(`\`${id}\``);
  });

  test("the mute modal gives back what it was made for", () => {
    const about = muteModalFor(loneAlert(), "C01");
    const view = muteModalView(about, 1, prose("", 10));
    expect(parseMuteModal(view.private_metadata ?? "")).toEqual(about);
    expect(about.targets.map(({ kind }) => kind)).toEqual(["alert", "service", "category", "pattern"]);
    expect(parseMuteModal("{")).toBeNull();
    expect(parseMuteModal('{"a":1}')).toBeNull();
    expect(parseMuteModal(JSON.stringify([OPENED_AT_MS]))).toBeNull();
  });
});
