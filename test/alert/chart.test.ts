import { expect, test } from "vitest";
import { chartOf, MAX_CHART_POINTS, type AlertChart, type ChartSource } from "../../src/alert/chart.ts";
import type { ClassicBaseline } from "../../src/baseline/classic.ts";
import { seriesKey } from "../../src/log/series.ts";
import { series, T0 } from "../support/log-records.ts";
import { baselineOf, windowStats, WINDOW_MS } from "../support/window-stats.ts";

const KEY = seriesKey(series("payment-api"));
const USUAL = baselineOf({ errorRate: 0.01, totalLogs: 900, services: 3 });

/** Every step holds 100 records of one service and 100 of another; the last two minutes 50 errors of the first. */
const source: ChartSource = {
  stats: (_environment, fromMs, toMs) =>
    windowStats(
      { "payment-api": { total: 100, errors: fromMs >= T0 - 120_000 ? 50 : 0 }, cart: { total: 100 } },
      toMs,
    ),
  hasInput: () => true,
};

interface Asked {
  readonly category?: string;
  readonly key?: string | null;
  readonly windowMs?: number;
  readonly bucketMs?: number;
  readonly from?: Partial<ChartSource>;
  readonly baseline?: ClassicBaseline;
}

function chart({
  category = "error_spike",
  key = null,
  windowMs = WINDOW_MS,
  bucketMs = 10_000,
  from = {},
  baseline = USUAL,
}: Asked): AlertChart {
  const now = { ...windowStats({}), fromMs: T0 - windowMs, toMs: T0 };
  return chartOf({ category, seriesKey: key }, { ...source, ...from }, now, baseline, bucketMs);
}

test("errors: the share of each step, two windows of it, against the baseline's", () => {
  const drawn = chart({});
  expect(drawn).toMatchObject({ unit: "share", startMs: T0 - 600_000, stepMs: 30_000, expected: 0.01 });
  expect(drawn.values).toEqual([...Array.from({ length: 16 }, () => 0), 0.25, 0.25, 0.25, 0.25]);
});

test("of one service alone, against its own baseline", () => {
  const usual = { errorRate: 0.02, totalLogs: 450, levels: {} };
  const perService = new Map([[KEY, usual]]) as unknown as ClassicBaseline["perService"];
  const baseline = { ...USUAL, perService };
  expect(chart({ key: KEY, baseline })).toMatchObject({ expected: 0.02 });
  expect(chart({ key: KEY, baseline }).values.at(-1)).toBe(0.5);
  expect(chart({ key: KEY, baseline, category: "volume_drop" })).toMatchObject({
    unit: "records",
    expected: 45,
  });
  expect(chart({ key: "unknown" })).toMatchObject({ expected: null });
});

test("volume: records of each step, against as much of the baseline's window", () => {
  expect(chart({ category: "volume_spike" })).toMatchObject({ unit: "records", expected: 90 });
});

test("services: how many log", () => {
  const drawn = chart({ category: "service_change" });
  expect(drawn).toMatchObject({ unit: "services", expected: 3 });
  expect(new Set(drawn.values)).toEqual(new Set([2]));
});

test("where nothing came in there is a gap, and without a baseline nothing is expected", () => {
  const drawn = chart({ baseline: baselineOf({}), from: { hasInput: (fromMs) => fromMs >= T0 - 300_000 } });
  expect(drawn.values.filter((value) => value === null)).toHaveLength(10);
  expect(drawn.expected).toBeNull();
});

test.for([
  [300_000, 10_000],
  [10_000, 1_000],
  [3_000, 1_000],
  [86_400_000, 3_600_000],
  [300_000, 70_000],
] as const)(
  "a window of %d ms in panes of %d ms fits into the chart, in whole panes",
  ([windowMs, bucketMs]) => {
    const { values, stepMs } = chart({ windowMs, bucketMs });
    expect(values.length).toBeGreaterThan(1);
    expect(values.length).toBeLessThanOrEqual(MAX_CHART_POINTS);
    expect(stepMs % bucketMs).toBe(0);
  },
);
