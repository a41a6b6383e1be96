import { describe, expect, test } from "vitest";
import { Budget, type BudgetOptions, type SpendStore } from "../../src/analysis/budget.ts";
import { BUDGET_USED, NOTHING_NEW } from "../../src/analysis/claude.ts";
import { sharing } from "../../src/analysis/sharing.ts";
import { MemorySpend } from "../../src/store/memory-spend.ts";
import { fakeAnalyst } from "../support/claude-analyst.ts";
import { ClaudeFake, messageOf, reply } from "../support/claude-fake.ts";
import { requestProblems } from "../support/claude-rules.ts";
import { sampleAlert, sampleEvidence } from "../support/sample-alert.ts";
import { TestClock } from "../support/test-clock.ts";

const never = (): AbortSignal => new AbortController().signal;

const DEEP = { model: "claude-opus-5-5", effort: "high", maxTokens: 8_000, maxTurns: 2 } as const;
const CRITICAL = sampleAlert({ severity: "critical" });

function call(name: string, input: unknown, id = "toolu_1") {
  return reply.json(
    200,
    messageOf("", { stop_reason: "tool_use", content: [{ type: "tool_use", id, name, input }] }),
  );
}

describe("a deep analysis", () => {
  test("may quote what a tool gave it, though the pack does not show it", async () => {
    const evidence = Array.from({ length: 40 }, (_, i) =>
      sampleEvidence({ id: `E${i + 1}`, kind: "error", template: `the part ${"x".repeat(i)} failed ${i}` }),
    );
    const hidden = { id: "E40", quote: `the part ${"x".repeat(39)} failed`, shows: "It." };
    const fake = new ClaudeFake(
      call("search_templates", { text: "x".repeat(39) }),
      reply.answer({ evidence: [hidden] }),
    );
    const context = async () => ({ maxBytes: 4_000 });
    const alert = sampleAlert({ severity: "critical", evidence });
    const outcome = await fakeAnalyst(fake, { deep: DEEP, context }).analyse(alert, never());
    expect(fake.requests[0]?.text).not.toContain(hidden.quote);
    expect(outcome).toMatchObject({ report: { quotes: { checked: 1, verified: 1 }, evidenceIds: ["E40"] } });
  });

  test("asks its tools, keeps the conversation whole, and every request is one the API takes", async () => {
    const fake = new ClaudeFake(call("search_templates", { text: "refused" }), reply.answer());
    const outcome = await fakeAnalyst(fake, { deep: DEEP }).analyse(CRITICAL, never());
    expect(outcome).toMatchObject({ kind: "done", report: { tier: "deep", receipt: { requests: 2 } } });
    for (const { body } of fake.requests) expect(requestProblems(body)).toEqual([]);
    const [first, second] = fake.requests.map(({ body }) => body as { messages: unknown[]; tools: unknown });
    expect(second?.messages.slice(0, 1)).toEqual(first?.messages);
    expect(second?.tools).toEqual(first?.tools);
    expect(JSON.stringify(second?.messages)).toContain("tool_result");
  });

  test("has to answer on its last turn, whatever it still wants to know; else one call does", async () => {
    const fake = new ClaudeFake(
      call("list_changes", {}),
      call("list_changes", {}, "toolu_2"),
      call("list_changes", {}, "toolu_3"),
      reply.answer(),
    );
    const outcome = await fakeAnalyst(fake, { deep: DEEP }).analyse(CRITICAL, never());
    expect(outcome).toMatchObject({ kind: "done", report: { tier: "standard", receipt: { requests: 4 } } });
    expect(fake.requests).toHaveLength(4);
    expect(fake.requests[2]?.body).toMatchObject({ tool_choice: { type: "none" } });
    expect(fake.requests[2]?.text).toContain("asked before");
  });

  test("is for critical alerts alone", async () => {
    const fake = new ClaudeFake(reply.answer());
    const outcome = await fakeAnalyst(fake, { deep: DEEP }).analyse(sampleAlert(), never());
    expect(outcome).toMatchObject({ report: { tier: "standard" } });
  });
});

function budgetOf(limits: Partial<BudgetOptions>, store: SpendStore = new MemorySpend()): Budget {
  return new Budget(store, { perDay: null, perMonth: null, deadlineMs: 120_000, ...limits });
}

/** A store that fails to settle as often as it is told. */
class FlakySpend extends MemorySpend {
  failures = 0;

  override async settle(...spent: Parameters<MemorySpend["settle"]>): Promise<void> {
    if (this.failures-- > 0) throw new Error("out of reach");
    await super.settle(...spent);
  }
}

