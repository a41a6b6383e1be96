import { describe, expect, test } from "vitest";
import { emptyBaseline, type ClassicBaseline } from "../../src/baseline/classic.ts";
import { Learner, type WindowSource } from "../../src/baseline/learner.ts";
import type { WindowStats } from "../../src/window/windows.ts";
import { T0 } from "../support/log-records.ts";
import { WINDOW_MS, windowStats } from "../support/window-stats.ts";

const MINUTE_MS = 60_000;
const OPTIONS = { alpha: 0.2, relearnMs: 60 * MINUTE_MS, windowMs: WINDOW_MS };

/** Windows by their number from T0, each told as its records and errors; others had no input at all. */
class Told implements WindowSource {
  readonly #windows: readonly (readonly [total: number, errors?: number] | null)[];

  constructor(...windows: readonly (readonly [total: number, errors?: number] | null)[]) {
    this.#windows = windows;
  }

  stats(fromMs: number, toMs: number): WindowStats {
    const [total = 0, errors = 0] = this.#at(fromMs) ?? [];
    return windowStats(total === 0 ? {} : { shop: { total, errors } }, toMs);
  }

  hasInput(fromMs: number): boolean {
    return this.#at(fromMs) !== null;
  }

  #at(fromMs: number): readonly [total: number, errors?: number] | null {
    return this.#windows[(fromMs - T0) / WINDOW_MS] ?? null;
  }
}

/** The end of window `number`, counted from 0. */
function end(number: number): number {
  return T0 + (number + 1) * WINDOW_MS;
}

function learnerFrom(restored: ClassicBaseline | null = null): Learner {
  const learner = new Learner("production", OPTIONS, restored);
  learner.begin(T0);
  return learner;
}

/** Learns at every window's end up to that of window `last`. */
function run(learner: Learner, source: WindowSource, last: number, first = 0): void {
  for (let i = first; i <= last; i++) learner.learn(end(i), T0, source);
}

describe("learning from windows", () => {
  test("the first full window seeds, not a moment earlier", () => {
    const learner = learnerFrom();
    const source = new Told([1_000, 10]);
    expect(learner.learn(end(0) - 1, T0, source)).toEqual([]);
    expect(learner.baseline.errorRate.value).toBeNull();
    expect(learner.learn(end(0), T0, source)).toHaveLength(1);
    expect(learner.baseline.errorRate.value).toBe(0.01);
    expect(learner.baseline.totalLogs.value).toBe(1_000);
  });

  test("window k steps when k + 1 has closed", () => {
    const learner = learnerFrom();
    const source = new Told([1_000], [2_000], [9_000]);
    run(learner, source, 1);
    expect(learner.baseline.totalLogs.value).toBe(1_000);
    learner.learn(end(2) - 1, T0, source);
    expect(learner.baseline.totalLogs.value).toBe(1_000);
    learner.learn(end(2), T0, source);
    expect(learner.baseline.totalLogs.value).toBeCloseTo(1_200, 9);
  });

  test("each window steps once, however often it is asked", () => {
    const learner = learnerFrom();
    const source = new Told([1_000], [2_000], [2_000]);
    for (let at = T0; at <= end(2); at += 1_000) learner.learn(at, T0, source);
    expect(learner.baseline.totalLogs.value).toBeCloseTo(1_200, 9);
  });

  test("a late tick takes every window that has closed meanwhile, in order", () => {
    const [early, late] = [learnerFrom(), learnerFrom()];
    const source = new Told([1_000], [2_000], [3_000], [4_000]);
    run(early, source, 3);
    late.learn(end(3), T0, source);
    expect(late.baseline.totalLogs).toEqual(early.baseline.totalLogs);
  });

  test("nothing is learnt before the first record", () => {
    const learner = new Learner("production", OPTIONS, null);
    expect(learner.begun).toBe(false);
    expect(learner.learn(end(5), T0, new Told([1_000]))).toEqual([]);
  });

  test("an environment that has had no record in its first window has not begun", () => {
    const learner = learnerFrom();
    learner.learn(end(0), T0, new Told([0]));
    expect(learner.begun).toBe(false);
    expect(learner.baseline.totalLogs.value).toBeNull();
  });
});

