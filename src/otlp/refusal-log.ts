import type { Logger } from "pino";

import type { Clock } from "../clock.ts";
import type { RequestReason } from "./observation.ts";

const PERIOD_MS = 10_000;

interface Period {
  readonly startMs: number;
  unlogged: number;
}

/** One warning per reason and ten seconds, with how many went unlogged: a broken sender must not fill the disk. */
export class RefusalLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #periods = new Map<RequestReason, Period>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  warn(reason: RequestReason, fields: Readonly<Record<string, unknown>>): void {
    const nowMs = this.#clock.now();
    const period = this.#periods.get(reason);
    if (period !== undefined && nowMs - period.startMs < PERIOD_MS) {
      period.unlogged++;
      return;
    }
    this.#periods.set(reason, { startMs: nowMs, unlogged: 0 });
    this.#log.warn({ reason, unlogged: period?.unlogged ?? 0, ...fields }, "OTLP request refused");
  }
}
