import { seriesKey } from "../log/series.ts";
import type { EpochMs } from "../log/time.ts";
import type { CountedPane, CountedSeries, ShapeCounts } from "./counted.ts";
import type { PatternCounts, SeriesCounts, WindowDelta } from "./delta.ts";

/** The name of a shape's template, in its series; also of `OTHER_SHAPES`. */
export type NameShape = (seriesKey: string, shape: number) => string;

export interface ChangedCounts {
  readonly key: string;
  readonly counts: SeriesCounts;
  /** As they were before. */
  readonly before: SeriesCounts | undefined;
}

export interface Assembled {
  /** The whole pane. */
  readonly delta: WindowDelta;
  /** Of its series, those that changed. */
  readonly changed: readonly ChangedCounts[];
}

/** Puts a counter's panes together from what changed, its shapes named; one for each (replica, epoch). */
export class PaneAssembly {
  readonly #replica: string;
  readonly #epoch: EpochMs;
  readonly #panes = new Map<EpochMs, Map<string, SeriesCounts>>();

  constructor(replica: string, epoch: EpochMs) {
    this.#replica = replica;
    this.#epoch = epoch;
  }

  add({ paneStartMs, version, input, late, series }: CountedPane, nameOf: NameShape): Assembled {
    let pane = this.#panes.get(paneStartMs);
    if (pane === undefined) {
      pane = new Map();
      this.#panes.set(paneStartMs, pane);
    }
    const changed: ChangedCounts[] = [];
    for (const counted of series) {
      const key = seriesKey(counted.series);
      const counts = named(key, counted, nameOf);
      changed.push({ key, counts, before: pane.get(key) });
      pane.set(key, counts);
    }
    const source = { replica: this.#replica, epoch: this.#epoch };
    return { delta: { ...source, paneStartMs, version, input, late, series: [...pane.values()] }, changed };
  }

  /** Forgets panes that ended before `beforeMs`. */
  expire(beforeMs: EpochMs): void {
    for (const startMs of this.#panes.keys()) if (startMs < beforeMs) this.#panes.delete(startMs);
  }

  get empty(): boolean {
    return this.#panes.size === 0;
  }
}

function named(key: string, { shapes, samples, ...counts }: CountedSeries, nameOf: NameShape): SeriesCounts {
  const name = (shape: number): string => nameOf(key, shape);
  const patterns = patternsOf(shapes, name);
  return {
    ...counts,
    patterns,
    templates: erringOf(patterns),
    samples:
      samples.length === 0
        ? NO_SAMPLES
        : samples.map((sample) => ({ ...sample, template: name(Number(sample.template)) })),
  };
}

const NO_SAMPLES: SeriesCounts["samples"] = [];
const NO_TEMPLATES: SeriesCounts["templates"] = [];

/** Most have none. */
function erringOf(patterns: readonly PatternCounts[]): SeriesCounts["templates"] {
  const erring = patterns.filter(({ errors, fatals }) => errors + fatals > 0);
  if (erring.length === 0) return NO_TEMPLATES;
  return erring.map(({ pattern, errors, fatals }) => [pattern, errors + fatals] as const);
}

/** Several shapes may be one template. */
function patternsOf(shapes: readonly ShapeCounts[], name: (shape: number) => string): PatternCounts[] {
  const [only] = shapes;
  if (only !== undefined && shapes.length === 1) return [patternOf(name(only.key), only)];
  const sums = new Map<string, PatternCounts>();
  for (const counts of shapes) {
    const pattern = name(counts.key);
    const sum = sums.get(pattern);
    sums.set(pattern, sum === undefined ? patternOf(pattern, counts) : plus(sum, counts));
  }
  return [...sums.values()];
}

/** Written out: copying what is left of an object would take most of the time. */
function patternOf(pattern: string, counts: ShapeCounts): PatternCounts {
  const { total, warnings, errors, fatals, tracedErrors } = counts;
  return tracedErrors === undefined
    ? { pattern, total, warnings, errors, fatals }
    : { pattern, total, warnings, errors, fatals, tracedErrors };
}

function plus(sum: PatternCounts, counts: Omit<PatternCounts, "pattern">): PatternCounts {
  return {
    pattern: sum.pattern,
    total: sum.total + counts.total,
    warnings: sum.warnings + counts.warnings,
    errors: sum.errors + counts.errors,
    fatals: sum.fatals + counts.fatals,
    tracedErrors: (sum.tracedErrors ?? 0) + (counts.tracedErrors ?? 0),
  };
}
