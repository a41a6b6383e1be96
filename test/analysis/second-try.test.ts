import { describe, expect, test } from "vitest";
import { Budget } from "../../src/analysis/budget.ts";
import { NOTHING_NEW, type ClaudeOptions } from "../../src/analysis/claude.ts";
import { MemorySpend } from "../../src/store/memory-spend.ts";
import { fakeAnalyst } from "../support/claude-analyst.ts";
import { ClaudeFake, GOOD_ANSWER, reply } from "../support/claude-fake.ts";
import { requestProblems } from "../support/claude-rules.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { TestClock } from "../support/test-clock.ts";

const NOW_MS = new TestClock().now();
const GOOD = JSON.stringify(GOOD_ANSWER);
const CUT_OFF = reply.message(GOOD, { stop_reason: "max_tokens" });
const REFUSED = reply.message("", {
  stop_reason: "refusal",
  stop_details: { category: "cyber" },
  content: [],
});
const DEEP = { model: "claude-opus-5-5", effort: "high", maxTokens: 8_000, maxTurns: 2 } as const;

async function analysed(fake: ClaudeFake, change: Partial<ClaudeOptions> = {}, alert = sampleAlert()) {
  const outcome = await fakeAnalyst(fake, change).analyse(alert, new AbortController().signal);
  for (const { body } of fake.requests) expect(requestProblems(body)).toEqual([]);
  return { outcome, asked: fake.requests.map(({ body }) => body as { model: string; max_tokens: number }) };
}

function budget(perDay: number | null) {
  return { budget: new Budget(new MemorySpend(), { perDay, perMonth: null, deadlineMs: 120_000 }) };
}

describe("an answer that was cut off", () => {
  test("is asked for once more with twice the room, even where it could be read", async () => {
    const { outcome, asked } = await analysed(new ClaudeFake(CUT_OFF, reply.answer()));
    expect(outcome).toMatchObject({ kind: "done", report: { receipt: { requests: 2 } } });
    expect(asked.map(({ max_tokens }) => max_tokens)).toEqual([8_000, 16_000]);
  });

  test("twice is none", async () => {
    const { outcome, asked } = await analysed(new ClaudeFake(CUT_OFF, CUT_OFF, reply.answer()));
    expect(outcome).toEqual({ kind: "failed", retryable: false, retryAfterMs: null, reason: "max_tokens" });
    expect(asked).toHaveLength(2);
  });

  test("is left where the budget does not pay for a second one", async () => {
    const { outcome, asked } = await analysed(new ClaudeFake(CUT_OFF, reply.answer()), budget(0.2));
    expect(outcome).toMatchObject({ reason: "max_tokens" });
    expect(asked).toHaveLength(1);
  });

  test("both answers are paid for", async () => {
    const limit = budget(10);
    const { outcome } = await analysed(new ClaudeFake(CUT_OFF, reply.answer()), limit);
    expect(outcome).toMatchObject({ report: { costUsd: 0.0096 } });
    expect(await limit.budget.spentToday(NOW_MS)).toBeCloseTo(0.0096);
  });
});

describe("a refusal", () => {
  test("is final where no other model is set", async () => {
    const { outcome, asked } = await analysed(new ClaudeFake(REFUSED, reply.answer()));
    expect(outcome).toMatchObject({ kind: "failed", reason: "refusal:cyber", retryable: false });
    expect(asked).toHaveLength(1);
  });

  test("goes once to the model that is set for it, as a new conversation", async () => {
    const fake = new ClaudeFake(REFUSED, reply.answer());
    const { outcome, asked } = await analysed(fake, { fallbackModel: "claude-haiku-5-5" });
    expect(outcome).toMatchObject({ kind: "done", report: { tier: "standard" } });
    expect(asked.map(({ model }) => model)).toEqual(["claude-sonnet-5-5", "claude-haiku-5-5"]);
  });

  test("of a deep analysis goes to one call of it", async () => {
    const fake = new ClaudeFake(REFUSED, reply.answer());
    const critical = sampleAlert({ severity: "critical" });
    const { outcome, asked } = await analysed(
      fake,
      { deep: DEEP, fallbackModel: "claude-haiku-5-5" },
      critical,
    );
    expect(outcome).toMatchObject({ kind: "done", report: { tier: "standard" } });
    expect(asked.map(({ model }) => model)).toEqual(["claude-opus-5-5", "claude-haiku-5-5"]);
  });

  test("of both stays one", async () => {
    const fake = new ClaudeFake(REFUSED, REFUSED, reply.answer());
    const { outcome } = await analysed(fake, { fallbackModel: "claude-haiku-5-5" });
    expect(outcome).toMatchObject({ kind: "failed", reason: "refusal:cyber" });
    expect(fake.requests).toHaveLength(2);
  });
});

describe("what was not answered", () => {
  test("costs nothing where the API itself said no", async () => {
    const limit = budget(10);
    await analysed(new ClaudeFake(reply.error(529, "overloaded_error")), limit);
    expect(await limit.budget.spentToday(NOW_MS)).toBe(0);
  });
});

describe("somebody who asks", () => {
  const pending = { status: "pending", by: "statistics", model: null, reason: null } as const;

  test("gets a deep analysis of any alert", async () => {
    const alert = sampleAlert({ severity: "low", analysis: { ...pending, asked: true } });
    const { outcome } = await analysed(new ClaudeFake(reply.answer()), { deep: DEEP }, alert);
    expect(outcome).toMatchObject({ report: { tier: "deep" } });
  });

  test("gets it after one call has answered too, and after that nothing new", async () => {
    const first = await analysed(new ClaudeFake(reply.answer()), { deep: DEEP });
    if (first.outcome.kind !== "done" || first.outcome.report === undefined) throw new Error("no report");
    const { report, findings, model } = first.outcome;
    expect(report.tier).toBe("standard");
    const asked = sampleAlert({
      ...findings,
      analysis: { ...pending, by: "claude", model, report, asked: true },
    });
    const deep = await analysed(new ClaudeFake(reply.answer()), { deep: DEEP }, asked);
    if (deep.outcome.kind !== "done" || deep.outcome.report === undefined) throw new Error("no report");
    expect(deep.outcome.report.tier).toBe("deep");
    const again = { ...asked, analysis: { ...asked.analysis, report: deep.outcome.report } };
    const last = await analysed(new ClaudeFake(), { deep: DEEP }, again);
    expect(last.outcome).toMatchObject({ reason: NOTHING_NEW, report: { costUsd: 0 } });
  });

  test("hears that there is nothing new where only one call could be paid for", async () => {
    const first = await analysed(new ClaudeFake(reply.answer()));
    if (first.outcome.kind !== "done" || first.outcome.report === undefined) throw new Error("no report");
    const { report, findings, model } = first.outcome;
    const asked = sampleAlert({
      ...findings,
      analysis: { ...pending, by: "claude", model, report, asked: true },
    });
    const again = await analysed(new ClaudeFake(), { deep: DEEP, ...budget(0.5) }, asked);
    expect(again.outcome).toMatchObject({ reason: NOTHING_NEW });
    expect(again.asked).toEqual([]);
  });
});
