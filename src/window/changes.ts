import { LEVELS } from "../log/severity.ts";
import type { LagStats, PatternCounts, SeriesCounts, WindowDelta } from "./delta.ts";

const WARN = LEVELS.indexOf("warn");
const ERROR = LEVELS.indexOf("error");
const FATAL = LEVELS.indexOf("fatal");

/** What a newer version of a series' counts adds to the older. */
export interface PatternChange {
  readonly pattern: string;
  readonly total: number;
  readonly warnings: number;
  readonly errors: number;
  readonly fatals: number;
  /** Retries of one request counted once, where traces tell. */
  readonly distinctErrors: number;
}

export interface SeriesChange {
  readonly counts: SeriesCounts;
  readonly before: SeriesCounts | undefined;
  readonly total: number;
  readonly warnings: number;
  /** Retries of one request counted once, where traces tell. */
  readonly errors: number;
  readonly fatals: number;
  readonly late: number;
  readonly duplicates: number;
  /** null where nothing that told its time came; the extremes are those of the whole pane. */
  readonly lag: LagStats | null;
  /** By level, indexed as `LEVELS`. */
  readonly levels: readonly number[];
}

/** The series of `next` with what came since `before`, an older version of the same pane. */
export function* changesOf(next: WindowDelta, before: WindowDelta | undefined): Generator<SeriesChange> {
  for (const [i, counts] of next.series.entries()) {
    const old = sameSeries(before, i, counts);
    const levels = counts.levels.map((count, level) => count - (old?.levels[level] ?? 0));
    yield {
      counts,
      before: old,
      levels,
      total: sum(levels),
      warnings: levels[WARN] ?? 0,
      errors: errorsOf(counts) - (old === undefined ? 0 : errorsOf(old)),
      fatals: levels[FATAL] ?? 0,
      late: (counts.late ?? 0) - (old?.late ?? 0),
      duplicates: (counts.duplicates ?? 0) - (old?.duplicates ?? 0),
      lag: lagSince(counts.lag, old?.lag),
    };
  }
}

function lagSince(next: LagStats | undefined, old: LagStats | undefined): LagStats | null {
  if (next === undefined || next.count <= (old?.count ?? 0)) return null;
  if (old === undefined) return next;
  return { ...next, count: next.count - old.count, sumMs: next.sumMs - old.sumMs };
}

/** Series keep their place while a pane fills. */
function sameSeries(
  before: WindowDelta | undefined,
  index: number,
  { series }: SeriesCounts,
): SeriesCounts | undefined {
  const same = (other: SeriesCounts): boolean =>
    other.series === series ||
    (other.series.service === series.service &&
      other.series.environment === series.environment &&
      other.series.namespace === series.namespace);
  const guess = before?.series[index];
  if (guess === undefined || same(guess)) return guess;
  return before?.series.find(same);
}

/** ERROR and FATAL; where every template says how many distinct traces erred, those. */
function errorsOf({ levels, patterns }: SeriesCounts): number {
  const raw = (levels[ERROR] ?? 0) + (levels[FATAL] ?? 0);
  if (raw === 0 || patterns === undefined) return raw;
  let distinct = 0;
  for (const { errors, fatals, tracedErrors } of patterns) distinct += tracedErrors ?? errors + fatals;
  return Math.min(raw, distinct);
}

/** Patterns with new records. Where only error templates are counted, those. */
export function* patternChanges({ counts, before }: SeriesChange): Generator<PatternChange> {
  if (counts.patterns !== undefined) {
    for (const [i, next] of counts.patterns.entries()) {
      const change = patternChange(next, samePattern(before?.patterns, i, next));
      if (change.total > 0) yield change;
    }
    return;
  }
  const old = new Map(before?.templates);
  for (const [pattern, count] of counts.templates) {
    const total = count - (old.get(pattern) ?? 0);
    if (total > 0) yield { pattern, total, warnings: 0, errors: total, fatals: 0, distinctErrors: total };
  }
}

function samePattern(
  before: readonly PatternCounts[] | undefined,
  index: number,
  { pattern }: PatternCounts,
): PatternCounts | undefined {
  const guess = before?.[index];
  if (guess === undefined || guess.pattern === pattern) return guess;
  return before?.find((other) => other.pattern === pattern);
}

function patternChange(next: PatternCounts, old: PatternCounts | undefined): PatternChange {
  return {
    pattern: next.pattern,
    total: next.total - (old?.total ?? 0),
    warnings: next.warnings - (old?.warnings ?? 0),
    errors: next.errors - (old?.errors ?? 0),
    fatals: next.fatals - (old?.fatals ?? 0),
    distinctErrors: distinct(next) - (old === undefined ? 0 : distinct(old)),
  };
}

function distinct({ errors, fatals, tracedErrors }: PatternCounts): number {
  return tracedErrors ?? errors + fatals;
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
