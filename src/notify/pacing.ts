import { SECOND_MS, type EpochMs } from "../log/time.ts";
import { type BackoffLimits, backoffMs } from "./backoff.ts";

/** While nobody answers one attempt is made this often: 4 s and the attempt itself stay below 5 s. */
const PROBE: BackoffLimits = { baseMs: 500, maxMs: 3_500 };
/** A probe gives up sooner than usual, so that an answer after an outage is not waited for behind a dead call. */
const PROBE_DEADLINE_MS = 4 * SECOND_MS;

/** When the next attempt may be made, for one notifier: after "slow down", and while nobody answers. */
export class Pacing {
  readonly #random: () => number;
  #failures = 0;
  #quietUntilMs = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** How long nothing may be sent. */
  waitMs(nowMs: EpochMs): number {
    return Math.max(0, this.#quietUntilMs - nowMs);
  }

  /** Failures in a row, whatever they were about. */
  get failures(): number {
    return this.#failures;
  }

  answered(): void {
    this.#failures = 0;
  }

  /** Asked to slow down. */
  slowDown(nowMs: EpochMs, retryAfterMs: number): void {
    this.#failures = 0;
    this.#quietUntilMs = Math.max(this.#quietUntilMs, nowMs + retryAfterMs);
  }

  /** Nobody answered: when to try again. */
  failed(nowMs: EpochMs): EpochMs {
    this.#failures += 1;
    this.#quietUntilMs = nowMs + backoffMs(this.#failures, PROBE, this.#random);
    return this.#quietUntilMs;
  }

  /** Every other probe waits as long as usual: a slow answer is an answer too. */
  deadlineMs(usualMs: number): number {
    return this.#failures % 2 === 1 ? Math.min(usualMs, PROBE_DEADLINE_MS) : usualMs;
  }
}
