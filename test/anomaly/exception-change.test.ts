import { describe, expect, test } from "vitest";
import { exceptionChange } from "../../src/anomaly/exception-change.ts";
import { thresholdFor, type Finding, type Look } from "../../src/anomaly/finding.ts";
import { mixChange } from "../../src/anomaly/mix.ts";
import { SeriesModel } from "../../src/baseline/series-model.ts";
import { gridOf } from "../../src/window/grid.ts";
import { series, T0 } from "../support/log-records.ts";

const GRID = gridOf(300_000, 10_000);
const STEP_MS = GRID.stepMs;
const FIRST_STEP = T0 / STEP_MS;

type Mix = Readonly<Record<string, number>>;

/** A service that has thrown `usual` in each of twelve buckets, and then a tenth of `now` in each of ten steps. */
function judged(usual: Mix, now: Mix, change: Partial<Look> = {}, steps = 10, days = 1): Finding | null {
  const model = new SeriesModel("cart", series("cart"), GRID, T0);
  model.watchedBuckets = days * 288;
  let step = FIRST_STEP;
  const throwAll = (mix: Mix): void => {
    for (const [type, count] of Object.entries(mix)) model.exceptions.add(step, type, count, step * STEP_MS);
  };
  for (let bucket = 0; bucket < 12; bucket++, step += 5) {
    throwAll(usual);
    model.exceptions.learn(step + 4, 5, 1, 1);
  }
  for (let i = 0; i < 10; i++, step++) {
    if (i >= steps) continue;
    throwAll(Object.fromEntries(Object.entries(now).map(([type, count]) => [type, count / steps])));
  }
  step -= 1;
  const nowMs = (step + 1) * STEP_MS;
  return exceptionChange(model, {
    grid: GRID,
    nowMs,
    pane: nowMs / GRID.paneMs - 1,
    step,
    isStep: true,
    tau: thresholdFor(0.05),
    continuousSinceMs: T0,
    warm: true,
    isOpen: () => false,
    textOf: (_key, pattern) => pattern,
    ...change,
  });
}

const USUAL = { TimeoutException: 8, ValidationException: 4 };

describe("exceptions of one service", () => {
  test("of a type that is new, in place of the usual ones, are found though they are no more", () => {
    expect(judged(USUAL, { NullPointerException: 30 })).toMatchObject({
      detector: "exception_change",
      category: "exception_change",
      pattern: "NullPointerException",
      observed: 1,
      description: 'cart: 30 of 30 exceptions in 10 minutes are "NullPointerException", a type that is new',
    });
  });

  test("in another mix are found, with both shares", () => {
    const found = judged(
      { TimeoutException: 10, ValidationException: 1 },
      { ValidationException: 100, TimeoutException: 10 },
    );
    expect(found).toMatchObject({ pattern: "ValidationException" });
    expect(found?.description).toMatch(/90\.9 % against 9\.1 %/);
  });

  test.for([
    ["as usual, only many more", USUAL, { TimeoutException: 80, ValidationException: 40 }],
    ["too few to say", USUAL, { NullPointerException: 6 }],
    ["one new among many", USUAL, { TimeoutException: 60, ValidationException: 30, Rare: 3 }],
    ["of a service that hardly ever throws", { TimeoutException: 1 }, { NullPointerException: 30 }],
    ["none at all", USUAL, {}],
  ] as const)("are nothing to tell of: %s", ([, usual, now]) => {
    expect(judged(usual, now)).toBeNull();
  });

  test("are not judged in the warm-up, nor in a service's first day, nor before ten minutes of input", () => {
    expect(judged(USUAL, { NullPointerException: 30 }, {}, 10, 0.8)).toBeNull();
    expect(judged(USUAL, { NullPointerException: 30 }, { warm: false })).toBeNull();
    expect(judged(USUAL, { NullPointerException: 30 }, { continuousSinceMs: T0 + 62 * 60_000 })).toBeNull();
  });

  test("are no change where they came in one burst", () => {
    expect(judged(USUAL, { NullPointerException: 30 }, {}, 3)).toBeNull();
  });

  test("are part of what is saved, bit by bit", () => {
    const model = new SeriesModel("cart", series("cart"), GRID, T0);
    model.exceptions.add(FIRST_STEP, "TimeoutException", 5, T0);
    model.exceptions.learn(FIRST_STEP, 5, 1, 1);
    const restored = SeriesModel.restore(JSON.parse(JSON.stringify(model.toJson())), GRID);
    expect(restored.toJson().exceptions).toEqual(model.toJson().exceptions);
    expect(restored.exceptions.types.get("TimeoutException")?.learnt).toBe(5);
  });
});

describe("a mix", () => {
  test("that is as it was learnt has no divergence, and no surprise", () => {
    const same = mixChange(
      [
        { observed: 50, learnt: 500 },
        { observed: 50, learnt: 500 },
      ],
      1,
    );
    expect(same.surprise).toBe(0);
    expect(same.divergence).toBeCloseTo(0, 6);
  });

  // By the chi-squared distribution with one degree of freedom, of which the cube root keeps on the safe side.
  test.for([
    [60, 40, 1.35],
    [75, 25, 6.5],
    [90, 10, 16.5],
  ] as const)("of %d to %d against halves: −log10 p is no more than %d, and little less", ([a, b, exact]) => {
    const kinds = [a, b].map((observed) => ({ observed, learnt: 1e9 }));
    const { surprise } = mixChange(kinds, 1);
    expect(surprise).toBeLessThan(1.02 * exact);
    expect(surprise).toBeGreaterThan(0.75 * exact);
  });

  test("with nothing in common diverges by one bit", () => {
    const found = mixChange(
      [
        { observed: 100, learnt: 0 },
        { observed: 0, learnt: 1e9 },
      ],
      1,
    );
    expect(found.divergence).toBeCloseTo(1, 3);
  });
});
