import type { EpochMs } from "../log/time.ts";
import { TemplateMiner, type MinerOptions } from "./miner.ts";
import { ShapeScanner } from "./shape-scanner.ts";
import type { Shape } from "./shape.ts";
import type { MinerChanges, Template } from "./template.ts";

export interface BookOptions extends Partial<MinerOptions> {
  /** Shapes of a series whose template is remembered; twice as many for a while. */
  readonly maxShapes?: number;
}

/** Stands for templates that nobody has told. */
export const OTHER = "(other)";

const DEFAULT_MAX_SHAPES = 20_000;

/** A template's id became another: what was known of the one is known of the other. */
export interface Renamed {
  readonly seriesKey: string;
  readonly from: string;
  readonly to: string;
}

interface Chapter {
  readonly miner: TemplateMiner;
  /** Shape to id, in two generations: at the bound the older one goes. */
  young: Map<number, string>;
  old: Map<number, string>;
  lastSeenMs: EpochMs;
  /** Not yet stored, by id. */
  unsaved: MinerChanges | null;
}

/** The templates of all series: one miner each, which alone makes ids, and which template a shape belongs to. */
export class TemplateBook {
  readonly #options: BookOptions;
  readonly #maxShapes: number;
  readonly #chapters = new Map<string, Chapter>();
  readonly #touched = new Set<string>();
  readonly #scanner = new ShapeScanner();
  #missing = false;

  constructor(options: BookOptions = {}) {
    this.#options = options;
    this.#maxShapes = options.maxShapes ?? DEFAULT_MAX_SHAPES;
  }

  /** Templates that had to go so far, of all series. */
  get evicted(): number {
    let sum = 0;
    for (const { miner } of this.#chapters.values()) sum += miner.evicted;
    return sum;
  }

  learn(seriesKey: string, key: number, shape: Shape, nowMs: EpochMs): void {
    const chapter = this.#chapter(seriesKey, nowMs);
    const { id } = chapter.miner.learn(shape, nowMs);
    if (chapter.young.size >= this.#maxShapes) {
      chapter.old = chapter.young;
      chapter.young = new Map();
    }
    chapter.young.set(key, id);
    this.#touched.add(seriesKey);
  }

  #chapter(seriesKey: string, nowMs: EpochMs): Chapter {
    let chapter = this.#chapters.get(seriesKey);
    if (chapter === undefined) {
      const miner = new TemplateMiner(this.#options);
      chapter = { miner, young: new Map(), old: new Map(), lastSeenMs: nowMs, unsaved: null };
      this.#chapters.set(seriesKey, chapter);
    }
    chapter.lastSeenMs = Math.max(chapter.lastSeenMs, nowMs);
    return chapter;
  }

  /** The id of a shape's template as it is called now; null where the shape is not known, or no longer. */
  idOf(seriesKey: string, key: number): string | null {
    const chapter = this.#chapters.get(seriesKey);
    const id = chapter?.young.get(key) ?? chapter?.old.get(key);
    const now = id === undefined ? null : (chapter?.miner.resolve(id) ?? null);
    this.#missing ||= now === null;
    return now;
  }

  /** The id of a body's template; `OTHER` where its shape was not told. */
  idOfBody(seriesKey: string, body: string): string {
    this.#scanner.scanText(body);
    const chapter = this.#chapters.get(seriesKey);
    const { key } = this.#scanner;
    const id = chapter?.young.get(key) ?? chapter?.old.get(key);
    return id === undefined ? OTHER : (chapter?.miner.resolve(id) ?? OTHER);
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

  template(seriesKey: string, id: string): Template | null {
    return this.#chapters.get(seriesKey)?.miner.template(id) ?? null;
  }

  templates(seriesKey: string): readonly Template[] {
    const miner = this.#chapters.get(seriesKey)?.miner;
    return miner === undefined ? [] : [...miner.templates()];
  }

  /** Counted records, so that what is common and recent is kept longest. */
  observe(seriesKey: string, id: string, count: number, nowMs: EpochMs): void {
    this.#chapters.get(seriesKey)?.miner.observe(id, count, nowMs);
    this.#touched.add(seriesKey);
  }

  /** Ids that became others since the last call. */
  takeRenamed(): readonly Renamed[] {
    const renamed: Renamed[] = [];
    for (const seriesKey of this.#touched) {
      const chapter = this.#chapters.get(seriesKey);
      if (chapter === undefined) continue;
      const changes = chapter.miner.takeChanges();
      chapter.unsaved = chapter.unsaved === null ? changes : merged(chapter.unsaved, changes);
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
      if (chapter.unsaved !== null) unsaved.set(seriesKey, chapter.unsaved);
      chapter.unsaved = null;
    }
    return unsaved;
  }

  /** Puts back what could not be stored. */
  returnUnsaved(unsaved: ReadonlyMap<string, MinerChanges>): void {
    for (const [seriesKey, changes] of unsaved) {
      const chapter = this.#chapters.get(seriesKey);
      if (chapter === undefined) continue;
      chapter.unsaved = chapter.unsaved === null ? changes : merged(changes, chapter.unsaved);
    }
  }

  restore(seriesKey: string, stored: MinerChanges, nowMs: EpochMs): void {
    this.#chapter(seriesKey, nowMs).miner.restore(stored);
  }

  /** Forgets series that were silent since `beforeMs`; what was stored of them stays stored. */
  expire(beforeMs: EpochMs): void {
    for (const [seriesKey, { lastSeenMs, unsaved }] of this.#chapters) {
      if (lastSeenMs < beforeMs && unsaved === null) this.#chapters.delete(seriesKey);
    }
  }
}

/** The later of each. */
function merged(earlier: MinerChanges, later: MinerChanges): MinerChanges {
  const templates = new Map(earlier.templates.map((state) => [state.id, state]));
  const removed = new Set(earlier.removed);
  for (const id of later.removed) {
    templates.delete(id);
    removed.add(id);
  }
  for (const state of later.templates) {
    templates.set(state.id, state);
    removed.delete(state.id);
  }
  const seen = new Map([...earlier.seen, ...later.seen].map((layer) => [layer.index, layer]));
  return {
    version: later.version,
    templates: [...templates.values()],
    removed: [...removed],
    seen: [...seen.values()],
  };
}
