import { expect, test } from "vitest";
import type { Tracked } from "../../src/alert/confirm.ts";
import { Recurring } from "../../src/alert/recurring.ts";
import type { Finding } from "../../src/anomaly/finding.ts";
import { series, T0 } from "../support/log-records.ts";

const DAY_MS = 86_400_000;

function tracked(score: number, change: Partial<Finding> = {}): Tracked {
  const finding: Finding = {
    key: `volume ${score}`,
    detector: "volume",
    category: "volume_spike",
    seriesKey: "shop",
    series: series("shop"),
    severity: "medium",
    score,
    surprise: 7,
    observed: 100,
    expected: 10,
    range: [5, 20],
    onsetMs: T0,
    windowMs: 300_000,
    pattern: null,
    description: "shop: 100 records",
    immediate: false,
    weak: false,
    ...change,
  };
  return {
    key: finding.key,
    peak: finding,
    newest: finding,
    firstMs: T0,
    lastMs: T0,
    state: "open",
    alertId: null,
  };
}

test("the fourth of equal strength within a week is usual, a stronger one is not", () => {
  const recurring = new Recurring();
  const days = [0, 1, 2];
  expect(days.map((day) => recurring.isUsual(tracked(1.5), T0 + day * DAY_MS))).toEqual([
    false,
    false,
    false,
  ]);
  expect(recurring.isUsual(tracked(1.4), T0 + 3 * DAY_MS)).toBe(true);
  expect(recurring.isUsual(tracked(2), T0 + 4 * DAY_MS)).toBe(false);
});

test("what is over a week old counts no more", () => {
  const recurring = new Recurring();
  for (const hour of [0, 1, 2]) recurring.isUsual(tracked(1.5), T0 + hour);
  expect(recurring.isUsual(tracked(1.4), T0 + 8 * DAY_MS)).toBe(false);
});

test("errors are told however often they were told before", () => {
  const recurring = new Recurring();
  const error = tracked(1.5, { detector: "error_share", category: "error_spike" });
  expect([0, 1, 2, 3, 4].map((hour) => recurring.isUsual(error, T0 + hour))).not.toContain(true);
});