describe("a metric that fired", () => {
  test.for<[string, number, boolean]>([
    ["an evaluation that ends with the window before does not overlap", T0 + WINDOW_MS, false],
    ["one pane into the window does", T0 + WINDOW_MS + 10_000, true],
    ["the window itself does", end(1), true],
    ["the last pane of it does", end(2) - 10_000, true],
    ["an evaluation of the next window only does not", end(2), false],
  ])("is held by an overlapping evaluation: %s", ([, firedAtMs, held]) => {
    const learner = learnerFrom();
    const source = new Told([1_000, 10], [1_000, 500], [1_000, 10]);
    run(learner, source, 0);
    learner.fired("errorRate", firedAtMs);
    run(learner, source, 2, 1);
    expect(learner.baseline.errorRate.value).toBeCloseTo(held ? 0.01 : 0.2 * 0.5 + 0.8 * 0.01, 9);
  });

  test("is held while the others step", () => {
    const learner = learnerFrom();
    const source = new Told([1_000, 10], [2_000, 1_000], [2_000, 10]);
    run(learner, source, 0);
    for (let at = end(0) + 10_000; at < end(2); at += 10_000) learner.fired("errorRate", at);
    run(learner, source, 2, 1);
    expect(learner.baseline.errorRate).toMatchObject({ value: 0.01, hold: { sinceMs: end(0) + 10_000 } });
    expect(learner.baseline.totalLogs.value).toBeCloseTo(1_200, 9);
  });

  test("for an hour without end is taken as normal, and says so once", () => {
    const learner = learnerFrom();
    const source = new Told([1_000, 10], ...Array.from({ length: 20 }, () => [1_000, 500] as const));
    const adopted: number[] = [];
    for (let i = 0; i <= 18; i++) {
      for (let at = end(i - 1) + 10_000; i > 0 && at <= end(i); at += 10_000) {
        const expected = learner.baseline.errorRate.value ?? 1;
        if (0.5 > 5 * expected) learner.fired("errorRate", at);
      }
      for (const step of learner.learn(end(i), T0, source)) {
        if (step.adopted.includes("errorRate")) adopted.push(i);
      }
    }
    // It began to fire in window 1; an hour is 12 windows.
    expect(adopted).toEqual([13]);
    expect(learner.baseline.errorRate.hold).toBeNull();
    expect(learner.baseline.errorRate.value).toBeGreaterThan(0.45);
  });
});

describe("gaps", () => {
  test("a window with no input from any source is no data, and the next record starts the next window", () => {
    const learner = learnerFrom();
    const source = new Told([1_000, 10], [1_000, 10], null, [5_000, 50], [5_000, 50]);
    run(learner, source, 2);
    expect(learner.begun).toBe(false);
    expect(learner.baseline.totalLogs.value).toBe(1_000);
    learner.begin(end(2));
    run(learner, source, 4, 3);
    expect(learner.baseline.totalLogs.value).toBeCloseTo(1_800, 9);
  });

  test("a full window with sources but without records steps the volume with 0 and leaves the error rate", () => {
    const learner = learnerFrom();
    run(learner, new Told([1_000, 10], [0], [0]), 2);
    expect(learner.baseline.totalLogs.value).toBeCloseTo(800, 9);
    expect(learner.baseline.errorRate.value).toBe(0.01);
  });

  test("a pause in the input stops the learning of volume, not that of the error rate", () => {
    const learner = learnerFrom();
    const source = new Told([1_000, 10], [500, 30], [1_000, 10], [1_000, 10]);
    learner.learn(end(0), T0, source);
    // Input came back in the middle of window 1.
    const sinceMs = T0 + WINDOW_MS + 200_000;
    for (const i of [1, 2, 3]) learner.learn(end(i), sinceMs, source);
    expect(learner.baseline.totalLogs.value).toBe(1_000);
    expect(learner.baseline.errorRate.value).toBeCloseTo(0.8 * (0.2 * 0.06 + 0.8 * 0.01) + 0.2 * 0.01, 9);
  });

  test("a pause in the first window seeds the error rate; the first whole window seeds the volume", () => {
    const learner = learnerFrom();
    const source = new Told([500, 5], [1_000, 10], [1_000, 10]);
    learner.learn(end(0), T0 + 10_000, source);
    expect(learner.baseline.errorRate.value).toBe(0.01);
    expect(learner.baseline.totalLogs.value).toBeNull();
    for (const i of [1, 2]) learner.learn(end(i), T0 + 10_000, source);
    expect(learner.baseline.totalLogs.value).toBe(1_000);
  });
});

describe("a clock that is set back", () => {
  test("does not hold learning up until the old time is reached again", () => {
    const learner = new Learner("production", OPTIONS, null);
    learner.begin(T0 + 10 * WINDOW_MS);
    learner.begin(T0);
    run(learner, new Told([1_000, 10], [2_000, 20]), 0);
    expect(learner.baseline.totalLogs.value).toBe(1_000);
  });
});

describe("a restart", () => {
  test("goes on from the restored baseline instead of seeding", () => {
    const restored = {
      ...emptyBaseline("production", WINDOW_MS),
      errorRate: { value: 0.01, hold: { sinceMs: T0 - 600_000, shadow: 0.3 } },
      totalLogs: { value: 1_000, hold: null },
    };
    const learner = learnerFrom(restored);
    const source = new Told([2_000, 20], [2_000, 20]);
    learner.learn(end(0), T0, source);
    expect(learner.baseline.totalLogs.value).toBe(1_000);
    learner.learn(end(1), T0, source);
    expect(learner.baseline.totalLogs.value).toBeCloseTo(1_200, 9);
  });
});
