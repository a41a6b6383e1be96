import { describe, expect, test } from "vitest";
import type { Alert, Evidence } from "../../src/alert/alert.ts";
import type { AlertChart } from "../../src/alert/chart.ts";
import { alertMessage, type View } from "../../src/slack/blocks.ts";
import { analysisMessage, evidenceMessage } from "../../src/slack/thread.ts";
import { OPENED_AT_MS, sampleAnomaly, sampleEvidence } from "../support/sample-alert.ts";
import { loneAlert } from "../support/slack-alerts.ts";
import { buttonsOf, readMessage as read } from "../support/slack-read.ts";
import { messageFaults } from "../support/slack-validator.ts";

const ID = "anom_20240115_103045";
const analysed: Partial<Alert> = {
  version: 5,
  analysis: { status: "done", by: "claude", model: "claude-sonnet-5-5", reason: null },
  rootCause: "A deploy halved the connection pool.\nIt went out two minutes before.",
  impact: "One payment in four fails",
  recommendedActions: ["Roll the deploy back", "Raise the pool to 40"],
  confidence: 0.87,
};
const chart: AlertChart = {
  unit: "share",
  startMs: OPENED_AT_MS - 300_000,
  stepMs: 30_000,
  values: [0.01, 0.012, null, 0.01, 0.02, 0.15, 0.2, 0.25],
  expected: 0.01,
};
const NATIVE: View = { can: { charts: true, feedback: true }, publicUrl: "https://tocsin.acme.example/" };
const PLAIN: View = { ...NATIVE, can: { charts: false, feedback: false } };

describe("the message of an alert", () => {
  test("as it opens: what, how bad, since when, against what, suspect, cause, state", () => {
    const message = alertMessage(loneAlert());
    expect(message.text).toBe(
      ":red_circle: High: error spike in payment-api (anom_20240115_103045)\nError rate 25.0 % against a baseline of 1.0 %",
    );
    expect(read(message)).toBe(`:red_circle: *High: error spike*
Error rate 25.0 % against a baseline of 1.0 %

High · production · payment-api · suspect: payment-api · since <!date^1705314645^{date_short_pretty} {time}|2024-01-15T10:30:45Z> · \`anom_20240115_103045\`

*Likely cause:* payment-api began to fail 12 s before the others

:hourglass_flowing_sand: Claude is analysing…

[Acknowledge] [Resolve] [Mute…] [Real] [Noise]

| :red_circle: Open · high`);
  });

  test("analysed and acknowledged: the first line of the cause, who is on it", () => {
    const alert = loneAlert({
      ...analysed,
      status: "acknowledged",
      acknowledgedBy: "alice",
      acknowledgedAtMs: OPENED_AT_MS + 60_000,
    });
    expect(read(alertMessage(alert)).split("\n\n").slice(2)).toEqual([
      "*Likely cause (high confidence):* A deploy halved the connection pool. _more in the thread_",
      ":eyes: Acknowledged by alice <!date^1705314705^{date_short_pretty} {time}|2024-01-15T10:31:45Z>",
      "[Resolve] [Analyze again] [Mute…] [Real] [Noise]",
      "| :eyes: Acknowledged · high",
    ]);
  });

  test.for([
    [
      "open",
      {},
      ":red_circle:",
      "#e01e5a",
      "High:",
      ["acknowledge", "resolve", "analyze", "mute", "real", "noise"],
    ],
    [
      "open and critical",
      { severity: "critical" },
      ":rotating_light:",
      "#a30200",
      "Critical:",
      ["acknowledge", "resolve", "analyze", "mute", "real", "noise"],
    ],
    [
      "acknowledged",
      { status: "acknowledged", acknowledgedBy: "alice" },
      ":eyes:",
      "#1d9bd1",
      "Acknowledged (high):",
      ["resolve", "analyze", "mute", "real", "noise"],
    ],
    [
      "muted",
      { mutedBy: "m1", mutedUntilMs: OPENED_AT_MS },
      ":mute:",
      "#8d8d8d",
      "Muted (high):",
      ["acknowledge", "resolve", "analyze", "unmute", "real", "noise"],
    ],
    [
      "snoozed",
      { snoozedUntilMs: OPENED_AT_MS },
      ":zzz:",
      "#8d8d8d",
      "Snoozed (high):",
      ["acknowledge", "resolve", "analyze", "wake", "mute", "real", "noise"],
    ],
    [
      "marked noise",
      { verdict: { verdict: "noise", by: "bob", atMs: OPENED_AT_MS } },
      ":red_circle:",
      "#e01e5a",
      "High:",
      ["acknowledge", "resolve", "analyze", "mute", "real"],
    ],
    [
      "resolved",
      { status: "resolved", resolvedAtMs: OPENED_AT_MS + 1_380_000, resolution: "back to normal" },
      ":white_check_mark:",
      "#2eb886",
      "Resolved (high):",
      ["reopen", "analyze", "mute", "real", "noise"],
    ],
  ] as const)(
    "%s has its emoji, its colour, its word and its buttons",
    ([, change, emoji, color, word, buttons]) => {
      const message = alertMessage(loneAlert({ ...analysed, ...change } as Partial<Alert>));
      expect(message.text).toContain(`${emoji} ${word} error spike`);
      expect(message.attachments.map((attachment) => attachment.color)).toEqual([color]);
      expect(buttonsOf(message).map(([actionId]) => actionId.replace("anomaly:", ""))).toEqual(buttons);
      expect(messageFaults(message)).toEqual([]);
    },
  );

  test("resolved says after how long and why", () => {
    const alert = loneAlert({
      ...analysed,
      status: "resolved",
      resolvedAtMs: OPENED_AT_MS + 23 * 60_000,
      resolution: "back to normal",
    });
    expect(read(alertMessage(alert))).toContain(":white_check_mark: Resolved after 23 m: back to normal");
  });

  test.for([
    ["skipped", "no_api_key", ":bar_chart: By statistics, without Claude: no api key"],
    ["done", "budget_spent", ":bar_chart: By statistics, without Claude: budget spent"],
    ["failed", "overloaded", ":bar_chart: Claude could not analyse this: overloaded"],
  ] as const)(
    "an analysis by statistics (%s) is said to be one, with the reason",
    ([status, reason, line]) => {
      const alert = loneAlert({ analysis: { status, by: "statistics", model: null, reason } });
      expect(read(alertMessage(alert))).toContain(line);
    },
  );

  test("the id is in the text, in every block id and in every button, which carries nothing else", () => {
    const alert = loneAlert({ ...analysed, version: 7, chart });
    const message = alertMessage(alert);
    expect(message.text).toContain(alert.id);
    const beside = message.attachments.flatMap(({ blocks }) => blocks);
    const ids = [...message.blocks, ...beside].map((block) => block.block_id);
    for (const id of ids) expect(id).toMatch(/^anom_20240115_103045\.v7\.\w+$/);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, value] of buttonsOf(message)) expect(value).toBe(ID);
  });

  test("further findings are named, and where there are many, how many more the thread holds", () => {
    const anomalies = Array.from({ length: 6 }, (_, i) => sampleAnomaly({ description: `Finding ${i}` }));
    const text = read(alertMessage(loneAlert({ anomalies })));
    expect(text).toContain("• Finding 0\n• Finding 1\n• Finding 2\n… 3 more in the thread");
  });

  test("what the errors have in common stands under the description, two values at most", () => {
    const value = (name: string): Evidence =>
      sampleEvidence({
        kind: "attribute",
        template: `k8s.pod.name=${name}`,
        examples: [],
        note: "on 92.0 % of the errors of cart in the window, 12.5 % of its other records",
      });
    const shown = read(alertMessage(loneAlert({ evidence: ["a", "b", "c"].map(value) })));
    expect(shown).toContain(
      "↳ `k8s.pod.name=a` on 92.0 % of the errors of cart in the window, 12.5 % of its other records\n↳ `k8s.pod.name=b`",
    );
    expect(shown).not.toContain("k8s.pod.name=c");
  });

  test("a link stands where people can reach us", () => {
    expect(buttonsOf(alertMessage(loneAlert(), PLAIN)).at(-1)).toEqual([
      "anomaly:link",
      `https://tocsin.acme.example/alerts/${ID}`,
    ]);
  });

  test("the chart is Slack's own where the workspace takes it, else a line of block characters", () => {
    const drawn = alertMessage(loneAlert({ chart }), NATIVE);
    expect(read(drawn)).toContain("{chart: Errors, % of the records}");
    expect(messageFaults(drawn)).toEqual([]);
    const typed = alertMessage(loneAlert({ chart }), PLAIN);
    expect(read(typed)).toContain("`▁▁·▁▂▅▇█` Errors, % of the records, 4 m: up to 25.0 %, expected 1.0 %");
  });

  test.for([
    ["none", null],
    ["one value", { ...chart, values: [0.1] }],
    ["no numbers", { ...chart, values: [Number.NaN, Infinity, -1, null] }],
  ] as const)("with %s there is no chart, and the alert does without", ([, given]) => {
    expect(alertMessage(loneAlert({ chart: given }), NATIVE).blocks.map(({ type }) => type)).not.toContain(
      "data_visualization",
    );
  });
});

