import { batchOf, type LogRecord } from "../log/batch.ts";
import type { EpochMs } from "../log/time.ts";
import type { ReadyEngine } from "./engine.ts";
import type { TimedRecord } from "./time-order.ts";

/** Records between two ticks go in together, but never more than this in one batch. */
export const MAX_BATCH_RECORDS = 8_192;

export interface DriveTotals {
  readonly records: number;
  readonly late: number;
  /** Not taken by the engine. */
  readonly refused: number;
  readonly firstMs: EpochMs | null;
  readonly lastMs: EpochMs | null;
}

/**
 * Moves the virtual clock with the records. Ticks stand at multiples of the evaluation period, so that neither the
 * first record nor the size of a read decides when they fall; a record at a tick's very time comes after it.
 */
export class ReplayDriver {
  readonly #ready: ReadyEngine;
  readonly #afterTick: () => void;
  #pending: LogRecord[] = [];
  #clockMs: EpochMs | null = null;
  #nextTickMs: EpochMs = 0;
  #firstMs: EpochMs | null = null;
  #records = 0;
  #late = 0;
  #refused = 0;

  constructor(ready: ReadyEngine, afterTick: () => void) {
    this.#ready = ready;
    this.#afterTick = afterTick;
  }

  get clockMs(): EpochMs | null {
    return this.#clockMs;
  }

  get totals(): DriveTotals {
    return {
      records: this.#records,
      late: this.#late,
      refused: this.#refused,
      firstMs: this.#firstMs,
      lastMs: this.#clockMs,
    };
  }

  async feed(items: readonly TimedRecord[]): Promise<void> {
    for (const { record, atMs } of items) {
      if (this.#clockMs === null) this.#start(atMs);
      else if (atMs > this.#clockMs) {
        if (this.#nextTickMs <= atMs) await this.#advance(atMs);
        this.#clockMs = atMs;
      }
      if (this.#pending.push(record) >= MAX_BATCH_RECORDS) this.#flush();
    }
  }

  /** After the last record the clock runs one window on. */
  async finish(): Promise<void> {
    if (this.#clockMs === null) return;
    this.#flush();
    await this.#advance(this.#clockMs + this.#ready.windowMs);
  }

  #start(atMs: EpochMs): void {
    this.#clockMs = atMs;
    this.#firstMs = atMs;
    this.#nextTickMs = this.#tickAtOrBefore(atMs) + this.#ready.evaluateEveryMs;
  }

  #tickAtOrBefore(timeMs: EpochMs): EpochMs {
    return Math.floor(timeMs / this.#ready.evaluateEveryMs) * this.#ready.evaluateEveryMs;
  }

  /** Every tick up to `untilMs`; of a stretch in which the engine is idle only the last. */
  async #advance(untilMs: EpochMs): Promise<void> {
    this.#flush();
    while (this.#nextTickMs <= untilMs) {
      const ticking = this.#ready.engine.tick(this.#nextTickMs);
      if (ticking !== undefined) await ticking;
      this.#afterTick();
      this.#nextTickMs += this.#ready.evaluateEveryMs;
      if (this.#nextTickMs > untilMs || !this.#ready.engine.idle()) continue;
      this.#nextTickMs = Math.max(this.#nextTickMs, this.#tickAtOrBefore(untilMs));
    }
  }

  #flush(): void {
    if (this.#pending.length === 0 || this.#clockMs === null) return;
    const batch = batchOf(this.#pending);
    this.#pending = [];
    this.#records += batch.size;
    const outcome = this.#ready.engine.accept(batch, this.#clockMs);
    if (outcome.kind === "accepted") this.#late += outcome.late;
    else this.#refused += batch.size;
  }
}
