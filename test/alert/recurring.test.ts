import { expect, test } from "vitest";
import { Recurring } from "../../src/alert/recurring.ts";
import { tracked } from "../support/findings.ts";
import { T0 } from "../support/log-records.ts";

const DAY_MS = 86_400_000;

test("the fourth of equal strength within a week is usual, a stronger one is not", () => {
  const recurring = new Recurring();
  const days = [0, 1, 2];
  expect(days.map((day) => recurring.isUsual(tracked({ score: 1.5 }), T0 + day * DAY_MS))).toEqual([
    false,
    false,
    false,
  ]);
  expect(recurring.isUsual(tracked({ score: 1.4 }), T0 + 3 * DAY_MS)).toBe(true);
  expect(recurring.isUsual(tracked({ score: 2 }), T0 + 4 * DAY_MS)).toBe(false);
});

test("what is over a week old counts no more", () => {
  const recurring = new Recurring();
  for (const hour of [0, 1, 2]) recurring.isUsual(tracked({ score: 1.5 }), T0 + hour);
  expect(recurring.isUsual(tracked({ score: 1.4 }), T0 + 8 * DAY_MS)).toBe(false);
});

test("errors are told however often they were told before", () => {
  const recurring = new Recurring();
  const error = tracked({ score: 1.5, detector: "error_share", category: "error_spike" });
  expect([0, 1, 2, 3, 4].map((hour) => recurring.isUsual(error, T0 + hour))).not.toContain(true);
});
