import type { EpochMs } from "../log/time.ts";
import { SNAPSHOT_VERSION, type MinerChanges, type TemplateState } from "../template/template.ts";
import { lastSeenMs, type LearnedStore, type StoredSeries } from "./learned-store.ts";
import { storable, storableText } from "./storable.ts";

type SeenLayer = MinerChanges["seen"][number];

interface Learned {
  lastSeenMs: EpochMs;
  readonly templates: Map<string, TemplateState>;
  readonly seen: Map<number, SeenLayer>;
}

/** Learned templates in memory: gone with the process. */
export class MemoryLearned implements LearnedStore {
  readonly #series = new Map<string, Learned>();

  async series(): Promise<readonly StoredSeries[]> {
    return [...this.#series]
      .map(([seriesKey, one]) => ({
        seriesKey,
        templates: one.templates.size,
        lastSeenMs: one.lastSeenMs,
      }))
      .toSorted((a, b) => b.lastSeenMs - a.lastSeenMs);
  }

  async load(seriesKeys: readonly string[]): Promise<ReadonlyMap<string, MinerChanges>> {
    const found = new Map<string, MinerChanges>();
    for (const key of seriesKeys) {
      const learned = this.#series.get(storableText(key));
      if (learned === undefined) continue;
      const templates = [...learned.templates.values()];
      const seen = [...learned.seen.values()].toSorted((a, b) => a.index - b.index);
      found.set(key, storable({ version: SNAPSHOT_VERSION, templates, removed: [], seen }));
    }
    return found;
  }

  async save(changes: ReadonlyMap<string, MinerChanges>): Promise<void> {
    for (const [seriesKey, changed] of changes) {
      const { templates, removed, seen } = storable(changed);
      const key = storableText(seriesKey);
      const known = this.#series.get(key) ?? { lastSeenMs: 0, templates: new Map(), seen: new Map() };
      this.#series.set(key, known);
      known.lastSeenMs = Math.max(known.lastSeenMs, lastSeenMs(changed));
      for (const id of removed) known.templates.delete(id);
      for (const state of templates) known.templates.set(state.id, state);
      for (const layer of seen) known.seen.set(layer.index, layer);
    }
  }
}
