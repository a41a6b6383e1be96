import { describe, expect, test } from "vitest";
import {
  emptyBaseline,
  stepBaseline,
  type ClassicBaseline,
  type CompletedWindow,
} from "../../src/baseline/classic.ts";
import { seriesKey } from "../../src/log/series.ts";
import { LEVELS } from "../../src/log/severity.ts";
import { series, T0 } from "../support/log-records.ts";
import { windowStats, type ServiceCounts } from "../support/window-stats.ts";

const OPTIONS = { alpha: 0.2, relearnMs: 3_600_000 };
const NOTHING_FIRED = { errorRate: null, totalLogs: null, services: null };

function step(
  baseline: ClassicBaseline,
  services: Readonly<Record<string, ServiceCounts>>,
  change: Partial<CompletedWindow> = {},
): ClassicBaseline {
  const window = {
    stats: windowStats(services),
    continuous: true,
    firedSinceMs: NOTHING_FIRED,
    ...change,
  };
  return stepBaseline(baseline, window, T0, OPTIONS).baseline;
}

function values({ errorRate, totalLogs, services }: ClassicBaseline): (number | null)[] {
  return [errorRate.value, totalLogs.value, services.value];
}

const NORMAL = step(emptyBaseline("production", 300_000), {
  cart: { total: 800, errors: 8 },
  shop: { total: 200, errors: 2 },
});

describe("a baseline", () => {
  test("is seeded by the first full window", () => {
    expect(values(NORMAL)).toEqual([0.01, 1_000, 2]);
    const share = (level: string): number => NORMAL.levels?.[LEVELS.findIndex((one) => one === level)] ?? NaN;
    expect(share("error")).toBeCloseTo(0.01, 9);
    expect(share("info")).toBeCloseTo(0.99, 9);
    expect(NORMAL.updatedAtMs).toBe(T0);
  });

  test("steps error rate, total, services and level shares by the same formula", () => {
    const next = step(NORMAL, { cart: { total: 2_000, errors: 120 } });
    expect(next.errorRate.value).toBeCloseTo(0.2 * 0.06 + 0.8 * 0.01, 9);
    expect(next.totalLogs.value).toBeCloseTo(1_200, 9);
    expect(next.services.value).toBeCloseTo(1.8, 9);
    expect(next.levels?.[LEVELS.indexOf("error")]).toBeCloseTo(0.2 * 0.06 + 0.8 * 0.01, 9);
  });

  test("holds the metric that fired while the others step", () => {
    const next = step(
      NORMAL,
      { cart: { total: 2_000, errors: 1_000 } },
      { firedSinceMs: { ...NOTHING_FIRED, errorRate: T0 } },
    );
    expect(next.errorRate.value).toBe(0.01);
    expect(next.errorRate.hold?.shadow).toBeCloseTo(0.2 * 0.5 + 0.8 * 0.01, 9);
    expect(next.totalLogs.value).toBeCloseTo(1_200, 9);
    expect(next.services.value).toBeCloseTo(1.8, 9);
  });

  test("a full window without records steps the volume with 0 and leaves the error rate and level shares", () => {
    const next = step(NORMAL, {});
    expect(values(next)).toEqual([0.01, 800, 1.6]);
    expect(next.levels).toEqual(NORMAL.levels);
  });

  test("a window with a pause teaches the error rate but neither volume nor services", () => {
    const next = step(NORMAL, { cart: { total: 100, errors: 6 } }, { continuous: false });
    expect(next.errorRate.value).toBeCloseTo(0.02, 9);
    expect(values(next).slice(1)).toEqual([1_000, 2]);
  });

  test("says which metrics' lasting change has become normal", () => {
    const firedSinceMs = { ...NOTHING_FIRED, totalLogs: T0 - 3_600_000 };
    const window = { stats: windowStats({ cart: { total: 6_000 } }), continuous: true, firedSinceMs };
    const { baseline, adopted } = stepBaseline(NORMAL, window, T0, OPTIONS);
    expect(adopted).toEqual(["totalLogs"]);
    expect(baseline.totalLogs).toEqual({ value: 2_000, hold: null });
  });
});

describe("what is normal per service", () => {
  const key = (name: string): string => seriesKey(series(name));

  test("is learnt beside the whole", () => {
    const next = step(NORMAL, { cart: { total: 1_300, errors: 78 }, blog: { total: 50 } });
    expect(NORMAL.perService.get(key("cart"))).toMatchObject({ totalLogs: 800, errorRate: 0.01 });
    expect(next.perService.get(key("cart"))?.totalLogs).toBeCloseTo(900, 9);
    expect(next.perService.get(key("cart"))?.errorRate).toBeCloseTo(0.02, 9);
    expect(next.perService.get(key("shop"))).toMatchObject({ totalLogs: 160, errorRate: 0.01 });
    expect(next.perService.get(key("blog"))).toMatchObject({ totalLogs: 50, errorRate: 0 });
  });

  test("stands still while something fires, so that an incident explains itself by the time before it", () => {
    const firedSinceMs = { ...NOTHING_FIRED, errorRate: T0 };
    expect(step(NORMAL, { cart: { total: 9_000, errors: 9_000 } }, { firedSinceMs }).perService).toEqual(
      NORMAL.perService,
    );
  });

  test("is forgotten some time after a service has gone", () => {
    let baseline = NORMAL;
    for (let i = 0; i < 60; i++) baseline = step(baseline, { cart: { total: 800 } });
    expect([...baseline.perService.keys()]).toEqual([key("cart")]);
  });
});
