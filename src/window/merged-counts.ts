import { seriesKey } from "../log/series.ts";
import { DAY_MS, type EpochMs } from "../log/time.ts";
import { TemplateBook, type BookOptions, type Renamed } from "../template/book.ts";
import { PaneAssembly, type ChangedCounts } from "./assembly.ts";
import { OTHER_SHAPES, type Counted } from "./counted.ts";
import { OTHER_PATTERNS, type PatternCounts, type SeriesCounts, type WindowDelta } from "./delta.ts";
import { nameTemplates, type NamedTemplates } from "./named-templates.ts";
import { RecentRecords, type AnnouncedChange } from "./recent.ts";
import { SeriesRegistry } from "./registry.ts";
import { ErrorSamples } from "./samples.ts";
import { Sightings } from "./sightings.ts";

export interface MergeOptions {
  /** Told of every template whose id is another from now on. */
  readonly onRenamed: (renamed: Renamed) => void;
  readonly replica: string;
  readonly epoch: EpochMs;
  readonly bucketMs: number;
  readonly maxServices: number;
  /** The one redactor. */
  readonly redact: (text: string) => string;
  readonly onChange?: (change: AnnouncedChange) => void;
  readonly templates?: BookOptions;
}

/**
 * Where the counts of all counters come together, on one thread: which series there are, which template a shape
 * belongs to, and examples of what was counted.
 */
export class MergedCounts {
  readonly registry: SeriesRegistry;
  readonly templates: TemplateBook;
  readonly recent: RecentRecords;
  readonly #samples = new ErrorSamples();
  /** Of every counter, by its replica and epoch. */
  readonly #assemblies = new Map<string, PaneAssembly>();

  readonly #sightings: Sightings;
  readonly #onRenamed: (renamed: Renamed) => void;

  constructor(options: MergeOptions) {
    this.#onRenamed = options.onRenamed;
    this.#sightings = new Sightings(options, options.bucketMs);
    this.registry = new SeriesRegistry(options.maxServices);
    this.templates = new TemplateBook(options.templates);
    const textOf = (key: string, id: string): string => this.templates.text(key, id);
    this.recent = new RecentRecords({ ...options, textOf });
  }

  /** Shapes get the names of their templates; what one counter has of a pane replaces what it had. */
  merge(replica: string, epoch: EpochMs, counted: Counted, nowMs: EpochMs): readonly WindowDelta[] {
    this.#learn(counted, nowMs);
    for (const record of counted.records) {
      this.recent.observe(record, this.templates.idOfBody(seriesKey(record.series), record.body));
      this.#sightings.record(record);
    }
    this.#sightings.traced(counted.traced, this.#nameShape);
    const source = `${replica}\u001f${epoch}`;
    const assembly = this.#assemblies.get(source) ?? new PaneAssembly(replica, epoch);
    this.#assemblies.set(source, assembly);
    const deltas = counted.panes.map((pane) => {
      const { delta, changed } = assembly.add(pane, this.#nameShape);
      for (const { key, counts } of changed) this.#keepSamples(key, counts, delta.paneStartMs, nowMs);
      for (const one of changed) this.#observe(one, delta.paneStartMs, nowMs);
      return delta;
    });
    return [...deltas, ...this.#sightings.take(nowMs)];
  }

  #learn({ shapes }: Counted, nowMs: EpochMs): void {
    for (const { series, key, shape } of shapes) {
      this.templates.learn(this.registry.intern(series, nowMs).key, key, shape, nowMs);
    }
    for (const renamed of this.templates.takeRenamed()) {
      const { seriesKey: key, from, to } = renamed;
      this.#onRenamed(renamed);
      this.#samples.rename(key, from, to);
      this.recent.rename(key, from, to);
    }
    this.templates.makeRoom(nowMs);
  }

  readonly #nameShape = (key: string, shape: number): string =>
    shape === OTHER_SHAPES ? OTHER_PATTERNS : (this.templates.idOf(key, shape) ?? OTHER_PATTERNS);

  #keepSamples(
    ownKey: string,
    { series, samples, templates }: SeriesCounts,
    paneStartMs: EpochMs,
    nowMs: EpochMs,
  ): void {
    const { key } = this.registry.intern(series, nowMs, ownKey);
    for (const sample of samples) this.#samples.merge(key, sample);
    for (const [template] of templates) this.#samples.touch(key, template, paneStartMs);
  }

  /** Counts of a pane are cumulative: what they grew by is what came. */
  #observe({ key, counts, before }: ChangedCounts, paneStartMs: EpochMs, nowMs: EpochMs): void {
    const { patterns = [] } = counts;
    const known = before?.patterns ?? NO_PATTERNS;
    const had = isContinued(known, patterns) ? null : this.#totals(key, known);
    for (const [i, { pattern, total }] of patterns.entries()) {
      const came = total - ((had === null ? known[i]?.total : had.get(pattern)) ?? 0);
      if (came <= 0) continue;
      this.templates.observe(key, pattern, came, nowMs);
      this.recent.counted(key, pattern, came, paneStartMs);
    }
  }

  #totals(key: string, patterns: readonly PatternCounts[]): ReadonlyMap<string, number> {
    const totals = new Map<string, number>();
    for (const { pattern, total } of patterns) {
      const id = this.templates.resolve(key, pattern);
      totals.set(id, (totals.get(id) ?? 0) + total);
    }
    return totals;
  }

  /** What another process has counted and named. */
  absorb(delta: WindowDelta, nowMs: EpochMs): void {
    this.recent.absorb(delta);
    for (const counts of delta.series) {
      this.#keepSamples(seriesKey(counts.series), counts, delta.paneStartMs, nowMs);
    }
  }

  /** Redacted lines of one template. */
  examplesOf(key: string, id: string): readonly string[] {
    const recent = this.recent.template(key, id)?.examples ?? [];
    return recent.length > 0 ? recent : (this.#samples.sample(key, id)?.examples ?? []);
  }

  /** What an earlier process has stored. */
  restore(delta: WindowDelta): void {
    for (const { series, samples } of delta.series) {
      for (const sample of samples) this.#samples.merge(seriesKey(series), sample);
    }
  }

  /** `counts`: per series key, template ids with their counts. */
  named(counts: ReadonlyMap<string, ReadonlyMap<string, number>>): NamedTemplates {
    return nameTemplates(counts, this.templates, this.#samples);
  }

  expire(nowMs: EpochMs, retentionMs: number): void {
    for (const [source, assembly] of this.#assemblies) {
      assembly.expire(nowMs - retentionMs);
      if (assembly.empty) this.#assemblies.delete(source);
    }
    this.#sightings.expire(nowMs - retentionMs);
    this.templates.expire(nowMs - DAY_MS);
    this.#samples.expire(nowMs - retentionMs);
    this.registry.expire(nowMs);
    this.recent.expire(nowMs);
  }
}

const NO_PATTERNS: readonly PatternCounts[] = [];

/** Every pattern is still in its place under its name, as is usual; new ones follow. */
function isContinued(before: readonly PatternCounts[], now: readonly PatternCounts[]): boolean {
  for (let i = 0; i < before.length; i++) if (before[i]?.pattern !== now[i]?.pattern) return false;
  return true;
}
