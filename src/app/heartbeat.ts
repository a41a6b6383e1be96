import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { SECOND_MS, type EpochMs } from "../log/time.ts";

export interface HeartbeatOptions {
  readonly url: string;
  readonly evaluateEveryMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fetch: (
    url: string,
    signal: AbortSignal,
  ) => Promise<{ readonly ok: boolean; readonly status: number }>;
}

const DEADLINE_MS = 10 * SECOND_MS;
const MIN_PATIENCE_MS = 15 * SECOND_MS;
/** So many evaluations may be missing before the detector counts as stuck. */
const MISSED = 3;

/** Calls an address while the detector really evaluates: whoever watches it hears of a dead detector by silence. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #evaluatedAtMs: EpochMs | null = null;
  #failing = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** An evaluation has come to its end. */
  evaluated(nowMs: EpochMs): void {
    this.#evaluatedAtMs = nowMs;
  }

  get alive(): boolean {
    const { clock, evaluateEveryMs } = this.#options;
    const patienceMs = Math.max(MIN_PATIENCE_MS, MISSED * evaluateEveryMs);
    return this.#evaluatedAtMs !== null && Math.abs(clock.now() - this.#evaluatedAtMs) <= patienceMs;
  }

  async beat(): Promise<void> {
    const { url, log } = this.#options;
    if (!this.alive) {
      log.error("nothing was evaluated lately: no heartbeat");
      return;
    }
    const failure = await this.#call(url);
    if (failure !== null && !this.#failing) log.warn({ reason: failure }, "the heartbeat is not taken");
    this.#failing = failure !== null;
  }

  async #call(url: string): Promise<string | null> {
    try {
      const { ok, status } = await this.#options.fetch(url, AbortSignal.timeout(DEADLINE_MS));
      return ok ? null : `http_${status}`;
    } catch (error) {
      return error instanceof Error ? error.name : "unknown";
    }
  }
}

/** The body is of no interest, and an answer's redirect is followed. */
export async function callOnce(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly status: number }> {
  const response = await fetch(url, { signal });
  await response.body?.cancel();
  return response;
}
