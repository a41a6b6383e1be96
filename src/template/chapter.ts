import type { EpochMs } from "../log/time.ts";
import { TemplateMiner, type MinerOptions } from "./miner.ts";
import type { Shape } from "./shape.ts";
import type { MinerChanges } from "./template.ts";
import { UnsavedTemplates } from "./unsaved.ts";

/** The templates of one series: its miner, and which template a shape belongs to. */
export class Chapter {
  readonly #maxShapes: number;
  /** Shape to id, in two generations: at the bound the older one goes. */
  #young = new Map<number, string>();
  #old = new Map<number, string>();
  readonly unsaved = new UnsavedTemplates();
  #miner: TemplateMiner;
  /** False until it is known what is stored of it: before that, storing it could overwrite more with less. */
  settled = false;
  lastSeenMs: EpochMs;

  constructor(options: Partial<MinerOptions>, maxShapes: number, nowMs: EpochMs) {
    this.#miner = new TemplateMiner(options);
    this.#maxShapes = maxShapes;
    this.lastSeenMs = nowMs;
  }

  get miner(): TemplateMiner {
    return this.#miner;
  }

  learn(key: number, shape: Shape, nowMs: EpochMs): void {
    const { id } = this.#miner.learn(shape, nowMs);
    if (this.#young.size >= this.#maxShapes) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, id);
    this.seen(nowMs);
  }

  seen(nowMs: EpochMs): void {
    this.lastSeenMs = Math.max(this.lastSeenMs, nowMs);
  }

  /** The id of a shape's template as it is called now; null where the shape is not known, or no longer. */
  idOf(key: number): string | null {
    const id = this.#young.get(key) ?? this.#old.get(key);
    return id === undefined ? null : this.#miner.resolve(id);
  }

  /** What is stored takes the place of what was learned in the meantime: its lines are told again. */
  restore(stored: MinerChanges, options: Partial<MinerOptions>): void {
    this.#miner = new TemplateMiner(options);
    this.#miner.restore(stored);
    this.unsaved.take();
    this.settled = true;
  }
}
