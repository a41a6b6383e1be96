import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { SECOND_MS, type EpochMs } from "../log/time.ts";
import type { ByteBudget, ByteLease } from "../otlp/byte-budget.ts";
import type { Intake, Taken, WireBody } from "../otlp/intake.ts";
import { CLOSING } from "../otlp/refusals.ts";
import type { Counted } from "../window/counted.ts";
import type { FromThread } from "./protocol.ts";
import { PoolSlot } from "./slot.ts";
import type { SpawnThread } from "./slot.ts";

/** A smaller body is taken on the main thread: the way to a worker and back would cost more than the work. */
export const MIN_POOLED_BYTES = 32 * 1024;
/** A worker in the middle of a large body delays an evaluation no longer than this; its counts come with the next. */
const COLLECT_WITHIN_MS = SECOND_MS / 4;
const CLOSE_WITHIN_MS = 5 * SECOND_MS;

export interface PoolOptions {
  readonly threads: number;
  readonly spawn: SpawnThread;
  /** For small bodies, and for all where there are no threads. */
  readonly inline: Intake;
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of all that a worker hands out; (`slot`, `epoch`) is never used twice. */
  readonly counted: (counted: Counted, slot: number, epoch: EpochMs, nowMs: EpochMs) => void;
  /** How long a worker had to do with a body. */
  readonly took: (tookMs: number) => void;
}

/** Spreads large bodies over worker threads, which count them; collects the counts when asked. */
export class WorkerPool implements Intake {
  readonly #options: PoolOptions;
  readonly #slots: readonly PoolSlot[];
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.threads }, (_, slot) => {
      const received = (message: FromThread, epoch: EpochMs): void => this.#received(message, slot, epoch);
      return new PoolSlot(slot, { ...options, received });
    });
  }

  /** Something was counted that nobody has collected. */
  get dirty(): boolean {
    return this.#slots.some(({ dirty }) => dirty);
  }

  /** Series that found no room in a worker's memory. */
  get overflowed(): number {
    return this.#slots.reduce((sum, { overflowed }) => sum + overflowed, 0);
  }

  take(body: WireBody, lease: ByteLease): Promise<Taken> {
    if (this.#slots.length === 0 || body.bytes.length < MIN_POOLED_BYTES) {
      return this.#options.inline.take(body, lease);
    }
    if (this.#closed) return Promise.resolve({ outcome: CLOSING, bodyBytes: 0 });
    return this.#leastBusy().take(body, this.#options.clock.now());
  }

  #leastBusy(): PoolSlot {
    return this.#slots.reduce((least, slot) => (slot.waitingBytes < least.waitingBytes ? slot : least));
  }

  /** Shapes that the workers have told before are to be told again, at the next collection. */
  tellAgain(): void {
    for (const slot of this.#slots) slot.tellAgain = true;
  }

  /** Resolves when the workers have handed out their counts, or when they take too long. */
  async collect(nowMs: EpochMs): Promise<void> {
    const dirty = this.#slots.filter((slot) => slot.dirty);
    if (dirty.length > 0) await this.#collectFrom(dirty, nowMs, COLLECT_WITHIN_MS);
  }

  async #collectFrom(slots: readonly PoolSlot[], nowMs: EpochMs, withinMs: number): Promise<void> {
    const timeout = new AbortController();
    const asked = Promise.all(slots.map((slot) => slot.collect(nowMs)));
    await Promise.race([asked, this.#options.clock.sleep(withinMs, timeout.signal)]);
    timeout.abort();
  }

  #received(message: FromThread, slot: number, epoch: EpochMs): void {
    const { counted, took, log } = this.#options;
    if (message.kind === "taken") took(message.tookMs);
    else if (message.kind === "failed") log.error({ failure: message.failure }, "OTLP request failed");
    else counted(message.counted, slot, epoch, message.nowMs);
  }

  /** Waits for the bodies under way, and for their counts; a worker that hangs is not waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#collectFrom(this.#slots, this.#options.clock.now(), CLOSE_WITHIN_MS);
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }
}
