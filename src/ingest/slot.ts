import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { SECOND_MS, type EpochMs } from "../log/time.ts";
import type { ByteBudget } from "../otlp/byte-budget.ts";
import { ownsMemory } from "../otlp/free-now.ts";
import type { Taken, WireBody } from "../otlp/intake.ts";
import { FAILED } from "../otlp/refusals.ts";
import type { FromThread, ToThread } from "./protocol.ts";

/** A worker thread as the pool sees it. */
export interface Thread {
  post(message: ToThread, transfer: readonly ArrayBuffer[]): void;
  /** Ends it at once. */
  terminate(): Promise<void>;
}

export interface ThreadEvents {
  readonly received: (message: FromThread) => void;
  /** It is no more, by itself; `reason` is for our own log. */
  readonly died: (reason: string) => void;
}

/** Starts the thread of a slot. */
export type SpawnThread = (slot: number, events: ThreadEvents) => Thread;

export interface SlotOptions {
  readonly spawn: SpawnThread;
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly log: Logger;
  readonly received: (message: FromThread, epoch: EpochMs) => void;
}

const RESTART_AFTER_MS = SECOND_MS;

interface Waiting {
  readonly bytes: number;
  readonly done: (taken: Taken) => void;
}

const REFUSED: Taken = { outcome: FAILED, bodyBytes: 0 };

/**
 * One worker's place. A thread that dies takes the counts with it that were not collected; what it was busy with is
 * answered 503, and another takes its place.
 */
export class PoolSlot {
  readonly #slot: number;
  readonly #options: SlotOptions;
  readonly #waiting = new Map<number, Waiting>();
  #collecting: PromiseWithResolvers<void>[] = [];
  #thread: Thread | null;
  #lastEpoch = 0;
  #nextId = 1;
  #closed = false;
  dirty = false;
  tellAgain = false;
  waitingBytes = 0;
  overflowed = 0;

  constructor(slot: number, options: SlotOptions) {
    this.#slot = slot;
    this.#options = options;
    this.#thread = this.#start();
  }

  #start(): Thread {
    const epoch = Math.max(this.#options.clock.now(), this.#lastEpoch + 1);
    this.#lastEpoch = epoch;
    return this.#options.spawn(this.#slot, {
      received: (message) => this.#received(message, epoch),
      died: (reason) => this.#died(reason),
    });
  }

  take({ encoding, codings, bytes }: WireBody, nowMs: EpochMs): Promise<Taken> {
    const thread = this.#thread;
    if (thread === null) return Promise.resolve(REFUSED);
    const id = this.#nextId++;
    const size = bytes.length;
    this.dirty = true;
    this.waitingBytes += size;
    return new Promise((done) => {
      this.#waiting.set(id, { bytes: size, done });
      const { buffer } = bytes;
      const transfer = ownsMemory(bytes) && buffer instanceof ArrayBuffer ? [buffer] : [];
      thread.post({ kind: "take", id, encoding, codings, bytes, nowMs }, transfer);
    });
  }

  /** Resolves when the thread has handed out what it counted, or is no more. */
  collect(nowMs: EpochMs): Promise<void> {
    const thread = this.#thread;
    if (thread === null) return Promise.resolve();
    this.dirty = this.#waiting.size > 0;
    const asked = Promise.withResolvers<void>();
    this.#collecting.push(asked);
    thread.post({ kind: "collect", nowMs, tellAgain: this.tellAgain }, []);
    this.tellAgain = false;
    return asked.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
  }

  #received(message: FromThread, epoch: EpochMs): void {
    this.#options.received(message, epoch);
    if (message.kind === "collected") {
      this.overflowed = message.overflowed;
      this.#collecting.shift()?.resolve();
    } else {
      this.#answer(message.id, message.kind === "taken" ? message.taken : REFUSED);
    }
  }

  #answer(id: number, taken: Taken): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.waitingBytes -= waiting.bytes;
    waiting.done(taken);
  }

  #died(reason: string): void {
    if (this.#closed || this.#thread === null) return;
    const { log, budget, clock } = this.#options;
    log.error({ reason, requests: this.#waiting.size }, "an ingest thread ended: another takes its place");
    this.#thread = null;
    this.dirty = false;
    budget.releaseWorker(this.#slot);
    for (const id of this.#waiting.keys()) this.#answer(id, REFUSED);
    for (const { resolve } of this.#collecting.splice(0)) resolve();
    void clock.sleep(RESTART_AFTER_MS).then(() => {
      if (!this.#closed) this.#thread = this.#start();
    });
  }
}
