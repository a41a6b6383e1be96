import { expect, test } from "vitest";
import { Extremes } from "../../src/baseline/extremes.ts";
import { DAY_MS } from "../../src/log/time.ts";
import { T0 } from "../support/log-records.ts";

/** As much on each of so many days, the last one today. */
function after(days: number, value: number): Extremes {
  const extremes = new Extremes(2);
  for (let day = 0; day < days; day++) extremes.add(0, value, T0 + day * DAY_MS);
  return extremes;
}

test.for([
  [1, false],
  [2, false],
  [3, true],
  [7, true],
] as const)("what came on %d days of a week is usual: %s", ([days, isUsual]) => {
  expect(after(days, 1).isUsual(0, 1, T0 + (days - 1) * DAY_MS)).toBe(isUsual);
});

test("more than on those days is not usual, and neither is another kind", () => {
  const extremes = after(5, 1);
  expect(extremes.isUsual(0, 1.01, T0 + 4 * DAY_MS)).toBe(false);
  expect(extremes.isUsual(1, 0.5, T0 + 4 * DAY_MS)).toBe(false);
});

test("often on one day is one day", () => {
  const extremes = new Extremes(1);
  for (let i = 0; i < 50; i++) extremes.add(0, 2, T0 + i * 60_000);
  expect(extremes.isUsual(0, 1, T0)).toBe(false);
});

test("what is over a week old is forgotten", () => {
  expect(after(3, 1).isUsual(0, 1, T0 + 11 * DAY_MS)).toBe(false);
});

test("a restart forgets nothing", () => {
  const next = new Extremes(2);
  next.restore(after(3, 1).toJson());
  expect(next.isUsual(0, 1, T0 + 2 * DAY_MS)).toBe(true);
});
