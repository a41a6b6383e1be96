import { describe, expect, test } from "vitest";
import { AnalysisWorker } from "../../src/analysis/worker.ts";
import type { AnalysisResult, AnalysisWorkerOptions } from "../../src/analysis/worker.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { AnalystFake, DeskFake, failed, found, QueueFake } from "../support/claude-desk.ts";
import { recordingLogger } from "../support/claude-logs.ts";
import { settle, TestClock } from "../support/test-clock.ts";

function setUp(analyst: AnalystFake, alerts: readonly string[], change: Partial<AnalysisWorkerOptions> = {}) {
  const queue = new QueueFake();
  const desk = new DeskFake();
  for (const [i, id] of alerts.entries()) {
    queue.add(i + 1, id);
    desk.add(sampleAlert({ id }));
  }
  const clock = new TestClock();
  const { log, lines } = recordingLogger();
  const results: AnalysisResult[] = [];
  const worker = new AnalysisWorker({
    analyst,
    queue,
    desk,
    clock,
    log,
    backoff: (attempt) => attempt * 1_000,
    onOutcome: (result) => results.push(result),
    ...change,
  });
  return { worker, queue, desk, clock, lines, results };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await settle();
}

describe("the analysis worker", () => {
  test("stores the findings and ends the job", async () => {
    const analyst = new AnalystFake(found("a full disk"));
    const { worker, queue, desk, results } = setUp(analyst, ["a"]);
    worker.start();
    await settled();
    expect(desk.log).toEqual(["analysed a a full disk by claude claude-sonnet-5-5"]);
    expect(queue.log).toEqual(["done a"]);
    expect(results).toEqual([{ result: "done", reason: null, durationMs: 0 }]);
    await worker.stop();
  });

  test("finds work by itself at the next poll, and at once when woken", async () => {
    const { worker, queue, desk, clock } = setUp(new AnalystFake(), []);
    worker.start();
    await settled();
    desk.add(sampleAlert({ id: "late" }));
    queue.add(7, "late");
    await clock.advance(5_000);
    await settled();
    expect(queue.log).toEqual(["done late"]);
    desk.add(sampleAlert({ id: "now" }));
    queue.add(8, "now");
    worker.wake();
    await settled();
    expect(queue.log).toEqual(["done late", "done now"]);
    await worker.stop();
  });

  test("never asks more often at a time than it may, and leaves nothing waiting", async () => {
    const analyst = new AnalystFake("hang", "hang");
    const { worker, queue, clock } = setUp(analyst, ["a", "b", "c", "d", "e"], { deadlineMs: () => 10_000 });
    worker.start();
    await settled();
    expect(analyst.active).toBe(2);
    expect(worker.inFlight).toBe(2);
    worker.wake();
    worker.wake();
    await settled();
    expect(analyst.asked).toEqual(["a", "b"]);
    await clock.advance(10_000);
    await settled();
    expect(analyst.mostActive).toBe(2);
    expect(queue.jobs.size).toBe(0);
    await worker.stop();
  });

  test("tries again after the backoff", async () => {
    const analyst = new AnalystFake(failed("overloaded", true), failed("overloaded", true), found());
    const { worker, desk, clock, results } = setUp(analyst, ["a"]);
    worker.start();
    await settled();
    expect(analyst.asked).toHaveLength(1);
    await clock.advance(1_000);
    await settled();
    expect(analyst.asked).toHaveLength(2);
    await clock.advance(2_000);
    await settled();
    expect(desk.log).toEqual(["analysed a the cause by claude claude-sonnet-5-5"]);
    expect(results).toEqual([{ result: "done", reason: null, durationMs: 3_000 }]);
    await worker.stop();
  });

  test("waits as long as it was told to", async () => {
    const analyst = new AnalystFake(failed("rate_limited", true, 30_000), found());
    const { worker, desk, clock } = setUp(analyst, ["a"]);
    worker.start();
    await settled();
    await clock.advance(29_999);
    expect(analyst.asked).toHaveLength(1);
    await clock.advance(1);
    await settled();
    expect(desk.log).toHaveLength(1);
    await worker.stop();
  });

  test.for([
    ["an error that time does not heal", failed("invalid_key", false), "invalid_key"],
    ["a refusal", failed("refusal:cyber", false), "refusal:cyber"],
    ["a wait beyond the deadline", failed("rate_limited", true, 3_600_000), "rate_limited"],
  ] as const)("gives up at once after %s and says why", async ([, outcome, reason]) => {
    const { worker, queue, desk, results } = setUp(new AnalystFake(outcome), ["a"]);
    worker.start();
    await settled();
    expect(desk.log).toEqual([`failed a ${reason}`]);
    expect(queue.log).toEqual([`abandon a ${reason}`]);
    expect(results).toMatchObject([{ result: "failed", reason }]);
    await worker.stop();
  });

  test.for(["hang", "stuck"] as const)(
    "ends an analysis that hangs (%s) at its deadline",
    async (outcome) => {
      const { worker, desk, clock } = setUp(new AnalystFake(outcome), ["a"]);
      worker.start();
      await settled();
      await clock.advance(119_999);
      expect(desk.log).toEqual([]);
      await clock.advance(1);
      await settled();
      expect(desk.log).toEqual(["failed a timeout"]);
      await worker.stop();
      expect(clock.pending).toBe(0);
    },
  );

  test("counts all attempts and waits against one deadline and keeps the last reason", async () => {
    const busy = Array.from({ length: 50 }, () => failed("overloaded", true));
    const analyst = new AnalystFake(...busy);
    const { worker, desk, clock } = setUp(analyst, ["a"]);
    worker.start();
    await clock.advance(120_000);
    await settled();
    expect(desk.log).toEqual(["failed a overloaded"]);
    expect(analyst.asked.length).toBeLessThan(17);
    await worker.stop();
  });

  test("survives an analyst that throws", async () => {
    const { worker, desk } = setUp(new AnalystFake("throw", found()), ["a", "b"]);
    worker.start();
    await settled();
    expect(desk.log).toContain("failed a internal_error");
    expect(desk.log).toContain("analysed b the cause by claude claude-sonnet-5-5");
    await worker.stop();
  });

  test("asks nothing for an alert that is gone or already explained", async () => {
    const analyst = new AnalystFake();
    const { worker, queue, desk } = setUp(analyst, ["explained"]);
    desk.add(
      sampleAlert({ id: "explained", analysis: { status: "done", by: "claude", model: "m", reason: null } }),
    );
    queue.add(9, "gone");
    worker.start();
    await settled();
    expect(analyst.asked).toEqual([]);
    expect(queue.log.toSorted()).toEqual(["abandon gone no_such_alert", "done explained"]);
    await worker.stop();
  });

  test("keeps an answer that the store cannot take, and does not ask for it twice", async () => {
    const analyst = new AnalystFake(found());
    const { worker, queue, desk, clock } = setUp(analyst, ["a"]);
    desk.down = true;
    worker.start();
    await settled();
    expect(queue.log).toEqual(["retry a store_unavailable"]);
    desk.down = false;
    await clock.advance(5_000);
    await settled();
    expect(desk.log).toHaveLength(1);
    expect(queue.jobs.size).toBe(0);
    expect(analyst.asked).toHaveLength(1);
    await worker.stop();
  });

  test("tells the desk once where only the queue is out of reach", async () => {
    const analyst = new AnalystFake("hang");
    const { worker, queue, desk, clock } = setUp(analyst, ["a"]);
    worker.start();
    await settled();
    queue.down = true;
    await clock.advance(120_000);
    await settled();
    expect(desk.log).toEqual(["failed a timeout"]);
    expect(queue.jobs.size).toBe(1);
    queue.down = false;
    await clock.advance(5_000);
    await settled();
    expect(desk.log).toEqual(["failed a timeout"]);
    expect(queue.log).toEqual(["abandon a timeout"]);
    await worker.stop();
  });

  test("goes on after the queue could not be read, without a word of what was in the error", async () => {
    const { worker, queue, desk, clock, lines } = setUp(new AnalystFake(), ["a"]);
    queue.down = true;
    worker.start();
    await settled();
    queue.down = false;
    await clock.advance(5_000);
    await settled();
    expect(desk.log).toHaveLength(1);
    expect(lines.join("")).not.toContain("no database");
    await worker.stop();
  });

  test.for(["hang", "stuck"] as const)("stops at once (%s) and leaves the job due", async (outcome) => {
    const { worker, queue, desk, clock } = setUp(new AnalystFake(outcome), ["a", "b", "c"], {
      concurrency: 1,
    });
    worker.start();
    await settled();
    await worker.stop();
    expect(desk.log).toEqual([]);
    expect(queue.log).toEqual([]);
    expect(queue.jobs.size).toBe(3);
    worker.wake();
    await settled();
    expect(worker.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("stops while it waits for the next try", async () => {
    const { worker, queue, clock } = setUp(new AnalystFake(failed("overloaded", true, 60_000)), ["a"]);
    worker.start();
    await settled();
    await worker.stop();
    expect(queue.jobs.size).toBe(1);
    expect(queue.log).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
