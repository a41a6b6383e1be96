import { emptyBaseline, type ClassicBaseline } from "../../src/baseline/classic.ts";
import { seriesKey } from "../../src/log/series.ts";
import { LEVELS } from "../../src/log/severity.ts";
import type { ServiceStats, WindowStats } from "../../src/window/windows.ts";
import { series, T0 } from "./log-records.ts";

export const WINDOW_MS = 300_000;

export interface ServiceCounts {
  readonly total: number;
  readonly errors?: number;
}

function serviceStats(service: string, { total, errors = 0 }: ServiceCounts): ServiceStats {
  const levels = LEVELS.map((level) => (level === "error" ? errors : level === "info" ? total - errors : 0));
  return { series: series(service), total, errors, levels };
}

/** A window of 5 minutes that ends at `toMs`, with these services; records that are no errors are INFO. */
export function windowStats(services: Readonly<Record<string, ServiceCounts>>, toMs = T0): WindowStats {
  const list = Object.entries(services).map(([name, counts]) => serviceStats(name, counts));
  const sum = (of: (service: ServiceStats) => number): number =>
    list.reduce((total, service) => total + of(service), 0);
  const total = sum((service) => service.total);
  const errors = sum((service) => service.errors);
  return {
    environment: "production",
    fromMs: toMs - WINDOW_MS,
    toMs,
    total,
    errors,
    errorRate: total === 0 ? null : errors / total,
    levels: LEVELS.map((_, i) => sum((service) => service.levels[i] ?? 0)),
    services: new Map(list.map((service) => [seriesKey(service.series), service])),
  };
}

/** `count` services with ten records each. */
export function manyServices(count: number): Record<string, ServiceCounts> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`service-${i}`, { total: 10 }]));
}

export interface Normal {
  readonly errorRate?: number | null;
  readonly totalLogs?: number | null;
  readonly services?: number | null;
}

/** What is normal; what is left out is not known yet. */
export function baselineOf({ errorRate = null, totalLogs = null, services = null }: Normal): ClassicBaseline {
  return {
    ...emptyBaseline("production", WINDOW_MS),
    errorRate: { value: errorRate, hold: null },
    totalLogs: { value: totalLogs, hold: null },
    services: { value: services, hold: null },
  };
}
