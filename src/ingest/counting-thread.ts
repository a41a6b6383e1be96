import type { EpochMs } from "../log/time.ts";
import type { LogBatch } from "../log/batch.ts";
import type { AcceptOutcome, LogSink } from "../log/sink.ts";
import { ByteBudget } from "../otlp/byte-budget.ts";
import { describe } from "../otlp/handler.ts";
import { takeNow } from "../otlp/intake.ts";
import { PaneCounter } from "../window/counter.ts";
import { SeriesRegistry } from "../window/registry.ts";
import type { CollectMessage, FromThread, TakeMessage, ThreadOptions, ToThread } from "./protocol.ts";

/** A worker's side: takes bodies over, counts them into panes of its own, and hands out what changed. */
export class CountingThread implements LogSink {
  readonly #options: ThreadOptions;
  readonly #post: (message: FromThread) => void;
  readonly #budget: ByteBudget;
  readonly #registry: SeriesRegistry;
  readonly #counter: PaneCounter;

  constructor(options: ThreadOptions, redact: (text: string) => string, post: (message: FromThread) => void) {
    this.#options = options;
    this.#post = post;
    this.#budget = new ByteBudget(options.budgetBytes, options.budgetCells);
    this.#registry = new SeriesRegistry(options.maxServices);
    this.#counter = new PaneCounter({ ...options, redact }, this.#registry);
  }

  accept(batch: LogBatch, nowMs: EpochMs): AcceptOutcome {
    return { kind: "accepted", accepted: batch.size, late: this.#counter.add(batch, nowMs) };
  }

  receive(message: ToThread): void {
    if (message.kind === "take") this.#take(message);
    else this.#collect(message);
  }

  #take({ id, encoding, codings, bytes, nowMs }: TakeMessage): void {
    const { maxBodyBytes, slot } = this.#options;
    const startedMs = performance.now();
    const lease = this.#budget.lease(slot);
    try {
      const wire = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const options = { maxBodyBytes, sink: this };
      const taken = takeNow({ encoding, codings, bytes: wire }, lease, options, nowMs);
      this.#post({ kind: "taken", id, taken, tookMs: performance.now() - startedMs });
    } catch (error) {
      this.#post({ kind: "failed", id, failure: describe(error) });
    } finally {
      lease.release();
    }
  }

  #collect({ nowMs, tellAgain }: CollectMessage): void {
    const counted = this.#counter.take();
    if (tellAgain) this.#counter.tellAgain();
    this.#post({ kind: "collected", counted, nowMs, overflowed: this.#registry.overflowed });
    this.#counter.expire(nowMs);
    this.#registry.expire(nowMs);
  }
}
