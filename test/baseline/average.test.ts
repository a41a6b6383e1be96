import { describe, expect, test } from "vitest";
import {
  stepAverage,
  stepHeld,
  UNKNOWN_AVERAGE,
  type HeldAverage,
  type StepOutcome,
} from "../../src/baseline/average.ts";
import { T0 } from "../support/log-records.ts";

const HOUR_MS = 3_600_000;
const OPTIONS = { alpha: 0.2, relearnMs: HOUR_MS };

describe("the exponential moving average", () => {
  test.for<[string, number | null, number, number]>([
    ["the first value seeds", null, 500, 500],
    ["new = 0.2 × current + 0.8 × old", 1_000, 2_000, 1_200],
    ["a value like the average changes nothing", 100, 100, 100],
    ["zero counts", 100, 0, 80],
    ["zero is an average like others", 0, 100, 20],
  ])("%s", ([, old, current, expected]) => {
    expect(stepAverage(old, current, 0.2)).toBeCloseTo(expected, 9);
  });
});

describe("a held average", () => {
  const known: HeldAverage = { value: 100, hold: null };

  test("steps by a window that nothing fired in", () => {
    expect(stepHeld(known, 200, null, T0, OPTIONS)).toEqual({
      average: { value: 120, hold: null },
      adopted: false,
    });
  });

  test("stands still while its metric fires, and a shadow steps instead", () => {
    const first = stepHeld(known, 600, T0, T0 + 300_000, OPTIONS);
    expect(first).toEqual({
      average: { value: 100, hold: { sinceMs: T0, shadow: 200 } },
      adopted: false,
    });
    const second = stepHeld(first.average, 600, T0 + 300_000, T0 + 600_000, OPTIONS);
    expect(second.average.value).toBe(100);
    expect(second.average.hold?.sinceMs).toBe(T0);
    expect(second.average.hold?.shadow).toBeCloseTo(280, 9);
  });

  test("takes up its own value when the firing stops early", () => {
    const held: HeldAverage = { value: 100, hold: { sinceMs: T0, shadow: 500 } };
    expect(stepHeld(held, 100, null, T0 + 600_000, OPTIONS)).toEqual({
      average: { value: 100, hold: null },
      adopted: false,
    });
  });

  test.for<[string, number, StepOutcome]>([
    [
      "one ms short of the hour it still holds",
      HOUR_MS - 1,
      { average: { value: 100, hold: { sinceMs: T0, shadow: 520 } }, adopted: false },
    ],
    [
      "after exactly an hour the shadow is the baseline",
      HOUR_MS,
      { average: { value: 520, hold: null }, adopted: true },
    ],
  ])("%s", ([, heldForMs, expected]) => {
    const held: HeldAverage = { value: 100, hold: { sinceMs: T0, shadow: 500 } };
    expect(stepHeld(held, 600, T0 + heldForMs, T0 + heldForMs, OPTIONS)).toEqual(expected);
  });

  test("with relearning off always steps, as the original did", () => {
    const step = stepHeld(known, 600, T0, T0, { alpha: 0.2, relearnMs: 0 });
    expect(step).toEqual({ average: { value: 200, hold: null }, adopted: false });
  });

  test("that is not known yet is seeded, fired or not", () => {
    expect(stepHeld(UNKNOWN_AVERAGE, 7, T0, T0, OPTIONS).average).toEqual({ value: 7, hold: null });
  });
});
