import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import { Chapter } from "./chapter.ts";
import type { MinerOptions } from "./miner.ts";
import { ShapeScanner } from "./shape-scanner.ts";
import type { Shape } from "./shape.ts";
import type { MinerChanges, Template } from "./template.ts";

export interface BookOptions extends Partial<MinerOptions> {
  /** Shapes of a series whose template is remembered; twice as many for a while. */
  readonly maxShapes?: number;
  /** Templates of all series together. */
  readonly maxInAll?: number;
  /** What is learned is handed out to be stored, and series that are new here may be stored already. */
  readonly stored?: boolean;
}

/** Stands for templates that nobody has told. */
export const OTHER = "(other)";

const DEFAULT_MAX_SHAPES = 20_000;
/** About 650 bytes each, so some 330 MB at most. */
export const MAX_TEMPLATES_IN_ALL = 500_000;
/** Beyond the bound so much goes at once: making room costs a look at all that stay. */
const ROOM_SHARE = 1 / 16;
/** A series that was silent for so long is put aside before a busy one is cut. */
const SILENT_MS = 10 * MINUTE_MS;

/** A template's id became another: what was known of the one is known of the other. */
export interface Renamed {
  readonly seriesKey: string;
  readonly from: string;
  readonly to: string;
}

/** The templates of all series: one miner each, which alone makes ids, and which template a shape belongs to. */
export class TemplateBook {
  readonly #options: BookOptions;
  readonly #maxShapes: number;
  readonly #maxInAll: number;
  readonly #chapters = new Map<string, Chapter>();
  readonly #touched = new Set<string>();
  readonly #scanner = new ShapeScanner();
  #size = 0;
  #missing = false;

  constructor(options: BookOptions = {}) {
    this.#options = options;
    this.#maxShapes = options.maxShapes ?? DEFAULT_MAX_SHAPES;
    this.#maxInAll = options.maxInAll ?? MAX_TEMPLATES_IN_ALL;
  }

  /** Templates held now, of all series. */
  get size(): number {
    return this.#size;
  }

  get maxInAll(): number {
    return this.#maxInAll;
  }

  /** Templates that had to go so far, of all series. */
  get evicted(): number {
    let sum = 0;
    for (const { miner } of this.#chapters.values()) sum += miner.evicted;
    return sum;
  }

  learn(seriesKey: string, key: number, shape: Shape, nowMs: EpochMs): void {
    const chapter = this.#chapter(seriesKey, nowMs);
    this.#resizing(chapter, () => chapter.learn(key, shape, nowMs));
    this.#touched.add(seriesKey);
  }

  #chapter(seriesKey: string, nowMs: EpochMs): Chapter {
    let chapter = this.#chapters.get(seriesKey);
    if (chapter === undefined) {
      chapter = new Chapter(this.#options, this.#maxShapes, nowMs);
      this.#chapters.set(seriesKey, chapter);
    }
    return chapter;
  }

  #resizing(chapter: Chapter, work: () => void): void {
    const before = chapter.miner.size;
    work();
    this.#size += chapter.miner.size - before;
  }

  /** The id of a shape's template as it is called now; null where the shape is not known, or no longer. */
  idOf(seriesKey: string, key: number): string | null {
    const id = this.#chapters.get(seriesKey)?.idOf(key) ?? null;
    this.#missing ||= id === null;
    return id;
  }

  /** The id of a body's template; `OTHER` where its shape was not told. */
  idOfBody(seriesKey: string, body: string): string {
    this.#scanner.scanText(body);
    return this.#chapters.get(seriesKey)?.idOf(this.#scanner.key) ?? OTHER;
  }

  /** True once where a shape was asked for that is not known: whoever counts should tell their shapes anew. */
  takeMissing(): boolean {
    const missing = this.#missing;
    this.#missing = false;
    return missing;
  }

  /** What `id` is called now; itself where it is not known. */
  resolve(seriesKey: string, id: string): string {
    return this.#chapters.get(seriesKey)?.miner.resolve(id) ?? id;
  }

  /** For people; what is asked for where it is no template's id. */
  text(seriesKey: string, id: string): string {
    return this.template(seriesKey, id)?.text ?? id;
  }

  /** The keys of the series that are held. */
  series(): IterableIterator<string> {
    return this.#chapters.keys();
  }

  template(seriesKey: string, id: string): Template | null {
    return this.#chapters.get(seriesKey)?.miner.template(id) ?? null;
  }

