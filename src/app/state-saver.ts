import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { MAX_AHEAD_MS, MAX_LATE_MS } from "../log/time.ts";
import type { Pipeline } from "../pipeline.ts";
import type { StateStore } from "../store/state-store.ts";

export interface StateSaverOptions {
  readonly pipeline: Pipeline;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly windowMs: number;
}

/** Keeps windows and baselines where a restart finds them. A store that is away costs nothing but the copy. */
export class StateSaver {
  readonly #options: StateSaverOptions;
  #saving: Promise<void> | null = null;
  #failing = false;

  constructor(options: StateSaverOptions) {
    this.#options = options;
  }

  get failing(): boolean {
    return this.#failing;
  }

  /** Panes that a restart may still need. */
  get #fromMs(): number {
    const { clock, windowMs } = this.#options;
    return clock.now() - 2 * windowMs - MAX_LATE_MS - MAX_AHEAD_MS;
  }

  async restore(): Promise<void> {
    const { pipeline, store, clock, log } = this.#options;
    try {
      const [baselines, deltas] = [
        await store.loadBaselines(clock.now()),
        await store.loadDeltas(this.#fromMs),
      ];
      pipeline.restore(baselines, deltas);
      log.info({ environments: baselines.length, panes: deltas.length }, "state restored");
    } catch (error) {
      this.#failing = true;
      log.warn({ err: error }, "state store out of reach: starting without what was learned");
    }
  }

  /** One save at a time: a slow store delays the next rather than piling up. */
  save(): Promise<void> {
    this.#saving ??= this.#saveOnce().finally(() => {
      this.#saving = null;
    });
    return this.#saving;
  }

  async #saveOnce(): Promise<void> {
    const { pipeline, store, log } = this.#options;
    const state = pipeline.takeState();
    try {
      if (state.baselines.length > 0) await store.saveBaselines(state.baselines);
      if (state.deltas.length > 0) await store.saveDeltas(state.deltas, this.#fromMs);
      if (this.#failing) log.info("state store is back");
      this.#failing = false;
    } catch (error) {
      pipeline.returnState(state);
      if (!this.#failing)
        log.warn({ err: error }, "state store out of reach: kept in memory until it is back");
      this.#failing = true;
    }
  }
}
