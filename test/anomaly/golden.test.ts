import { describe, expect, test } from "vitest";
import type { Anomaly } from "../../src/anomaly/anomaly.ts";
import type { Detector } from "../../src/anomaly/detector.ts";
import { errorSpike } from "../../src/anomaly/error-spike.ts";
import { CLASSIC_DETECTORS } from "../../src/anomaly/registry.ts";
import { serviceChange } from "../../src/anomaly/service-change.ts";
import { volumeSpike } from "../../src/anomaly/volume-spike.ts";
import { stepBaseline, type ClassicBaseline } from "../../src/baseline/classic.ts";
import { seriesKey } from "../../src/log/series.ts";
import type { WindowStats } from "../../src/window/windows.ts";
import { series, T0 } from "../support/log-records.ts";
import { baselineOf, manyServices, windowStats, type Normal } from "../support/window-stats.ts";

type Verdict = "high" | "medium" | "low" | null;

function judge(
  detector: Detector,
  stats: WindowStats,
  baseline: ClassicBaseline,
  warm = true,
): Anomaly | null {
  return detector.detect({ stats, baseline, warm, nowMs: T0 });
}

function rate(errors: number, total: number): WindowStats {
  return windowStats({ shop: { total, errors } });
}

describe("error_spike: above 5 × baseline and above 5 %", () => {
  test.for<[string, number, number, number | null, Verdict]>([
    ["exactly 5 × is not above", 100, 1_000, 0.02, null],
    ["exactly 5 × is not above where binary fractions round upwards", 110, 1_000, 0.022, null],
    ["just above 5 × is", 101, 1_000, 0.02, "medium"],
    ["exactly 5 % is not above, whatever the baseline", 50, 1_000, 0.001, null],
    ["just above 5 % is", 51, 1_000, 0.001, "medium"],
    ["above 5 % but below 5 × is not", 140, 1_000, 0.03, null],
    ["above 5 × but below 5 % is not", 30, 1_000, 0.001, null],
    ["exactly 20 % is medium", 200, 1_000, 0.01, "medium"],
    ["just above 20 % is high", 201, 1_000, 0.01, "high"],
    ["everything fails", 1_000, 1_000, 0.01, "high"],
    ["at baseline 0 only the 5 % decides: exactly", 50, 1_000, 0, null],
    ["at baseline 0 only the 5 % decides: above", 51, 1_000, 0, "medium"],
    ["no baseline yet says nothing", 900, 1_000, null, null],
    ["no records say nothing", 0, 0, 0.01, null],
    ["one record that fails is 100 %", 1, 1, 0.01, "high"],
    ["a baseline above 20 % can never be exceeded fivefold", 1_000, 1_000, 0.2, null],
  ])("%s", ([, errors, total, expected, severity]) => {
    const anomaly = judge(errorSpike, rate(errors, total), baselineOf({ errorRate: expected }));
    expect(anomaly?.severity ?? null).toBe(severity);
  });

  test("is judged from the first evaluation on, warm or not", () => {
    expect(judge(errorSpike, rate(500, 1_000), baselineOf({ errorRate: 0.01 }), false)).not.toBeNull();
  });

  test("says what was seen, what was expected and how many times that is", () => {
    expect(judge(errorSpike, rate(150, 1_000), baselineOf({ errorRate: 0.01 }))).toMatchObject({
      category: "error_spike",
      environment: "production",
      service: null,
      observed: 0.15,
      expected: 0.01,
      multiplier: 15,
      detectedAtMs: T0,
      pattern: null,
    });
  });

  test("has no multiplier at baseline 0", () => {
    expect(judge(errorSpike, rate(150, 1_000), baselineOf({ errorRate: 0 }))?.multiplier).toBeNull();
  });

  test("describes itself in one sentence with the numbers", () => {
    const described = (errorRate: number): string | undefined =>
      judge(errorSpike, rate(150, 1_000), baselineOf({ errorRate }))?.description;
    expect(described(0.01)).toBe(
      "Error rate 15.0 % against a baseline of 1.0 % (15 times as much): 150 of 1,000 records in 5 minutes, most in shop",
    );
    expect(described(0)).toBe(
      "Error rate 15.0 % against a baseline of 0.0 %: 150 of 1,000 records in 5 minutes, most in shop",
    );
  });

  test("names the services with the added errors, not those that always err", () => {
    const stats = windowStats({
      noisy: { total: 1_000, errors: 100 },
      payment: { total: 1_000, errors: 400 },
      cart: { total: 1_000, errors: 50 },
      fine: { total: 5_000 },
    });
    const baseline = {
      ...baselineOf({ errorRate: 0.01 }),
      perService: new Map([[seriesKey(series("noisy")), { totalLogs: 1_000, errorRate: 0.1, levels: [] }]]),
    };
    expect(judge(errorSpike, stats, baseline)?.affectedServices).toEqual(["payment", "cart"]);
  });
});

