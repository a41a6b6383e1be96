import type { EpochMs } from "../log/time.ts";

/** A longer pause of the whole input is no data: 60 s at a window of 5 minutes, less with shorter ones. */
export function maxPauseMs(windowMs: number): number {
  return windowMs / 5;
}

/** Since when input has been coming without a pause: what learning and the volume rules may trust. */
export class Continuity {
  readonly #maxPauseMs: number;
  #sinceMs: EpochMs | null = null;
  #lastInputMs: EpochMs | null = null;

  constructor(windowMs: number) {
    this.#maxPauseMs = maxPauseMs(windowMs);
  }

  input(nowMs: EpochMs): void {
    if (this.#sinceMs === null || this.paused(nowMs)) {
      this.#sinceMs = nowMs;
      this.#lastInputMs = nowMs;
    }
    this.#lastInputMs = Math.max(this.#lastInputMs ?? nowMs, nowMs);
  }

  /** No input at all yet, or none for too long, or a clock that was set back: what was before it is no measure. */
  paused(nowMs: EpochMs): boolean {
    return this.#lastInputMs === null || Math.abs(nowMs - this.#lastInputMs) > this.#maxPauseMs;
  }

  toJson(): readonly [sinceMs: EpochMs | null, lastInputMs: EpochMs | null] {
    return [this.#sinceMs, this.#lastInputMs];
  }

  /** A restart is a pause like any other: a short one breaks nothing off. */
  restore([sinceMs, lastInputMs]: ReturnType<Continuity["toJson"]>): void {
    this.#sinceMs = sinceMs;
    this.#lastInputMs = lastInputMs;
  }

  /** null while nothing comes. */
  sinceMs(nowMs: EpochMs): EpochMs | null {
    return this.paused(nowMs) ? null : this.#sinceMs;
  }
}
