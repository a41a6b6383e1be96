import { ByteBudget } from "../../src/otlp/byte-budget.ts";
import { CountingThread } from "../../src/ingest/counting-thread.ts";
import type { ThreadOptions, ToThread } from "../../src/ingest/protocol.ts";
import type { SpawnThread, ThreadEvents } from "../../src/ingest/slot.ts";

/** A thread without a thread: works when it is told to, dies when it is told to. */
export class FakeThread {
  readonly events: ThreadEvents;
  readonly inbox: ToThread[] = [];
  readonly #counting: CountingThread;
  terminated = false;

  constructor(options: ThreadOptions, events: ThreadEvents) {
    this.events = events;
    this.#counting = new CountingThread(options, (text) => text, events.received);
  }

  /** Does one message, or all. */
  work(messages = Infinity): void {
    for (const message of this.inbox.splice(0, messages)) this.#counting.receive(message);
  }
}

export const BUDGET_BYTES = 64 * 1024 * 1024;

/** A spawner of fake threads, and all that it started. */
export function fakeThreads(workers: number): {
  readonly spawn: SpawnThread;
  readonly started: FakeThread[];
  readonly budget: ByteBudget;
} {
  const cells = ByteBudget.cellsFor(workers);
  const started: FakeThread[] = [];
  const spawn: SpawnThread = (slot, events) => {
    const thread = new FakeThread(threadOptions(slot, cells), events);
    started.push(thread);
    return {
      post: (message) => thread.inbox.push(structuredClone(message)),
      terminate: () => {
        thread.terminated = true;
        return Promise.resolve();
      },
    };
  };
  return { spawn, started, budget: new ByteBudget(BUDGET_BYTES, cells) };
}

export function threadOptions(slot: number, budgetCells: BigInt64Array<SharedArrayBuffer>): ThreadOptions {
  return {
    slot,
    budgetCells,
    budgetBytes: BUDGET_BYTES,
    maxBodyBytes: BUDGET_BYTES,
    maxServices: 100,
    bucketMs: 10_000,
    mines: true,
  };
}
