import type { Series } from "../log/series.ts";
import { LEVELS, levelIndex } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import type { Template } from "../template/template.ts";
import type { PatternCounts, SeriesCounts } from "./delta.ts";
import type { MergedCounts } from "./merged-counts.ts";
import type { Windows } from "./windows.ts";

/** One template of a series, with what was counted of it lately. */
export interface SeriesPattern {
  readonly series: Series;
  readonly template: Template;
  /** Records in the window, by index into `LEVELS`. */
  readonly levels: readonly number[];
  /** Records per pane, the oldest first. */
  readonly trend: readonly number[];
  /** Redacted lines. */
  readonly samples: readonly string[];
}

export interface PatternSpan {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly bucketMs: number;
}

const [INFO, WARN, ERROR, FATAL] = [
  LEVELS.indexOf("info"),
  LEVELS.indexOf("warn"),
  LEVELS.indexOf("error"),
  LEVELS.indexOf("fatal"),
];

interface Tally {
  readonly levels: number[];
  readonly trend: number[];
}

/** Every template of a series, with its counts over the span. */
export function seriesPatterns(
  series: Series,
  key: string,
  { counts, windows }: { readonly counts: MergedCounts; readonly windows: Windows },
  span: PatternSpan,
): readonly SeriesPattern[] {
  const { templates } = counts;
  const tallies = new Map<string, Tally>();
  for (const [startMs, paneCounts] of windows.panesOf(series, span.fromMs, span.toMs)) {
    const pane = Math.floor((startMs - span.fromMs) / span.bucketMs);
    for (const counted of countedPatterns(paneCounts)) {
      const id = templates.resolve(key, counted.pattern);
      const tally = tallies.get(id) ?? empty(span);
      tallies.set(id, tally);
      add(tally, counted, pane, quietLevel(counts, key, id));
    }
  }
  return templates.templates(key).map((template) => ({
    series,
    template,
    ...(tallies.get(template.id) ?? empty(span)),
    samples: counts.examplesOf(key, template.id),
  }));
}

/** A pane from before a restart says what erred, and nothing of other lines. */
function countedPatterns({ patterns, templates }: SeriesCounts): readonly PatternCounts[] {
  return (
    patterns ??
    templates.map(([pattern, total]) => ({ pattern, total, warnings: 0, errors: total, fatals: 0 }))
  );
}

function empty({ fromMs, toMs, bucketMs }: PatternSpan): Tally {
  const panes = Math.max(1, Math.ceil((toMs - fromMs) / bucketMs));
  return { levels: LEVELS.map(() => 0), trend: Array.from({ length: panes }, () => 0) };
}

/** Levels below a warning are counted as one: which it was, the records that were looked at say. */
function quietLevel(counts: MergedCounts, key: string, id: string): number {
  const severity = counts.recent.template(key, id)?.severity;
  const level = severity === undefined ? INFO : levelIndex(severity);
  return level < WARN ? level : INFO;
}

function add({ levels, trend }: Tally, counted: PatternCounts, pane: number, quiet: number): void {
  const { total, warnings, errors, fatals } = counted;
  const more = (level: number, count: number): void => {
    levels[level] = (levels[level] ?? 0) + count;
  };
  more(quiet, total - warnings - errors - fatals);
  more(WARN, warnings);
  more(ERROR, errors);
  more(FATAL, fatals);
  trend[pane] = (trend[pane] ?? 0) + total;
}
