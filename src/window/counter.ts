import type { LogBatch } from "../log/batch.ts";
import type { Series } from "../log/series.ts";
import { isError, LEVELS, levelIndex } from "../log/severity.ts";
import { MAX_AHEAD_MS, MAX_LATE_MS, type EpochMs } from "../log/time.ts";
import { maskMessage } from "../template/mask.ts";
import type { TemplateSample, WindowDelta } from "./delta.ts";
import type { RegisteredSeries, SeriesRegistry } from "./registry.ts";
import { MAX_EXAMPLE_LENGTH, type ErrorSamples } from "./samples.ts";

export const MAX_TEMPLATES_PER_PANE = 200;
/** Counts every error template beyond the bound. */
export const OTHER_TEMPLATES = "(other errors)";

interface Counts {
  readonly series: Series;
  readonly levels: number[];
  readonly templates: Map<string, number>;
  /** Templates whose sample changed in this pane. */
  readonly sampled: Set<string>;
}

interface Pane {
  readonly startMs: EpochMs;
  version: number;
  changed: boolean;
  input: boolean;
  late: number;
  readonly series: Map<string, Counts>;
}

/** Templates whose redacted form is remembered; a full memory starts afresh. */
const MAX_REMEMBERED_TEMPLATES = 10_000;

export interface CounterOptions {
  readonly replica: string;
  readonly epoch: EpochMs;
  readonly bucketMs: number;
  /** The one redactor: no text of a record is kept without it. */
  readonly redact: (text: string) => string;
}

/** Counts batches into panes of event time and hands out what changed as deltas. */
export class PaneCounter {
  readonly #options: CounterOptions;
  readonly #registry: SeriesRegistry;
  readonly #samples: ErrorSamples;
  readonly #panes = new Map<EpochMs, Pane>();
  readonly #redactedTemplates = new Map<string, string>();

  constructor(options: CounterOptions, registry: SeriesRegistry, samples: ErrorSamples) {
    this.#options = options;
    this.#registry = registry;
    this.#samples = samples;
  }

  /** Returns how many of the records were late. */
  add(batch: LogBatch, nowMs: EpochMs): number {
    const current = this.#pane(nowMs);
    current.input = true;
    current.changed = true;
    const registered = batch.series.map((series) => this.#registry.intern(series, nowMs));
    const earliestMs = nowMs - MAX_LATE_MS;
    const latestMs = nowMs + MAX_AHEAD_MS;
    const cache: (Counts | undefined)[] = [];
    let pane = current;
    let late = 0;
    for (let i = 0; i < batch.size; i++) {
      const givenMs = batch.timesMs[i] ?? NaN;
      if (givenMs > 0 && givenMs < earliestMs) {
        late += 1;
        continue;
      }
      const timeMs = givenMs > 0 ? Math.min(givenMs, latestMs) : nowMs;
      if (timeMs < pane.startMs || timeMs >= pane.startMs + this.#options.bucketMs) {
        pane = this.#pane(timeMs);
        cache.length = 0;
      }
      const index = batch.seriesIndexes[i] ?? 0;
      const entry = registered[index];
      if (entry === undefined) continue;
      const counts = (cache[index] ??= countsOf(pane, entry));
      this.#count(counts, entry, batch, i, timeMs);
      pane.changed = true;
      pane.input = true;
    }
    current.late += late;
    return late;
  }

  #count(counts: Counts, entry: RegisteredSeries, batch: LogBatch, index: number, timeMs: EpochMs): void {
    const severity = batch.severities[index] ?? 0;
    const level = levelIndex(severity);
    counts.levels[level] = (counts.levels[level] ?? 0) + 1;
    if (!isError(severity)) return;
    const body = batch.body(index);
    const template = this.#template(body);
    const { templates } = counts;
    const known = templates.get(template);
    if (known === undefined && templates.size >= MAX_TEMPLATES_PER_PANE) {
      templates.set(OTHER_TEMPLATES, (templates.get(OTHER_TEMPLATES) ?? 0) + 1);
      return;
    }
    templates.set(template, (known ?? 0) + 1);
    const example = (): string => this.#options.redact(clip(body));
    if (this.#samples.observe(entry.key, template, timeMs, severity, example)) counts.sampled.add(template);
  }

  /** Redacted before it is masked: a masked secret is one that the redactor no longer knows. */
  #template(body: string): string {
    const masked = maskMessage(body);
    const known = this.#redactedTemplates.get(masked);
    if (known !== undefined) return known;
    const redacted = maskMessage(this.#options.redact(clip(body)));
    if (this.#redactedTemplates.size >= MAX_REMEMBERED_TEMPLATES) this.#redactedTemplates.clear();
    this.#redactedTemplates.set(masked, redacted);
    return redacted;
  }

  #pane(timeMs: EpochMs): Pane {
    const startMs = Math.floor(timeMs / this.#options.bucketMs) * this.#options.bucketMs;
    let pane = this.#panes.get(startMs);
    if (pane === undefined) {
      pane = { startMs, version: 0, changed: false, input: false, late: 0, series: new Map() };
      this.#panes.set(startMs, pane);
    }
    return pane;
  }

  /** The panes that changed since the last call, as they stand. */
  takeChanged(): WindowDelta[] {
    const deltas: WindowDelta[] = [];
    for (const pane of this.#panes.values()) {
      if (!pane.changed) continue;
      pane.changed = false;
      pane.version += 1;
      deltas.push(this.#delta(pane));
    }
    return deltas;
  }

  #delta(pane: Pane): WindowDelta {
    const { replica, epoch } = this.#options;
    return {
      replica,
      epoch,
      paneStartMs: pane.startMs,
      version: pane.version,
      input: pane.input,
      late: pane.late,
      series: [...pane.series].map(([key, { series, levels, templates, sampled }]) => ({
        series,
        levels: [...levels],
        templates: [...templates],
        samples: [...sampled].flatMap((template) => this.#sample(key, template)),
      })),
    };
  }

  /** As it is now; the sample itself goes on changing. */
  #sample(key: string, template: string): TemplateSample[] {
    const sample = this.#samples.sample(key, template);
    return sample === undefined ? [] : [{ ...sample, examples: [...sample.examples] }];
  }

  /** Forgets panes that ended before `beforeMs`; no record can fall into them any more. */
  expire(beforeMs: EpochMs): void {
    for (const startMs of this.#panes.keys()) {
      if (startMs + this.#options.bucketMs <= beforeMs) this.#panes.delete(startMs);
    }
  }
}

function clip(body: string): string {
  return body.length > MAX_EXAMPLE_LENGTH ? `${body.slice(0, MAX_EXAMPLE_LENGTH)}…` : body;
}

function countsOf(pane: Pane, entry: RegisteredSeries): Counts {
  let counts = pane.series.get(entry.key);
  if (counts === undefined) {
    counts = {
      series: entry.series,
      levels: Array<number>(LEVELS.length).fill(0),
      templates: new Map(),
      sampled: new Set(),
    };
    pane.series.set(entry.key, counts);
  }
  return counts;
}