describe("the thread", () => {
  test("the evidence: findings, services, suspects with their reasons, the lines", () => {
    const alert = loneAlert({ evidence: [sampleEvidence({ count: 120 })] });
    const message = evidenceMessage(alert);
    expect(read(message)).toBe(`*Findings*
• high error spike: Error rate 25.0 % against a baseline of 1.0 %

*Services*
payment-api

*Suspects*
• payment-api: first error 12 s before the others

*Evidence*
120 × \`Connection to &lt;*&gt; refused\` payment-api, first <!date^1705314585^{date_short_pretty} {time}|2024-01-15T10:29:45Z>
    \`Connection to db-1 refused\`

Window <!date^1705314345^{date_short_pretty} {time}|2024-01-15T10:25:45Z> to <!date^1705314645^{date_short_pretty} {time}|2024-01-15T10:30:45Z>`);
    expect(messageFaults(message)).toEqual([]);
  });

  test("the analysis: all of it, by whom, and whether it helped", () => {
    const message = analysisMessage(loneAlert(analysed), PLAIN);
    expect(read(message)).toBe(`*Likely cause*
A deploy halved the connection pool.
It went out two minutes before.

*Impact*
One payment in four fails

*What to do*
1. Roll the deploy back
2. Raise the pool to 40

By Claude (claude-sonnet-5-5) · high confidence

[Helpful] [Wrong]`);
    expect(messageFaults(message)).toEqual([]);
    expect(messageFaults(analysisMessage(loneAlert(analysed), NATIVE))).toEqual([]);
  });

  test("a list that is cut short says so", () => {
    const actions = Array.from({ length: 200 }, (_, index) => `Do the step number ${index} of many`);
    const message = analysisMessage(loneAlert({ recommendedActions: actions }), PLAIN);
    expect(read(message)).toMatch(/… and \d+ more/);
  });
});
