import type { ClassicBaseline } from "../baseline/classic.ts";
import type { EpochMs } from "../log/time.ts";
import type { WindowStats } from "../window/windows.ts";

/** `share`: of the records, 0 to 1. `records`: in one step. `services`: that logged in one step. */
export type ChartUnit = "share" | "records" | "services";

/** The window, and what came before it, against what was expected; what people see as a curve. */
export interface AlertChart {
  readonly unit: ChartUnit;
  /** Where the first value begins. */
  readonly startMs: EpochMs;
  readonly stepMs: number;
  /** Oldest first, at most `MAX_CHART_POINTS`; null where nothing was received. */
  readonly values: readonly (number | null)[];
  /** In the unit of the values; null where no baseline was known. */
  readonly expected: number | null;
}

/** What Slack's own charts hold. */
export const MAX_CHART_POINTS = 20;
/** The window, and as much before it: only against before does it look like something. */
const WINDOWS = 2;

function unitOf(category: string): ChartUnit {
  if (category.startsWith("error")) return "share";
  return category.startsWith("service") ? "services" : "records";
}

/** What a curve is about. */
export interface ChartSubject {
  readonly category: string;
  /** One service; null: all of the environment together. */
  readonly seriesKey: string | null;
}

function valueOf(stats: WindowStats, unit: ChartUnit, seriesKey: string | null): number {
  if (unit === "services") return stats.services.size;
  const counted = seriesKey === null ? stats : stats.services.get(seriesKey);
  if (counted === undefined || counted.total === 0) return 0;
  return unit === "share" ? counted.errors / counted.total : counted.total;
}

function usualOf(baseline: ClassicBaseline, unit: ChartUnit, seriesKey: string | null): number | null {
  if (unit === "services") return baseline.services.value;
  if (seriesKey === null) return (unit === "share" ? baseline.errorRate : baseline.totalLogs).value;
  const usual = baseline.perService.get(seriesKey);
  if (usual === undefined) return null;
  return unit === "share" ? usual.errorRate : usual.totalLogs;
}

function expectedOf(
  baseline: ClassicBaseline,
  unit: ChartUnit,
  key: string | null,
  stepMs: number,
): number | null {
  const usual = usualOf(baseline, unit, key);
  return usual === null || unit !== "records" ? usual : (usual * stepMs) / baseline.windowMs;
}

/** Where the counts come from; ranges are `[fromMs, toMs)` and whole panes. */
export interface ChartSource {
  stats(environment: string, fromMs: EpochMs, toMs: EpochMs): WindowStats;
  hasInput(fromMs: EpochMs, toMs: EpochMs): boolean;
}

/** The curve of what a finding is about, up to the end of the window `now`, which lies in panes of `bucketMs`. */
export function chartOf(
  { category, seriesKey }: ChartSubject,
  source: ChartSource,
  now: WindowStats,
  baseline: ClassicBaseline,
  bucketMs: number,
): AlertChart {
  const spanMs = WINDOWS * (now.toMs - now.fromMs);
  const stepMs = Math.ceil(spanMs / MAX_CHART_POINTS / bucketMs) * bucketMs;
  const points = Math.floor(spanMs / stepMs);
  const startMs = now.toMs - points * stepMs;
  const unit = unitOf(category);
  const values = Array.from({ length: points }, (_, index) => {
    const fromMs = startMs + index * stepMs;
    const toMs = fromMs + stepMs;
    if (!source.hasInput(fromMs, toMs)) return null;
    return valueOf(source.stats(now.environment, fromMs, toMs), unit, seriesKey);
  });
  return { unit, startMs, stepMs, values, expected: expectedOf(baseline, unit, seriesKey, stepMs) };
}
