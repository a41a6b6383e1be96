import type { LogBatch } from "../log/batch.ts";
import type { Series } from "../log/series.ts";
import { isError } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import type { TracedRecord } from "./counted.ts";

/** Handed out at a time. */
const MAX_TRACED = 2_000;
/** Kept free for traces that err. */
const ERRING_SHARE = 1 / 4;
const MAX_MASK = 0xffff;

/** Picks the lines of some traces: by their ids, so that every series and every thread picks the same ones. */
export class TraceSampler {
  #traced: TracedRecord[] = [];
  /** One trace of `mask + 1` is picked; follows how many come. */
  #mask = 0;

  see(batch: LogBatch, index: number, series: Series, timeMs: EpochMs, key: number): void {
    const hash = batch.traceHash(index);
    if (hash === 0) return;
    const erred = isError(batch.severities[index] ?? 0);
    const isPicked = (hash & this.#mask) === 0 && this.#traced.length < MAX_TRACED * (1 - ERRING_SHARE);
    if (!isPicked && (!erred || this.#traced.length >= MAX_TRACED)) return;
    const traceId = batch.traceId(index);
    if (traceId !== null) this.#traced.push({ series, traceId, timeMs, key, isError: erred });
  }

  take(): readonly TracedRecord[] {
    const traced = this.#traced;
    this.#traced = [];
    if (traced.length > MAX_TRACED / 2) this.#mask = Math.min(MAX_MASK, this.#mask * 2 + 1);
    else if (traced.length < MAX_TRACED / 8) this.#mask >>= 1;
    return traced;
  }
}
