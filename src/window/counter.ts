import type { LogBatch, LogRecord } from "../log/batch.ts";
import type { Series } from "../log/series.ts";
import { isError, LEVELS, levelIndex, type SeverityNumber } from "../log/severity.ts";
import { MAX_AHEAD_MS, MAX_LATE_MS, type EpochMs } from "../log/time.ts";
import { ShapeTable } from "../template/shape-table.ts";
import { tokenise, type Shape } from "../template/shape.ts";
import {
  OTHER_SHAPES,
  type Counted,
  type CountedPane,
  type CountedSeries,
  type NewShape,
  type ShapeCounts,
} from "./counted.ts";
import { BatchLag, type MutableLag } from "./batch-lag.ts";
import { MAX_PATTERNS_PER_PANE, type TemplateSample } from "./delta.ts";
import { MessageScanner } from "./message-scanner.ts";
import { paneStartOf } from "./pane.ts";
import { RecordSampler } from "./record-sampler.ts";
import type { RegisteredSeries, SeriesRegistry } from "./registry.ts";
import { ErrorSamples, MAX_EXAMPLE_LENGTH } from "./samples.ts";
import { TraceSampler } from "./trace-sampler.ts";

interface ShapeTally {
  readonly key: number;
  total: number;
  warnings: number;
  errors: number;
  fatals: number;
  /** Traces among the errors, by their hash. */
  readonly erring: Set<number>;
  /** Errors that belong to no trace, or to one beyond the bound. */
  untraced: number;
}

interface Counts {
  readonly series: Series;
  readonly levels: number[];
  /** By the number that the counter gave the shape. */
  readonly shapes: Map<number, ShapeTally>;
  /** Shapes whose sample changed in this pane. */
  readonly sampled: Set<string>;
  /** Of records that arrived in this pane, wherever they are counted; null where none told its time. */
  lag: MutableLag | null;
  late: number;
  changed: boolean;
}

interface Pane {
  readonly startMs: EpochMs;
  version: number;
  changed: boolean;
  input: boolean;
  late: number;
  readonly series: Map<string, Counts>;
}

/** Shapes told of one series until they are told anew. */
const MAX_TOLD_SHAPES = 20_000;
/** New shapes handed out at a time; lines of further ones count together until the next time. */
const MAX_NEW_SHAPES = 5_000;
const MAX_ERRING_TRACES = 1_000;
/** Records handed out at a time, and characters of their bodies. */
const MAX_RECORDS = 4_000;
const MAX_RECORD_CHARS = 4_000;
const OTHER_NUMBER = -1;

const WARN_LEVEL = LEVELS.indexOf("warn");
const ERROR_LEVEL = LEVELS.indexOf("error");

export interface CounterOptions {
  readonly bucketMs: number;
  /** The one redactor: no text of a record is kept without it. */
  readonly redact: (text: string) => string;
  /** False: lines are counted by their level alone, no template is made. */
  readonly mines?: boolean;
}

/** Counts batches into panes of event time, by series, level and shape of the line, and hands out what changed. */
export class PaneCounter {
  readonly #options: CounterOptions;
  readonly #registry: SeriesRegistry;
  readonly #samples = new ErrorSamples();
  readonly #panes = new Map<EpochMs, Pane>();
  readonly #scanner = new MessageScanner();
  readonly #numbers = new ShapeTable();
  #nextNumber = 0;
  /** Per series, the shapes that were handed out. */
  readonly #told = new Map<string, Set<number>>();
  #newShapes: NewShape[] = [];
  readonly #sampler = new RecordSampler();
  readonly #traces = new TraceSampler();
  #records: LogRecord[] = [];

  constructor(options: CounterOptions, registry: SeriesRegistry) {
    this.#options = options;
    this.#registry = registry;
  }

