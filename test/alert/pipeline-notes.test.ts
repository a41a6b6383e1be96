import { describe, expect, test } from "vitest";
import type { SilencedFinding } from "../../src/alert/ledger.ts";
import { EngineRun, MINUTE_MS, type ServicePane, type Traffic } from "../support/engine-run.ts";

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const calm: Traffic = () => ({ shop: { info: 40 }, cart: { info: 30 }, mail: { info: 20 } });

function cartWith(change: ServicePane): Traffic {
  return (second) => ({ ...calm(second), cart: { info: 30, ...change } });
}

function told(run: EngineRun): unknown {
  return run.engine.notes.current(run.nowMs).map(({ kind, service }) => [kind, service]);
}

function about(run: EngineRun): readonly SilencedFinding[] {
  return run.silenced.filter(({ category }) => category === "ingestion_lag" || category === "pipeline_issue");
}

const CASES: readonly (readonly [what: string, kind: string, words: string, traffic: Traffic])[] = [
  [
    "records that wait on the way",
    "ingestion_lag",
    "records come 90 s after their own time, 1 s is usual",
    cartWith({ lagMs: [60_000, 120_000] }),
  ],
  [
    "a clock that is behind",
    "clock_skew",
    "a steady 5 min after their own time",
    cartWith({ info: 0, late: 30, lagMs: 300_000 }),
  ],
  ["a clock that is ahead", "clock_skew", "up to 5 min ahead of ours", cartWith({ lagMs: -300_000 })],
  [
    "stored logs among new ones",
    "old_logs",
    "records up to 24 h old",
    cartWith({ late: 500, lagMs: [300, DAY_MS] }),
  ],
  [
    "batches that come again",
    "repeated_batches",
    "records came again",
    cartWith({ more: { duplicates: 30 } }),
  ],
];

describe("what is wrong on the way to us", () => {
  test.for(CASES)("%s: told as such, in the ledger, as no incident", ([, kind, words, traffic]) => {
    const run = new EngineRun().for(2 * HOUR_MS, calm).for(10 * MINUTE_MS, traffic);
    expect(told(run)).toEqual([[kind, "cart"]]);
    expect(run.book.all).toEqual([]);
    const noted = about(run);
    const category = kind === "ingestion_lag" ? "ingestion_lag" : "pipeline_issue";
    expect(noted[0]).toMatchObject({ service: "cart", category, gate: "gate", severity: "low" });
    expect(noted[0]?.reason).toContain(words);
    run.for(10 * MINUTE_MS, calm);
    expect(told(run)).toEqual([]);
  });

  test("is about the way, and one finding, where most services show it", () => {
    const slow = { info: 30, lagMs: [60_000, 100_000] } as const;
    const run = new EngineRun().for(HOUR_MS, calm);
    run.for(10 * MINUTE_MS, () => ({ shop: slow, cart: slow, mail: slow }));
    expect(told(run)).toEqual([["ingestion_lag", null]]);
    expect(run.book.all).toEqual([]);
  });

  test("is not told for one straggling batch, nor for a lag that is usual", () => {
    const run = new EngineRun().for(HOUR_MS, calm);
    run.for(10_000, cartWith({ late: 400, lagMs: [300, DAY_MS] }));
    run.for(HOUR_MS, cartWith({ lagMs: [20_000, 50_000] }));
    expect(about(run)).toEqual([]);
  });

  test("is a gap where nothing at all came: told once input is back", () => {
    const run = new EngineRun().for(HOUR_MS, calm).for(20 * MINUTE_MS, () => ({}));
    expect(told(run)).toEqual([]);
    run.for(MINUTE_MS, calm);
    expect(told(run)).toEqual([["input_gap", null]]);
    expect(run.engine.notes.current(run.nowMs)[0]?.text).toContain("no input at all for");
    expect(run.book.all).toEqual([]);
  });

  test("is told of a batch that a sender has repeated", () => {
    const run = new EngineRun().for(HOUR_MS, calm);
    run.engine.notes.repeated(8_192, run.nowMs);
    expect(told(run)).toEqual([["repeated_batches", null]]);
    expect(run.silenced).toMatchObject([
      { environment: "(all)", category: "pipeline_issue", observed: 8_192 },
    ]);
  });
});
