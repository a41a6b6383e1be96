import { describe, expect, test } from "vitest";
import { Overrides, type Override } from "../../src/alert/overrides.ts";
import { thresholdFor, type Finding, type Look } from "../../src/anomaly/finding.ts";
import { SeriesModel } from "../../src/baseline/series-model.ts";
import { gridOf } from "../../src/window/grid.ts";
import { series, T0 } from "../support/log-records.ts";
import { EngineRun, MINUTE_MS, type Traffic } from "../support/engine-run.ts";

const BUDGET = 0.05;
const TAU = thresholdFor(BUDGET);
const GRID = gridOf(300_000, 10_000);
const LOOK: Look = {
  grid: GRID,
  nowMs: T0,
  pane: 0,
  step: 0,
  isStep: true,
  tau: TAU,
  continuousSinceMs: T0,
  warm: true,
  isOpen: () => false,
  textOf: (_key, pattern) => pattern,
};

function model(service: string): SeriesModel {
  return new SeriesModel(service, series(service), GRID, T0);
}

function finding(service: string, change: Partial<Finding> = {}): Finding {
  return {
    key: `volume ${service}`,
    detector: "volume",
    category: "volume_spike",
    seriesKey: service,
    series: series(service),
    severity: "low",
    score: 1.1,
    surprise: 7,
    observed: 100,
    expected: 10,
    range: [5, 15],
    onsetMs: T0,
    windowMs: 60_000,
    pattern: null,
    description: "more than usual",
    immediate: false,
    weak: false,
    ...change,
  };
}

function overrides(...list: readonly (readonly [string, string | null, number | "shadow"])[]): Overrides {
  const all = list.map(([service, subject, value]): Override => ({ service, subject, value }));
  return new Overrides(all, BUDGET, new Set(["trace_gap"]));
}

describe("a budget for some services", () => {
  test.for([
    ["checkout", 0.5],
    ["batch-nightly", 0.001],
    ["cart", BUDGET],
  ] as const)("sets the threshold of %s alone, to that of %d", ([service, budget]) => {
    const all = overrides(["checkout", null, 0.5], ["batch-*", null, 0.001], ["check*", null, 9]);
    expect(all.of(LOOK, model(service)).tau).toBeCloseTo(thresholdFor(budget));
    expect(all.all(LOOK).strictness?.(model(service))).toBeCloseTo(thresholdFor(budget) / TAU);
  });

  test("changes nothing where there are none", () => {
    const none = overrides();
    expect([none.of(LOOK, model("cart")), none.all(LOOK)]).toEqual([LOOK, LOOK]);
    const findings = [finding("cart")];
    expect(none.judged(findings, LOOK)).toEqual({ allowed: findings, held: [] });
  });

  test("of one category lowers the threshold, and leaves other categories where they were", () => {
    const all = overrides(["cart", "volume_spike", 5]);
    const { tau } = all.of(LOOK, model("cart"));
    expect(tau).toBeCloseTo(thresholdFor(5));
    // As they are found at the lower threshold: both just above it.
    const spike = finding("cart", { score: 1.01 });
    const drop = finding("cart", { key: "drop", category: "volume_drop", score: 1.01 });
    const { allowed, held } = all.judged([spike, drop], LOOK);
    expect(allowed).toMatchObject([{ category: "volume_spike", score: 1.01, weak: false }]);
    expect(held).toMatchObject([{ category: "volume_drop", weak: true }]);
    expect(held[0]?.score).toBeCloseTo((1.01 * tau) / TAU);
  });

  test("of one category raises the threshold for it alone", () => {
    const all = overrides(["*", "volume", 0.000_1]);
    const other = finding("cart", { detector: "error_share", category: "error_spike" });
    const { allowed, held } = all.judged([finding("cart"), other], LOOK);
    expect(allowed).toMatchObject([{ detector: "error_share", score: 1.1 }]);
    expect(held).toMatchObject([{ detector: "volume" }]);
  });

  test("keeps open what was told: only its beginning is held back", () => {
    const all = overrides(["cart", "volume", 0.000_1]);
    const open = { ...LOOK, isOpen: () => true };
    expect(all.judged([finding("cart")], open)).toMatchObject({ allowed: [{ weak: true }], held: [] });
  });
});

test.for([
  ["cart", "volume", "volume_spike", false],
  ["batch-1", "volume", "volume_spike", true],
  ["cart", "rare_error", "new_pattern", true],
  ["cart", "rare_error", "error_spike", false],
  ["cart", "trace_gap", "slow_trace", true],
] as const)("%s: %s of %s is only watched: %s", ([service, detector, category, watched]) => {
  const all = overrides(["batch-*", null, "shadow"], ["*", "new_pattern", "shadow"]);
  expect(all.isShadow(finding(service, { detector, category }))).toBe(watched);
});

describe("on the engine", () => {
  const calm: Traffic = () => ({ shop: { info: 40 }, cart: { info: 30 }, mail: { info: 20 } });
  const failing: Traffic = (second) => ({
    ...calm(second),
    cart: { info: 30, errors: { "no connection in pool": 12 } },
  });

  test("a service that is only watched opens a shadow", () => {
    const run = new EngineRun({ overrides: [{ service: "c*", subject: null, value: "shadow" }] });
    run.for(180 * MINUTE_MS, calm).for(5 * MINUTE_MS, failing);
    expect(run.book.all).toMatchObject([{ shadow: true, affectedServices: ["cart"] }]);
  });

  test("another service's override changes nothing", () => {
    const said = (list: readonly Override[]): unknown =>
      new EngineRun({ overrides: list }).for(180 * MINUTE_MS, calm).for(5 * MINUTE_MS, failing).book.all;
    expect(said([{ service: "shop", subject: null, value: 0.001 }])).toEqual(said([]));
  });
});