  /** Returns how many of the records were late. */
  add(batch: LogBatch, nowMs: EpochMs): number {
    this.#sampler.begin(nowMs);
    const current = this.#pane(nowMs);
    current.input = true;
    current.changed = true;
    const registered = batch.series.map((series) => this.#registry.intern(series, nowMs));
    const earliestMs = nowMs - MAX_LATE_MS;
    const latestMs = nowMs + MAX_AHEAD_MS;
    const cache: (Counts | undefined)[] = [];
    const lag = new BatchLag(batch.series.length);
    let pane = current;
    for (let i = 0; i < batch.size; i++) {
      const givenMs = batch.timesMs[i] ?? NaN;
      const index = batch.seriesIndexes[i] ?? 0;
      if (givenMs > 0) lag.see(index, nowMs - givenMs);
      if (givenMs > 0 && givenMs < earliestMs) {
        lag.late(index);
        continue;
      }
      const timeMs = givenMs > 0 ? Math.min(givenMs, latestMs) : nowMs;
      if (timeMs < pane.startMs || timeMs >= pane.startMs + this.#options.bucketMs) {
        pane = this.#pane(timeMs);
        cache.length = 0;
      }
      const entry = registered[index];
      if (entry === undefined) continue;
      const counts = (cache[index] ??= countsOf(pane, entry));
      this.#count(counts, entry, batch, i, timeMs);
      pane.changed = true;
      pane.input = true;
    }
    for (const [index, entry] of registered.entries()) {
      if (lag.has(index)) arrived(countsOf(current, entry), lag, index);
    }
    current.late += lag.lateInAll;
    return lag.lateInAll;
  }

  #count(counts: Counts, entry: RegisteredSeries, batch: LogBatch, index: number, timeMs: EpochMs): void {
    const severity = batch.severities[index] ?? 0;
    const level = levelIndex(severity);
    counts.levels[level] = (counts.levels[level] ?? 0) + 1;
    counts.changed = true;
    if (this.#options.mines === false) return;
    this.#scanner.enter(entry.key, timeMs);
    batch.scanBody(index, this.#scanner);
    if (this.#sampler.takes(entry.key, severity, batch.events.has(index), timeMs)) {
      this.#look(batch, index, entry.series, timeMs);
    }
    const tally = this.#tally(counts, entry);
    tally.total += 1;
    this.#traces.see(batch, index, entry.series, timeMs, tally.key);
    if (level < WARN_LEVEL) return;
    if (level === WARN_LEVEL) tally.warnings += 1;
    else if (level === ERROR_LEVEL) tally.errors += 1;
    else tally.fatals += 1;
    if (!isError(severity)) return;
    const hash = batch.traceHash(index);
    if (hash === 0 || tally.erring.size >= MAX_ERRING_TRACES) tally.untraced += 1;
    else tally.erring.add(hash);
    this.#sample(counts, entry, tally, timeMs, severity);
  }

  #look(batch: LogBatch, index: number, series: Series, timeMs: EpochMs): void {
    if (this.#records.length >= MAX_RECORDS) return;
    const body = this.#scanner.message(MAX_RECORD_CHARS);
    this.#records.push({ ...batch.record(index), series, body, timeMs });
  }

  /** Of the shape that was scanned last. */
  #tally(counts: Counts, entry: RegisteredSeries): ShapeTally {
    const { high, low, key } = this.#scanner.shape;
    let number = this.#numbers.get(high, low);
    if (number < 0) {
      number = this.#nextNumber++;
      this.#numbers.set(high, low, number);
    }
    const known = counts.shapes.get(number);
    if (known !== undefined) return known;
    const hasRoom = counts.shapes.size < MAX_PATTERNS_PER_PANE;
    return hasRoom && this.#isTold(entry, number, key)
      ? tallyOf(counts, number, key)
      : tallyOf(counts, OTHER_NUMBER, OTHER_SHAPES);
  }

  /** Hands the shape out where that was not done yet; false where too many wait already. */
  #isTold(entry: RegisteredSeries, number: number, key: number): boolean {
    let told = this.#told.get(entry.key);
    if (told === undefined || told.size >= MAX_TOLD_SHAPES) {
      told = new Set();
      this.#told.set(entry.key, told);
    }
    if (told.has(number)) return true;
    if (this.#newShapes.length >= MAX_NEW_SHAPES) return false;
    told.add(number);
    this.#newShapes.push({ series: entry.series, key, shape: this.#shape() });
    return true;
  }

  /** Redacted before its variables are masked: a masked secret is one that the redactor no longer knows. */
  #shape(): Shape {
    const { shape } = this.#scanner;
    const bytes = shape.scanText(this.#options.redact(this.#scanner.message(MAX_EXAMPLE_LENGTH)));
    return tokenise(shape, bytes);
  }

  #sample(
    counts: Counts,
    entry: RegisteredSeries,
    { key }: ShapeTally,
    timeMs: EpochMs,
    severity: SeverityNumber,
  ): void {
    if (key === OTHER_SHAPES) return;
    const name = String(key);
    const example = (): string => this.#options.redact(clip(this.#scanner.message(MAX_EXAMPLE_LENGTH + 1)));
    if (this.#samples.observe(entry.key, name, timeMs, severity, example)) counts.sampled.add(name);
  }

  #pane(timeMs: EpochMs): Pane {
    const startMs = paneStartOf(timeMs, this.#options.bucketMs);
    let pane = this.#panes.get(startMs);
    if (pane === undefined) {
      pane = { startMs, version: 0, changed: false, input: false, late: 0, series: new Map() };
      this.#panes.set(startMs, pane);
    }
    return pane;
  }

  /** What changed since the last call, and the shapes met for the first time. */
  take(): Counted {
    const panes: CountedPane[] = [];
    for (const pane of this.#panes.values()) {
      if (!pane.changed) continue;
      pane.changed = false;
      pane.version += 1;
      panes.push(this.#changesOf(pane));
    }
    const shapes = this.#newShapes;
    this.#newShapes = [];
    const records = this.#records;
    this.#records = [];
    return { panes, shapes, records, traced: this.#traces.take() };
  }

  /** Somebody has forgotten shapes: they are told anew when they are met in the next pane. */
  tellAgain(): void {
    this.#told.clear();
  }

  #changesOf({ startMs, version, input, late, series }: Pane): CountedPane {
    const changed: CountedSeries[] = [];
    for (const [key, counts] of series) {
      if (!counts.changed) continue;
      counts.changed = false;
      changed.push({
        series: counts.series,
        levels: [...counts.levels],
        shapes: Array.from(counts.shapes.values(), shapeCountsOf),
        samples: [...counts.sampled].flatMap((name) => this.#sampleOf(key, name)),
        ...(counts.lag === null ? {} : { lag: { ...counts.lag } }),
        ...(counts.late === 0 ? {} : { late: counts.late }),
      });
    }
    return { paneStartMs: startMs, version, input, late, series: changed };
  }

  /** As it is now; the sample itself goes on changing. */
  #sampleOf(key: string, name: string): TemplateSample[] {
    const sample = this.#samples.sample(key, name);
    return sample === undefined ? [] : [{ ...sample, examples: [...sample.examples] }];
  }

  /** Forgets panes that no record can fall into any more, and samples as old. */
  expire(nowMs: EpochMs): void {
    const beforeMs = nowMs - MAX_LATE_MS - this.#options.bucketMs;
    for (const startMs of this.#panes.keys()) {
      if (startMs + this.#options.bucketMs <= beforeMs) this.#panes.delete(startMs);
    }
    this.#samples.expire(beforeMs);
    const isKnown = (key: string): boolean => this.#registry.get(key) !== undefined;
    this.#sampler.expire(isKnown);
    this.#scanner.expire(isKnown);
    for (const key of this.#told.keys()) if (!isKnown(key)) this.#told.delete(key);
  }
}

function arrived(counts: Counts, lag: BatchLag, index: number): void {
  counts.lag = lag.joined(index, counts.lag);
  counts.late += lag.lateOf(index);
  counts.changed = true;
}

function clip(body: string): string {
  return body.length > MAX_EXAMPLE_LENGTH ? `${body.slice(0, MAX_EXAMPLE_LENGTH)}…` : body;
}

function shapeCountsOf({ key, total, warnings, errors, fatals, erring, untraced }: ShapeTally): ShapeCounts {
  return { key, total, warnings, errors, fatals, tracedErrors: erring.size + untraced };
}

function tallyOf({ shapes }: Counts, number: number, key: number): ShapeTally {
  let tally = shapes.get(number);
  if (tally === undefined) {
    tally = { key, total: 0, warnings: 0, errors: 0, fatals: 0, erring: new Set(), untraced: 0 };
    shapes.set(number, tally);
  }
  return tally;
}

function countsOf(pane: Pane, entry: RegisteredSeries): Counts {
  let counts = pane.series.get(entry.key);
  if (counts === undefined) {
    counts = {
      series: entry.series,
      levels: Array<number>(LEVELS.length).fill(0),
      shapes: new Map(),
      sampled: new Set(),
      lag: null,
      late: 0,
      changed: true,
    };
    pane.series.set(entry.key, counts);
  }
  return counts;
}
