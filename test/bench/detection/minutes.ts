import { LEVELS } from "../../../src/log/severity.ts";
import { MINUTE_MS, type EpochMs } from "../../../src/log/time.ts";
import type { WindowDelta } from "../../../src/window/delta.ts";
import type { MinuteCounts } from "./peers/peer.ts";

const ERROR_LEVEL = LEVELS.indexOf("error");

interface Count {
  total: number;
  errors: number;
}

/** Sums what arrives into minutes of every service ever seen; a minute without a record is a zero. */
export class Minutes {
  readonly #take: (service: string, minute: MinuteCounts) => void;
  readonly #counts = new Map<string, Count>();
  #startMs: EpochMs | null = null;

  constructor(take: (service: string, minute: MinuteCounts) => void) {
    this.#take = take;
  }

  add(service: string, atMs: EpochMs, total: number, errors: number): void {
    this.advance(atMs);
    // What comes for a minute that was judged already is too late for everybody here.
    if (this.#startMs === null || atMs < this.#startMs) return;
    const count = this.#counts.get(service);
    if (count === undefined) this.#counts.set(service, { total, errors });
    else {
      count.total += total;
      count.errors += errors;
    }
  }

  addDelta({ paneStartMs, series }: WindowDelta): void {
    for (const { series: of, levels } of series) {
      let total = 0;
      let errors = 0;
      for (const [level, count] of levels.entries()) {
        total += count;
        if (level >= ERROR_LEVEL) errors += count;
      }
      this.add(of.service, paneStartMs, total, errors);
    }
  }

  /** Closes the minutes before `nowMs`. */
  advance(nowMs: EpochMs): void {
    const startMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
    this.#startMs ??= startMs;
    while (this.#startMs < startMs) {
      for (const [service, count] of this.#counts) {
        this.#take(service, { startMs: this.#startMs, ...count });
        count.total = 0;
        count.errors = 0;
      }
      this.#startMs += MINUTE_MS;
    }
  }
}