describe("volume_spike: above 3 × baseline", () => {
  test.for<[string, number, number | null, Verdict]>([
    ["exactly 3 × is not above", 3_000, 1_000, null],
    ["exactly 3 × of a fraction is not above", 1, 1 / 3, null],
    ["just above 3 × is", 3_001, 1_000, "medium"],
    ["exactly 10 × is medium", 10_000, 1_000, "medium"],
    ["just above 10 × is high", 10_001, 1_000, "high"],
    ["fewer records are no spike", 10, 1_000, null],
    ["no baseline yet says nothing", 100_000, null, null],
    ["anything is above a baseline of 0", 1, 0, "high"],
    ["nothing is not above a baseline of 0", 0, 0, null],
  ])("%s", ([, total, expected, severity]) => {
    const stats = total === 0 ? windowStats({}) : rate(0, total);
    expect(judge(volumeSpike, stats, baselineOf({ totalLogs: expected }))?.severity ?? null).toBe(severity);
  });

  test("is not judged before input has come long enough", () => {
    expect(judge(volumeSpike, rate(0, 9_000), baselineOf({ totalLogs: 1_000 }), false)).toBeNull();
  });

  test("says how much and from where", () => {
    expect(judge(volumeSpike, rate(0, 12_345), baselineOf({ totalLogs: 1_000 }))).toMatchObject({
      category: "volume_spike",
      service: null,
      observed: 12_345,
      expected: 1_000,
      multiplier: 12.345,
      description:
        "12,345 records in 5 minutes against a baseline of 1,000 (12 times as much), most from shop",
      affectedServices: ["shop"],
    });
  });

  test("has no multiplier at baseline 0", () => {
    expect(judge(volumeSpike, rate(0, 5), baselineOf({ totalLogs: 0 }))?.multiplier).toBeNull();
  });
});

describe("service_change: more than 3 services more or fewer", () => {
  test.for<[string, number, number | null, Verdict]>([
    ["3 more is not more than 3", 11, 8, null],
    ["4 more is low", 12, 8, "low"],
    ["3 fewer is not more than 3", 5, 8, null],
    ["4 fewer is medium", 4, 8, "medium"],
    ["3.2 fewer than an average is medium", 5, 8.2, "medium"],
    ["exactly 3 fewer than an average with rounding is not", 5, 0.1 + 0.2 + 7.7, null],
    ["all gone is medium", 0, 4, "medium"],
    ["as many is nothing", 8, 8, null],
    ["no baseline yet says nothing", 8, null, null],
    ["4 where none were is low", 4, 0, "low"],
  ])("%s", ([, count, expected, severity]) => {
    const anomaly = judge(
      serviceChange,
      windowStats(manyServices(count)),
      baselineOf({ services: expected }),
    );
    expect(anomaly?.severity ?? null).toBe(severity);
  });

  test("is not judged before input has come long enough", () => {
    expect(judge(serviceChange, windowStats({}), baselineOf({ services: 8 }), false)).toBeNull();
  });

  test("names who is missing, those with most records first", () => {
    const perService = new Map(
      Object.keys(manyServices(5)).map((name, i) => [
        seriesKey(series(name)),
        { totalLogs: 10 * (i + 1), errorRate: 0, levels: [] },
      ]),
    );
    const baseline = { ...baselineOf({ services: 5 }), perService };
    expect(judge(serviceChange, windowStats({ "service-0": { total: 5 } }), baseline)).toMatchObject({
      category: "service_change",
      severity: "medium",
      observed: 1,
      expected: 5,
      multiplier: 0.2,
      affectedServices: ["service-4", "service-3", "service-2", "service-1"],
      description:
        "1 service logs against a baseline of 5; missing: service-4, service-3, service-2, service-1",
    });
  });

  test("names who is new", () => {
    const anomaly = judge(serviceChange, windowStats(manyServices(4)), baselineOf({ services: 0 }));
    expect(anomaly?.affectedServices).toEqual(["service-0", "service-1", "service-2", "service-3"]);
    expect(anomaly?.description).toContain("new: service-0");
    expect(anomaly?.multiplier).toBeNull();
  });
});

describe("all three together", () => {
  test("are the registry, one of each category", () => {
    expect(CLASSIC_DETECTORS.map(({ category }) => category)).toEqual([
      "error_spike",
      "volume_spike",
      "service_change",
    ]);
  });

  test("compare first, step afterwards: a baseline that had stepped before could never fire", () => {
    const before = baselineOf({ errorRate: 0.01 });
    const stats = rate(1_000, 1_000);
    expect(judge(errorSpike, stats, before)?.severity).toBe("high");
    const stepped = stepBaseline(
      before,
      { stats, continuous: true, firedSinceMs: { errorRate: null, totalLogs: null, services: null } },
      T0,
      { alpha: 0.2, relearnMs: 0 },
    ).baseline;
    expect(judge(errorSpike, stats, stepped)).toBeNull();
  });

  test.for<[string, Detector, Normal, WindowStats]>([
    ["error rate", errorSpike, { errorRate: 0.01 }, rate(150, 1_000)],
    ["volume", volumeSpike, { totalLogs: 100 }, rate(0, 1_000)],
    ["services", serviceChange, { services: 9 }, rate(0, 10)],
  ])("a finding holds exactly as long as it would be found again: %s", ([, detector, normal, stats]) => {
    const found = judge(detector, stats, baselineOf(normal));
    expect(detector.holds(found?.expected ?? NaN, stats)).toBe(true);
    const calm: Record<string, WindowStats> = {
      errorRate: rate(50, 1_000),
      totalLogs: rate(0, 300),
      services: windowStats(manyServices(6)),
    };
    expect(detector.holds(found?.expected ?? NaN, calm[detector.metric] ?? stats)).toBe(false);
  });

  test("a window without records holds no error spike", () => {
    expect(errorSpike.holds(0.01, windowStats({}))).toBe(false);
  });
});
