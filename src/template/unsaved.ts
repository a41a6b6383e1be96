import { SNAPSHOT_VERSION, type MinerChanges, type TemplateState } from "./template.ts";

/** What changed of one series and is not stored yet; of each thing the latest counts. */
export class UnsavedTemplates {
  #templates = new Map<string, TemplateState>();
  #removed = new Set<string>();
  #seen = new Map<number, MinerChanges["seen"][number]>();

  get empty(): boolean {
    return this.#templates.size + this.#removed.size + this.#seen.size === 0;
  }

  add({ templates, removed, seen }: MinerChanges): void {
    for (const id of removed) {
      this.#templates.delete(id);
      this.#removed.add(id);
    }
    for (const state of templates) {
      this.#templates.set(state.id, state);
      this.#removed.delete(state.id);
    }
    for (const layer of seen) this.#seen.set(layer.index, layer);
  }

  take(): MinerChanges {
    const taken: MinerChanges = {
      version: SNAPSHOT_VERSION,
      templates: [...this.#templates.values()],
      removed: [...this.#removed],
      seen: [...this.#seen.values()],
    };
    this.#templates = new Map();
    this.#removed = new Set();
    this.#seen = new Map();
    return taken;
  }

  /** Puts back what could not be stored; what changed since is newer. */
  giveBack(changes: MinerChanges): void {
    const newer = this.take();
    this.add(changes);
    this.add(newer);
  }
}
