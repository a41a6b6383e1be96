import { describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import { alertMessage } from "../../src/slack/blocks.ts";
import { MAX_BLOCKS, MAX_MESSAGE, MAX_SECTION, MAX_TEXT, type Message } from "../../src/slack/message.ts";
import { helpMessage, notFound, notice, recentMessage } from "../../src/slack/replies.ts";
import { OPENED_AT_MS } from "../support/sample-alert.ts";
import { hostileAlert, loneAlert } from "../support/slack-alerts.ts";

/** The message as a person reads it, one block per paragraph; buttons in brackets. */
function read(message: Message): string {
  return message.blocks
    .map((block) => {
      if (block.type === "section") return block.text?.text ?? "";
      const parts = block.elements.map((part) => {
        if (part.type === "button") return `[${part.text.text}]`;
        return part.type === "mrkdwn" ? part.text : part.type;
      });
      return parts.join(" ");
    })
    .join("\n\n");
}

const analysed: Partial<Alert> = {
  version: 5,
  analysis: { status: "done", by: "claude", model: "claude", reason: null },
  rootCause: "A deploy halved the connection pool",
  impact: "One payment in four fails",
  recommendedActions: ["Roll the deploy back", "Raise the pool to 40"],
  confidence: 0.87,
};

describe("alertMessage", () => {
  test("as it opens: what, where, since when, and that Claude is at work", () => {
    const message = alertMessage(loneAlert());
    expect(message.text).toBe(
      ":red_circle: High: error spike in payment-api (anom_20240115_103045)\nError rate 25.0 % against a baseline of 1.0 %",
    );
    expect(read(message)).toBe(`:red_circle: *High: error spike*
Error rate 25.0 % against a baseline of 1.0 %

High · production · payment-api · suspect: payment-api · since <!date^1705314645^{date_short_pretty} {time}|2024-01-15T10:30:45Z> · \`anom_20240115_103045\`

:hourglass_flowing_sand: Claude is analysing…

*Likely cause*
payment-api began to fail 12 s before the others

*Impact*
25 % of the records of payment-api are errors

*What to do*
1. Look at the first errors of payment-api

*Evidence*
120 × \`Connection to &lt;*&gt; refused\` payment-api

[Acknowledge] [Analyze again] [Resolve]`);
  });

  test("analysed and acknowledged: the cause with its confidence, who is on it", () => {
    const alert = loneAlert({
      ...analysed,
      status: "acknowledged",
      acknowledgedBy: "alice",
      acknowledgedAtMs: OPENED_AT_MS + 60_000,
      evidence: [],
    });
    expect(read(alertMessage(alert)).split("\n\n").slice(2)).toEqual([
      "*Likely cause (high confidence)*\nA deploy halved the connection pool",
      "*Impact*\nOne payment in four fails",
      "*What to do*\n1. Roll the deploy back\n2. Raise the pool to 40",
      ":eyes: Acknowledged by alice <!date^1705314705^{date_short_pretty} {time}|2024-01-15T10:31:45Z>",
      "[Analyze again] [Resolve]",
    ]);
  });

  test("resolved: says so first and last, and offers no more to close", () => {
    const message = alertMessage(
      loneAlert({
        ...analysed,
        status: "resolved",
        resolvedAtMs: OPENED_AT_MS + 23 * 60_000,
        resolution: "back to normal",
      }),
    );
    expect(message.text).toContain(":white_check_mark: Resolved (high): error spike");
    expect(read(message)).toContain(":white_check_mark: Resolved after 23 m: back to normal");
    expect(read(message)).toMatch(/\[Analyze again\]$/);
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
    const alert = loneAlert({ version: 7 });
    const message = alertMessage(alert);
    expect(message.text).toContain(alert.id);
    for (const block of message.blocks) expect(block.block_id).toMatch(/^anom_20240115_103045\.v7\.\w+$/);
    expect(new Set(message.blocks.map((block) => block.block_id)).size).toBe(message.blocks.length);
    const values = message.blocks.flatMap((block) =>
      block.type === "actions"
        ? block.elements.map((part) => (part.type === "button" ? part.value : null))
        : [],
    );
    expect(values).toEqual([alert.id, alert.id, alert.id]);
  });
});

function blockTexts(message: Message): readonly string[] {
  return message.blocks.flatMap((block) => {
    if (block.type === "actions") return [];
    const parts = block.type === "section" ? [block.text] : block.elements;
    return parts.map((part) =>
      part?.type === "mrkdwn" && part.verbatim === true ? part.text : "not verbatim",
    );
  });
}

/** What Slack would refuse the message for, or act on. */
function faults(message: Message): readonly string[] {
  const blocks = blockTexts(message);
  const sum = blocks.reduce((total, text) => total + text.length, 0);
  const found: string[] = [];
  if (message.blocks.length > MAX_BLOCKS) found.push(`${message.blocks.length} blocks`);
  if (message.text.length > MAX_TEXT) found.push(`a text of ${message.text.length}`);
  if (sum > MAX_MESSAGE) found.push(`${sum} characters`);
  if (message.blocks.some((block) => (block.block_id ?? "").length > 255)) found.push("a long block id");
  for (const text of blocks)
    if (text.length > MAX_SECTION || text === "") found.push(`a section of ${text.length}`);
  for (const text of [message.text, ...blocks]) {
    if (text === "not verbatim") found.push(text);
    const rest = text.replace(/<!date\^\d+\^[^<>|]*\|[^<>|]*>/g, "").replace(/&(?:amp|lt|gt);/g, "");
    if (/[<>&]|@(?:here|channel|everyone)/i.test(rest)) found.push(`live: ${rest}`);
  }
  return found;
}

describe("whatever is in an alert, Slack takes the message and acts on none of it", () => {
  test.for([
    ["an alert", alertMessage(hostileAlert())],
    ["an open alert", alertMessage({ ...hostileAlert(), status: "open" })],
    ["fifty rows", recentMessage(Array.from({ length: 50 }, hostileAlert), true)],
    [
      "more rows than asked for",
      recentMessage(
        Array.from({ length: 500 }, () => loneAlert()),
        true,
      ),
    ],
    ["help", helpMessage(`/${"<!here>".repeat(100)}`, "<!channel>".repeat(5_000))],
    ["an unknown id", notFound("`<!channel>`".repeat(1_000))],
    ["a notice", notice(`@here ${"&".repeat(20_000)}`)],
    ["an empty text", notice("x")],
  ] as const)("%s", ([, message]) => {
    expect(faults(message)).toEqual([]);
  });

  test("a list that is cut short says so", () => {
    const actions = Array.from({ length: 200 }, (_, index) => `Do the step number ${index} of many`);
    expect(read(alertMessage(loneAlert({ recommendedActions: actions })))).toMatch(/… and \d+ more/);
  });
});

describe("answers", () => {
  test("recent: one line each, newest first", () => {
    const other = loneAlert({
      id: "anom_20240115_090000",
      severity: "low",
      category: "volume_spike",
      affectedServices: ["a", "b", "c", "d"],
      status: "resolved",
    });
    expect(read(recentMessage([loneAlert(), other], false))).toBe(`*The latest 2 anomalies*

:red_circle: <!date^1705314645^{date_short_pretty} {time}|2024-01-15T10:30:45Z> \`anom_20240115_103045\` high error spike · payment-api · open
:white_check_mark: <!date^1705314645^{date_short_pretty} {time}|2024-01-15T10:30:45Z> \`anom_20240115_090000\` low volume spike · a, b and 2 more · resolved

\`/anomalies show &lt;id&gt;\` for the details.`);
  });

  test("recent without any says so, and says what is the most", () => {
    expect(recentMessage([], false).text).toBe("No anomalies so far.");
    expect(read(recentMessage([loneAlert()], true))).toContain("At most 50 are shown at a time.");
  });

  test("help names the word that was not understood, harmless", () => {
    const message = helpMessage("/anomalies", 'Unknown command "<!channel>".');
    expect(message.text).toBe('Unknown command "&lt;!channel&gt;".');
    expect(read(message)).toContain("`/anomalies recent [n]`");
  });
});
