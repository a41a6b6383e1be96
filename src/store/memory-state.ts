import type { EpochMs } from "../log/time.ts";
import type { WindowDelta } from "../window/delta.ts";
import { BASELINE_TTL_MS, deltaKey, newestDeltas } from "./state-limits.ts";
import type { BaselineRow, StateStore } from "./state-store.ts";
import { storable } from "./storable.ts";

/** State in memory: gone with the process. */
export class MemoryState implements StateStore {
  readonly #ttlMs: number;
  readonly #baselines = new Map<string, BaselineRow>();
  readonly #deltas = new Map<string, WindowDelta>();

  constructor(baselineTtlMs: number = BASELINE_TTL_MS) {
    this.#ttlMs = baselineTtlMs;
  }

  async loadBaselines(nowMs: EpochMs): Promise<readonly BaselineRow[]> {
    for (const row of this.#baselines.values()) {
      if (row.updatedAtMs < nowMs - this.#ttlMs) this.#baselines.delete(row.key);
    }
    return storable([...this.#baselines.values()]);
  }

  async saveBaselines(rows: readonly BaselineRow[]): Promise<void> {
    for (const row of storable(rows)) this.#baselines.set(row.key, row);
  }

  async loadDeltas(fromMs: EpochMs): Promise<readonly WindowDelta[]> {
    return storable([...this.#deltas.values()].filter((delta) => delta.paneStartMs >= fromMs));
  }

  async saveDeltas(deltas: readonly WindowDelta[], expireBeforeMs: EpochMs): Promise<void> {
    for (const delta of storable(newestDeltas(deltas, expireBeforeMs))) {
      const key = deltaKey(delta);
      const known = this.#deltas.get(key);
      if (known === undefined || known.version < delta.version) this.#deltas.set(key, delta);
    }
    for (const [key, delta] of this.#deltas) {
      if (delta.paneStartMs < expireBeforeMs) this.#deltas.delete(key);
    }
  }
}
