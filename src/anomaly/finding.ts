import type { SeriesModel } from "../baseline/series-model.ts";
import type { Series } from "../log/series.ts";
import type { EpochMs } from "../log/time.ts";
import type { Grid } from "../window/grid.ts";
import type { Category, Severity } from "./anomaly.ts";

/** One broken expectation as a detector saw it, before anything decides whether people hear of it. */
export interface Finding {
  /** Detector, series and subject: the same finding at another time has the same key. */
  readonly key: string;
  readonly detector: DetectorName;
  readonly category: Category;
  readonly seriesKey: string;
  readonly series: Series;
  readonly severity: Severity;
  /** 1 at the threshold. */
  readonly score: number;
  /** −log10 of its probability while all is well. */
  readonly surprise: number;
  readonly observed: number;
  readonly expected: number;
  /** What would have been unremarkable. */
  readonly range: readonly [low: number, high: number];
  /** When it began, as far back as the counts show it. */
  readonly onsetMs: EpochMs;
  readonly windowMs: number;
  readonly pattern: string | null;
  readonly description: string;
  /** Enough by itself; anything else must be seen twice, a step apart. */
  readonly immediate: boolean;
  /** Keeps an open finding open, opens none. */
  readonly weak: boolean;
  /** It was as far off on several days of the last week. */
  readonly usual?: boolean;
  /** Services that the finding itself points to, besides the one that it is about. */
  readonly suspects?: readonly Suspicion[];
}

/** What speaks for a service being where it began. */
export interface Suspicion {
  readonly seriesKey: string;
  readonly service: string;
  /** 0 to 1. */
  readonly weight: number;
  readonly because: string;
}

export const DETECTORS = [
  "volume",
  "error_share",
  "silence",
  "rare_error",
  "pattern_rate",
  "trace_gap",
  "warning_share",
  "novelty",
  "exception_change",
  "ingestion_lag",
  "pipeline",
] as const;
export type DetectorName = (typeof DETECTORS)[number];

/** What every detector is told about this look. */
export interface Look {
  readonly grid: Grid;
  /** End of the newest pane that is judged. */
  readonly nowMs: EpochMs;
  readonly pane: number;
  /** The newest complete step. */
  readonly step: number;
  /** The pane is the last of its step: windows of many steps are judged only then. */
  readonly isStep: boolean;
  /** −log10 of the p-value that the budget of false alerts allows. */
  readonly tau: number;
  /** Since when input has come without a pause; null during one. */
  readonly continuousSinceMs: EpochMs | null;
  /** Input has come long enough for volume to be judged. */
  readonly warm: boolean;
  readonly isOpen: (key: string) => boolean;
  /** By how much the threshold of one series differs from `tau`, for detectors that judge many together; absent: 1. */
  readonly strictness?: (series: SeriesModel) => number;
  /** A pattern as people read it. */
  readonly textOf: (seriesKey: string, pattern: string) => string;
}

export function findingKey(detector: DetectorName, { key }: Pick<SeriesModel, "key">, subject = ""): string {
  return `${detector}\u001f${subject}\u001f${key}`;
}

/** A budget of false alerts per service and week becomes a threshold on −log10 p (36,000 effective tests). */
export function thresholdFor(budget: number): number {
  const TESTS_PER_WEEK = 36_000;
  return Math.log10(TESTS_PER_WEEK / Math.max(budget, 1e-6));
}

const STEPS: readonly Severity[] = ["low", "medium", "high", "critical"];

/** Low just above the threshold, medium from 1.3 times, high from twice. */
export function severityOf(score: number, raise = 0): Severity {
  const base = score > 2 ? 2 : score > 1.3 ? 1 : 0;
  return STEPS[Math.max(0, Math.min(STEPS.length - 1, base + raise))] ?? "low";
}

/** Are all of the last `windowMs` covered by input without a pause? */
export function isCovered(look: Look, windowMs: number): boolean {
  return look.continuousSinceMs !== null && look.nowMs - look.continuousSinceMs >= windowMs;
}
