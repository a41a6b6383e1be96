import type { Tracked } from "../../src/alert/confirm.ts";
import type { Finding } from "../../src/anomaly/finding.ts";
import { seriesKey } from "../../src/log/series.ts";
import { series, T0 } from "./log-records.ts";

/** The key of a service of this name. */
export function keyOf(service: string): string {
  return seriesKey(series(service));
}

/** A finding about one service: many more records than usual, seen once. */
export function finding(change: Partial<Finding> = {}, service = "shop"): Finding {
  return {
    key: `volume up ${service}`,
    detector: "volume",
    category: "volume_spike",
    seriesKey: keyOf(service),
    series: series(service),
    severity: "medium",
    score: 1.2,
    surprise: 7,
    observed: 100,
    expected: 10,
    range: [5, 20],
    onsetMs: T0,
    windowMs: 300_000,
    pattern: null,
    description: `${service}: 100 records`,
    immediate: false,
    weak: false,
    ...change,
  };
}

/** The same, confirmed. */
export function tracked(change: Partial<Finding> = {}, service = "shop"): Tracked {
  const seen = finding(change, service);
  return {
    key: seen.key,
    peak: seen,
    newest: seen,
    firstMs: T0,
    lastMs: T0,
    state: "open",
    alertId: null,
  };
}
