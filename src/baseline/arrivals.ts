import { SECOND_MS } from "../log/time.ts";
import type { LagStats } from "../window/delta.ts";

/** What arrived of one series in one step of our own clock. */
export interface ArrivalStep {
  readonly step: number;
  /** Records that told their time, those too old to be counted included. */
  count: number;
  sumMs: number;
  minMs: number;
  maxMs: number;
  /** Too old to be counted. */
  late: number;
  /** Of batches that had come before. */
  duplicates: number;
}

/** Expected before anything is known. */
const PRIOR_MS = 5 * SECOND_MS;
const KEEP = 0.98;
/** Beyond these a lag is none to get used to. */
const MAX_USUAL_MS = 60 * SECOND_MS;
const MIN_USUAL_MS = -10 * SECOND_MS;

/** How long the records of one series take to come: the last two steps in full, and what is usual. */
export class Arrivals {
  #newest: ArrivalStep | null = null;
  #before: ArrivalStep | null = null;
  usualMs = PRIOR_MS;

  /** `lag` is what came since the last call. */
  add(step: number, lag: LagStats | null, late: number, duplicates: number): void {
    if (lag === null && late <= 0 && duplicates <= 0) return;
    const arrived = this.#at(step);
    if (arrived === null) return;
    arrived.late += Math.max(0, late);
    arrived.duplicates += Math.max(0, duplicates);
    if (lag === null) return;
    arrived.count += lag.count;
    arrived.sumMs += lag.sumMs;
    arrived.minMs = Math.min(arrived.minMs, lag.minMs);
    arrived.maxMs = Math.max(arrived.maxMs, lag.maxMs);
  }

  #at(step: number): ArrivalStep | null {
    const newest = this.#newest;
    if (newest === null || step > newest.step) {
      if (newest !== null) this.#learn(newest);
      this.#before = newest;
      this.#newest = empty(step);
      return this.#newest;
    }
    return this.of(step);
  }

  #learn({ count, sumMs, late }: ArrivalStep): void {
    const meanMs = sumMs / Math.max(count, 1);
    if (count === 0 || late > 0 || meanMs > MAX_USUAL_MS || meanMs < MIN_USUAL_MS) return;
    this.usualMs = KEEP * this.usualMs + (1 - KEEP) * meanMs;
  }

  /** null where nothing came in that step, or it is too long ago. */
  of(step: number): ArrivalStep | null {
    if (this.#newest?.step === step) return this.#newest;
    return this.#before?.step === step ? this.#before : null;
  }

  toJson(): ArrivalsJson {
    return { usualMs: this.usualMs, newest: this.#newest, before: this.#before };
  }

  restore({ usualMs, newest, before }: ArrivalsJson): void {
    this.usualMs = usualMs;
    this.#newest = known(newest);
    this.#before = known(before);
  }
}

export interface ArrivalsJson {
  readonly usualMs: number;
  readonly newest: StepJson | null;
  readonly before: StepJson | null;
}

/** JSON has no word for the extremes of nothing. */
type StepJson = Omit<ArrivalStep, "minMs" | "maxMs"> & {
  readonly minMs: number | null;
  readonly maxMs: number | null;
};

function known(step: StepJson | null): ArrivalStep | null {
  return step === null ? null : { ...step, minMs: step.minMs ?? Infinity, maxMs: step.maxMs ?? -Infinity };
}

function empty(step: number): ArrivalStep {
  return { step, count: 0, sumMs: 0, minMs: Infinity, maxMs: -Infinity, late: 0, duplicates: 0 };
}