describe("the budget", () => {
  test("what could not be settled is settled before the next reservation", async () => {
    const store = new FlakySpend();
    const budget = budgetOf({ perDay: 10 }, store);
    const reservation = await budget.reserve(4, "critical", 0);
    store.failures = 1;
    await expect(reservation?.settle(3)).rejects.toThrow("out of reach");
    expect(await budget.reserve(7.5, "critical", 0)).toBeNull();
    expect(await budget.spentToday(0)).toBe(3);
    expect(await budget.reserve(7, "critical", 0)).not.toBeNull();
  });

  test("a reservation that nobody settles is released some minutes after its deadline", async () => {
    const budget = budgetOf({ perDay: 1 });
    expect(await budget.reserve(1, "critical", 0)).not.toBeNull();
    expect(await budget.reserve(1, "critical", 120_000)).toBeNull();
    expect(await budget.reserve(1, "critical", 420_000)).not.toBeNull();
  });

  test("a thousand alerts at once never pass it, and what is left over is known", async () => {
    const store = new MemorySpend();
    const budget = budgetOf({ perDay: 10, perMonth: 100 }, store);
    const taken = await Promise.all(Array.from({ length: 1_000 }, () => budget.reserve(0.25, "high", 0)));
    const kept = taken.filter((one) => one !== null);
    expect(kept).toHaveLength(32);
    await Promise.all(kept.map((one) => one.settle(0.05)));
    expect(await budget.spentToday(0)).toBeCloseTo(1.6);
    expect(await budget.reserve(6.3, "high", 0)).not.toBeNull();
  });

  test("a fifth of it is there for critical alerts when all else is spent", async () => {
    const budget = budgetOf({ perDay: 10 });
    expect(await budget.reserve(8, "medium", 0)).not.toBeNull();
    expect(await budget.reserve(1, "high", 0)).toBeNull();
    expect(await budget.reserve(2, "critical", 0)).not.toBeNull();
  });

  test("falls back from deep to one call to counting, each said on the alert", async () => {
    const tier = async (perDay: number, ...replies: ReturnType<typeof reply.answer>[]) => {
      const budget = budgetOf({ perDay });
      return fakeAnalyst(new ClaudeFake(...replies), { deep: DEEP, budget }).analyse(CRITICAL, never());
    };
    expect(await tier(100, reply.answer())).toMatchObject({ report: { tier: "deep" } });
    expect(await tier(0.5, reply.answer())).toMatchObject({ report: { tier: "standard" } });
    expect(await tier(0.001)).toMatchObject({
      reason: BUDGET_USED,
      model: null,
      report: { tier: "statistics" },
    });
  });

  test("a call that failed for good is paid for as if it had been answered at length", async () => {
    const store = new MemorySpend();
    const budget = budgetOf({ perDay: 10 }, store);
    const clock = new TestClock();
    await fakeAnalyst(new ClaudeFake(reply.networkError()), { budget, clock }).analyse(
      sampleAlert(),
      never(),
    );
    expect(await budget.spentToday(clock.now())).toBeGreaterThan(0.05);
  });
});

describe("asking again", () => {
  test("costs nothing and says so where there is nothing new", async () => {
    const fake = new ClaudeFake(reply.answer());
    const claude = fakeAnalyst(fake);
    const first = await claude.analyse(sampleAlert(), never());
    if (first.kind !== "done" || first.report === undefined) throw new Error("no report");
    const state = {
      status: "pending",
      by: "claude",
      model: first.model,
      reason: null,
      report: first.report,
    } as const;
    const again = await claude.analyse(sampleAlert({ ...first.findings, analysis: state }), never());
    expect(again).toMatchObject({
      kind: "done",
      reason: NOTHING_NEW,
      findings: first.findings,
      report: { costUsd: 0 },
    });
    expect(fake.requests).toHaveLength(1);
  });

  test("says what is otherwise now", async () => {
    const fake = new ClaudeFake(reply.answer(), reply.answer({ confidence: 0.3, verdict: "inconclusive" }));
    const claude = fakeAnalyst(fake);
    const first = await claude.analyse(sampleAlert(), never());
    if (first.kind !== "done" || first.report === undefined) throw new Error("no report");
    const state = {
      status: "pending",
      by: "claude",
      model: first.model,
      reason: null,
      report: first.report,
    } as const;
    const evidence = [sampleEvidence(), sampleEvidence({ id: "E2", template: "disk full" })];
    const again = await claude.analyse(
      sampleAlert({ ...first.findings, analysis: state, evidence }),
      never(),
    );
    expect(again).toMatchObject({
      report: { changed: ["verdict: identified → inconclusive", "confidence: 0.7 → 0.3"] },
    });
  });

  test("alerts with the same evidence are analysed once, even all at once", async () => {
    const fake = new ClaudeFake(reply.answer());
    const claude = sharing(fakeAnalyst(fake), new TestClock());
    const alerts = Array.from({ length: 50 }, (_, i) => sampleAlert({ id: `anom_${i}` }));
    const outcomes = await Promise.all(alerts.map((alert) => claude.analyse(alert, never())));
    expect(fake.requests).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "done")).toHaveLength(50);
    expect(outcomes[49]).toMatchObject({ reason: "shared with anom_0, whose evidence is the same" });
  });
});
