import { describe, expect, test } from "vitest";
import type { Finding, Look } from "../../src/anomaly/finding.ts";
import { thresholdFor } from "../../src/anomaly/finding.ts";
import { traceGaps } from "../../src/anomaly/trace-gap.ts";
import { SeriesModel } from "../../src/baseline/series-model.ts";
import { gapBucket } from "../../src/window/delta.ts";
import { gridOf } from "../../src/window/grid.ts";
import { keyOf } from "../support/findings.ts";
import { series, T0 } from "../support/log-records.ts";

const GRID = gridOf(300_000, 10_000);
const LEARNT_STEP = 100;
const STEP = LEARNT_STEP + 5;

function look(change: Partial<Look> = {}): Look {
  return {
    grid: GRID,
    nowMs: T0,
    pane: 0,
    step: STEP,
    isStep: true,
    tau: thresholdFor(0.05),
    continuousSinceMs: 0,
    warm: true,
    isOpen: () => false,
    textOf: (_key, pattern) => pattern,
    ...change,
  };
}

/** Gaps of one pair of lines: what was usual, and what came in the newest step. */
interface Pair {
  readonly from: string;
  readonly to: string;
  readonly usual: readonly number[];
  readonly now: readonly number[];
}

function times(count: number, gapMs: number): number[] {
  return Array.from({ length: count }, () => gapMs);
}

function models(pairs: readonly Pair[], step = STEP): SeriesModel[] {
  const known = new Map<string, SeriesModel>();
  for (const { from, to, usual, now } of pairs) {
    const model = known.get(to) ?? new SeriesModel(keyOf(to), series(to), GRID, 0);
    known.set(to, model);
    model.watchedBuckets = 3;
    const gap = model.gap({ fromKey: keyOf(from), from: `${from} asks`, to: `${to} answers` });
    for (const ms of usual) gap?.add(LEARNT_STEP, gapBucket(ms), 1);
    gap?.learn(LEARNT_STEP, 1);
    for (const ms of now) gap?.add(step, gapBucket(ms), 1);
  }
  return [...known.values()];
}

function found(pairs: readonly Pair[], change: Partial<Look> = {}): Finding[] {
  return traceGaps(models(pairs), look(change));
}

const USUAL = times(200, 5);

describe("steps within traces", () => {
  test.for([
    ["all as fast as before", times(10, 5), 0],
    ["all much slower", times(10, 1_000), 1],
    ["two slow ones of many", [...times(20, 5), 1_000, 1_000], 0],
    ["slower, but by less than an octave", times(10, 6), 0],
    ["four times as slow, but too fast to matter", times(10, 18), 0],
  ] as const)("%s", ([, now, expected]) => {
    expect(found([{ from: "cart", to: "pay", usual: USUAL, now }])).toHaveLength(expected);
  });

  test("of which too little is known are not judged", () => {
    expect(found([{ from: "cart", to: "pay", usual: times(9, 5), now: times(10, 1_000) }])).toEqual([]);
  });

  test("that were slow a moment ago, and are fast again, are over", () => {
    const slow = models([{ from: "cart", to: "pay", usual: USUAL, now: times(10, 1_000) }], STEP - 1);
    expect(traceGaps(slow, look())).toEqual([]);
  });

  test("are judged when a step of time is complete", () => {
    const pair = { from: "cart", to: "pay", usual: USUAL, now: times(10, 1_000) };
    expect(found([pair], { isStep: false })).toEqual([]);
  });
});

describe("who is slow", () => {
  const slow = times(6, 1_000);
  const fast = times(6, 5);

  test("is the service that slow steps share, whoever waits", () => {
    const pairs = ["shop", "cart", "mail"].flatMap((other) => [
      { from: "pay", to: other, usual: USUAL, now: slow },
      { from: other, to: "desk", usual: USUAL, now: fast },
    ]);
    const [first, ...others] = found(pairs);
    expect(others).toEqual([]);
    expect(first?.key).toContain(keyOf("pay"));
    expect(first?.suspects?.filter(({ weight }) => weight === 1).map(({ service }) => service)).toEqual([
      "pay",
    ]);
  });

  test("of two services the one with fewer other steps", () => {
    const pairs = [
      { from: "pay", to: "shop", usual: USUAL, now: slow },
      ...["cart", "mail", "desk"].map((other) => ({ from: other, to: "shop", usual: USUAL, now: fast })),
    ];
    expect(found(pairs)[0]?.suspects?.find(({ weight }) => weight === 1)?.service).toBe("pay");
  });

  test("two that have nothing to do with each other are two findings", () => {
    const pairs = [
      { from: "pay", to: "shop", usual: USUAL, now: slow },
      { from: "mail", to: "desk", usual: USUAL, now: slow },
    ];
    expect(found(pairs).map(({ series: { service } }) => service)).toEqual(["desk", "shop"]);
  });

  test("the finding is about the service whose line comes late, and names both lines", () => {
    const [first] = found([{ from: "pay", to: "shop", usual: USUAL, now: slow }]);
    expect(first).toMatchObject({ series: { service: "shop" }, category: "slow_trace" });
    expect(first?.description).toContain('between "pay asks" of pay and "shop answers"');
  });
});

test("what is told as slow is not learnt, until it has been so for long", () => {
  const [model] = models([{ from: "cart", to: "pay", usual: USUAL, now: [] }]);
  const gap = model?.gap({ fromKey: keyOf("cart"), from: "cart asks", to: "pay answers" });
  const toldAt = (step: number): number => {
    for (let i = 0; i < 10; i++) gap?.add(step, gapBucket(1_000), 1);
    const told = traceGaps(model === undefined ? [] : [model], look({ step })).length;
    gap?.learn(step, 1);
    return told;
  };
  const told = Array.from({ length: 300 }, (_, i) => toldAt(STEP + i));
  expect(told.slice(0, 60)).not.toContain(0);
  expect(told.slice(200)).not.toContain(1);
});
