import { describe, expect, test } from "vitest";
import { MAX_SUSPECTS, rankSuspects } from "../../src/alert/suspects.ts";
import type { Suspect } from "../../src/alert/alert.ts";
import { seriesKey } from "../../src/log/series.ts";
import type { TemplateSample } from "../../src/window/delta.ts";
import { series, T0 } from "../support/log-records.ts";
import {
  baselineOf,
  manyServices,
  WINDOW_MS,
  windowStats,
  type ServiceCounts,
} from "../support/window-stats.ts";

function rank(
  services: Readonly<Record<string, ServiceCounts>>,
  onsetsMs: Readonly<Record<string, number>> = {},
): Suspect[] {
  const samples = new Map(
    Object.entries(onsetsMs).map(([service, firstSeenAtMs]): [string, TemplateSample[]] => [
      seriesKey(series(service)),
      [{ template: "boom", firstSeenAtMs, lastSeenAtMs: T0, severity: 17, examples: [] }],
    ]),
  );
  return rankSuspects({
    stats: windowStats(services),
    baseline: {
      ...baselineOf({}),
      perService: new Map([[seriesKey(series("noisy")), { totalLogs: 100, errorRate: 0.5, levels: [] }]]),
    },
    newSinceMs: T0 - WINDOW_MS,
    samplesOf: (key) => samples.get(key) ?? [],
  });
}

describe("suspects", () => {
  test("are those with the added errors; who always errs as much is none", () => {
    const found = rank({
      noisy: { total: 100, errors: 50 },
      payment: { total: 100, errors: 75 },
      cart: { total: 100, errors: 25 },
      fine: { total: 100 },
    });
    expect(found.map(({ service }) => service)).toEqual(["payment", "cart"]);
    expect(found[0]?.because).toEqual(["75.0 % of the added errors"]);
  });

  test("who erred first ranks before who errs a little more", () => {
    const found = rank(
      { payment: { total: 100, errors: 45 }, cart: { total: 100, errors: 55 } },
      { payment: T0 - 60_000, cart: T0 - 48_000 },
    );
    expect(found.map(({ service }) => service)).toEqual(["payment", "cart"]);
    expect(found[0]?.because).toEqual([
      "first new error 12.0 s before the others",
      "45.0 % of the added errors",
    ]);
  });

  test("an error that was known before the window is no onset", () => {
    const found = rank(
      { payment: { total: 100, errors: 40 }, cart: { total: 100, errors: 60 } },
      { payment: T0 - 2 * WINDOW_MS },
    );
    expect(found.map(({ service }) => service)).toEqual(["cart", "payment"]);
  });

  test("have scores from 0 to 1, are few, and none where nothing errs", () => {
    const services = Object.fromEntries(
      Object.keys(manyServices(50)).map((name) => [name, { total: 10, errors: 5 }]),
    );
    const found = rank(services, { "service-7": T0 - 1_000 });
    expect(found).toHaveLength(MAX_SUSPECTS);
    expect(found[0]?.service).toBe("service-7");
    for (const { score } of found) expect(score >= 0 && score <= 1).toBe(true);
    expect(rank({ fine: { total: 100 } })).toEqual([]);
  });
});
