import type { Clock } from "../clock.ts";
import type { EpochMs } from "../log/time.ts";

/** Remembers for a time what has come already, at most so many; the oldest give way. */
export class Seen {
  readonly #clock: Pick<Clock, "now">;
  readonly #keepMs: number;
  readonly #max: number;
  readonly #atMs = new Map<string, EpochMs>();

  constructor(clock: Pick<Clock, "now">, keepMs: number, max: number) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#max = max;
  }

  /** True where it has come before; from now on it has. */
  again(key: string): boolean {
    const nowMs = this.#clock.now();
    for (const [old, atMs] of this.#atMs) {
      if (nowMs - atMs < this.#keepMs && this.#atMs.size <= this.#max) break;
      this.#atMs.delete(old);
    }
    if (this.#atMs.has(key)) return true;
    this.#atMs.set(key, nowMs);
    return false;
  }
}
