import type { LogRecord } from "../log/batch.ts";
import type { Series } from "../log/series.ts";
import type { EpochMs } from "../log/time.ts";
import type { Shape } from "../template/shape.ts";
import type { PatternCounts, SeriesCounts } from "./delta.ts";

/** As `PatternCounts`, by the hash of a line's shape: which template that is, the miner of the series knows. */
export interface ShapeCounts extends Omit<PatternCounts, "pattern"> {
  readonly key: number;
}

/** As `SeriesCounts` before shapes are named; in `samples`, `template` is a shape's key. */
export interface CountedSeries extends Omit<SeriesCounts, "templates" | "patterns"> {
  readonly shapes: readonly ShapeCounts[];
}

/** One pane of one counter: what changed since it was handed out last, each series with its counts in full. */
export interface CountedPane {
  readonly paneStartMs: EpochMs;
  readonly version: number;
  readonly input: boolean;
  readonly late: number;
  readonly series: readonly CountedSeries[];
}

/** A shape that the counter had not met in its series; redacted. */
export interface NewShape {
  readonly series: Series;
  readonly key: number;
  readonly shape: Shape;
}

/** What a counter hands out, on whichever thread it counts. */
export interface Counted {
  readonly panes: readonly CountedPane[];
  readonly shapes: readonly NewShape[];
  /** Some of the records in full, not redacted: warnings, errors and events before others. */
  readonly records: readonly LogRecord[];
  /** Records of some traces, and of all that erred as far as there is room. */
  readonly traced: readonly TracedRecord[];
}

/** One line of a trace. */
export interface TracedRecord {
  readonly series: Series;
  readonly traceId: string;
  readonly timeMs: EpochMs;
  /** Of its shape. */
  readonly key: number;
  readonly isError: boolean;
}

/** Counts what found no room. No shape has this key. */
export const OTHER_SHAPES = -1;
