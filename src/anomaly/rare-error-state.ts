import type { PatternState } from "../baseline/pattern-model.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import type { EpochMs } from "../log/time.ts";
import type { ModelOf, SharedPatternsJson } from "./shared-patterns.ts";

/** An episode of a rare error that is not over, or has just been. */
export interface Recent {
  readonly series: SeriesModel;
  readonly pattern: PatternState;
  rare: number;
  readonly firstMs: EpochMs;
  readonly step: number;
  lastStep: number;
  count: number;
  fatal: boolean;
  settled: boolean;
  /** Part of something that people were told of. */
  told: boolean;
  /** It began when little could be told. */
  readonly early: boolean;
}

interface RecentJson extends Omit<Recent, "series" | "pattern"> {
  readonly seriesKey: string;
  readonly pattern: string;
}

export interface RareErrorsJson {
  /** Decayed at, new, watched, age, then those that stayed alone. */
  readonly counts: readonly number[];
  readonly shared: SharedPatternsJson;
  readonly recent: readonly RecentJson[];
}

export function recentToJson({ series, pattern, ...one }: Recent): RecentJson {
  return { ...one, seriesKey: series.key, pattern: pattern.pattern };
}

/** null where the series or its pattern is no longer known. */
export function recentFromJson(
  { seriesKey, pattern: id, ...one }: RecentJson,
  modelOf: ModelOf,
): Recent | null {
  const series = modelOf(seriesKey);
  const pattern = series?.patterns.get(id);
  return series === undefined || pattern === undefined ? null : { ...one, series, pattern };
}
