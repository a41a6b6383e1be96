import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { underDeadline } from "./deadline.ts";
import type { DeliveryOutcome, FindOutcome } from "./notifier.ts";
import type { Pacing } from "./pacing.ts";

export interface CallOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pacing: Pacing;
  readonly deadlineMs: number;
}

/** Calls of a notifier, each under a deadline; what throws is a bug, and told as a failure that may have happened. */
export class Calls {
  readonly #options: CallOptions;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  async say(run: (signal: AbortSignal) => Promise<DeliveryOutcome>): Promise<DeliveryOutcome> {
    const outcome = await this.#run(run, this.#options.pacing.deadlineMs(this.#options.deadlineMs));
    if (typeof outcome !== "string") return outcome;
    return { kind: "failed", retryable: true, retryAfterMs: null, reason: outcome, unclear: true };
  }

  async search(run: (signal: AbortSignal) => Promise<FindOutcome>): Promise<FindOutcome> {
    const found = await this.#run(run, this.#options.deadlineMs);
    return typeof found === "string" ? { kind: "unreachable", retryAfterMs: null, reason: found } : found;
  }

  async #run<T>(
    run: (signal: AbortSignal) => Promise<T>,
    deadlineMs: number,
  ): Promise<T | "timeout" | "internal_error"> {
    const { clock, log } = this.#options;
    try {
      return await underDeadline(run, deadlineMs, clock);
    } catch (error) {
      log.error({ reason: errorName(error) }, "a notifier threw");
      return "internal_error";
    }
  }
}

/** Names say enough; messages of databases and clients may quote data. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