  templates(seriesKey: string): readonly Template[] {
    const miner = this.#chapters.get(seriesKey)?.miner;
    return miner === undefined ? [] : [...miner.templates()];
  }

  /** Counted records, so that what is common and recent is kept longest. */
  observe(seriesKey: string, id: string, count: number, nowMs: EpochMs): void {
    const chapter = this.#chapters.get(seriesKey);
    chapter?.miner.observe(id, count, nowMs);
    chapter?.seen(nowMs);
  }

  /** Ids that became others since the last call. */
  takeRenamed(): readonly Renamed[] {
    const renamed: Renamed[] = [];
    for (const seriesKey of this.#touched) {
      const chapter = this.#chapters.get(seriesKey);
      if (chapter === undefined) continue;
      const changes = chapter.miner.takeChanges();
      if (this.#options.stored === true) chapter.unsaved.add(changes);
      for (const { id, became } of changes.templates) {
        if (became !== null) renamed.push({ seriesKey, from: id, to: chapter.miner.resolve(id) ?? became });
      }
    }
    this.#touched.clear();
    return renamed;
  }

  /** What was not stored yet, by series; to be called after `takeRenamed`. */
  takeUnsaved(): ReadonlyMap<string, MinerChanges> {
    const unsaved = new Map<string, MinerChanges>();
    for (const [seriesKey, chapter] of this.#chapters) {
      if (!chapter.settled) continue;
      chapter.unsaved.add(chapter.miner.takeChanges());
      if (!chapter.unsaved.empty) unsaved.set(seriesKey, chapter.unsaved.take());
    }
    return unsaved;
  }

  /** Puts back what could not be stored. */
  returnUnsaved(unsaved: ReadonlyMap<string, MinerChanges>): void {
    for (const [seriesKey, changes] of unsaved) this.#chapters.get(seriesKey)?.unsaved.giveBack(changes);
  }

  /** Series of which it is not known yet what is stored. */
  unsettled(): readonly string[] {
    return [...this.#chapters].flatMap(([seriesKey, { settled }]) => (settled ? [] : [seriesKey]));
  }

  /** Nothing is stored of the series: what is learned of it is all there is. */
  settle(seriesKey: string): void {
    const chapter = this.#chapters.get(seriesKey);
    if (chapter !== undefined) chapter.settled = true;
  }

  /** `nowMs` stands for the time it was last seen where nothing stored says so. */
  restore(seriesKey: string, stored: MinerChanges, nowMs: EpochMs): void {
    const seenMs = stored.templates.reduce((latest, one) => Math.max(latest, one.lastSeenMs), 0) || nowMs;
    const chapter = this.#chapter(seriesKey, seenMs);
    if (chapter.settled) return;
    this.#resizing(chapter, () => chapter.restore(stored, this.#options));
  }

  /**
   * Keeps to the bound: series that fell silent are put aside, the longest silent first, and are restored when they
   * log again; where all are busy, the one with the most templates loses its least valuable ones.
   */
  makeRoom(nowMs: EpochMs): void {
    if (this.#size <= this.#maxInAll) return;
    const enough = this.#maxInAll * (1 - ROOM_SHARE);
    const bySilence = [...this.#chapters].toSorted(([, a], [, b]) => a.lastSeenMs - b.lastSeenMs);
    for (const [seriesKey, { lastSeenMs }] of bySilence) {
      if (this.#size <= enough || lastSeenMs > nowMs - SILENT_MS) break;
      this.#putAside(seriesKey);
    }
    while (this.#size > enough && this.#cutLargest());
  }

  #cutLargest(): boolean {
    let largest: Chapter | undefined;
    for (const chapter of this.#chapters.values()) {
      if (chapter.miner.size > (largest?.miner.size ?? 0)) largest = chapter;
    }
    if (largest === undefined) return false;
    const { miner } = largest;
    this.#resizing(largest, () => miner.shrink());
    return true;
  }

  #putAside(seriesKey: string): void {
    this.#size -= this.#chapters.get(seriesKey)?.miner.size ?? 0;
    this.#chapters.delete(seriesKey);
  }

  /** Forgets series that were silent since `beforeMs`; what was stored of them stays stored. */
  expire(beforeMs: EpochMs): void {
    for (const [seriesKey, { lastSeenMs }] of this.#chapters) {
      if (lastSeenMs < beforeMs) this.#putAside(seriesKey);
    }
  }
}
