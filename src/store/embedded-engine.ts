import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { CLOSE, type WorkerInput, type WorkerMessage } from "./embedded-protocol.ts";
import { StoreError } from "./store-error.ts";

/** The worker's own file beside this one: `.ts` from source, `.js` from a build. */
function workerFile(): URL {
  const name = "./embedded-worker";
  return new URL(`${name}${extname(import.meta.url)}`, import.meta.url);
}

/** How long an orderly shutdown may take before the thread is ended by force. */
const CLOSE_TIMEOUT_MS = 10_000;

/** The thread's own objects are messages that live for a moment; a small nursery saves about 70 MB under load. */
const YOUNG_GENERATION_MB = 8;

function gone(reason: string): StoreError {
  return new StoreError(`database unavailable: embedded Postgres ended (${reason})`, "ECONNRESET", true);
}

/** The database's thread. It ends by `close`, or by itself when the database breaks; it is never started twice. */
export class EmbeddedEngine {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<Uint8Array>>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #nextId = 1;
  #end: StoreError | null = null;
  #closed = false;

  constructor(input: WorkerInput) {
    this.#worker = new Worker(workerFile(), {
      workerData: input,
      name: "tocsin-postgres",
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#ready.promise.catch(() => undefined);
    this.#worker.on("message", (message: WorkerMessage) => this.#receive(message));
    this.#worker.on("error", (error) => this.#finish(gone(error instanceof Error ? error.name : "error")));
    this.#worker.on("exit", () => this.#finish(gone("exit")));
  }

  get alive(): boolean {
    return this.#end === null;
  }

  /** Resolves when queries may come; rejects when the database could not start. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves once the thread has ended, for whatever reason. */
  ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Whole protocol messages in, the database's answer out. `bytes` is given away. */
  request(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    if (this.#end !== null) return Promise.reject(this.#end);
    const id = this.#nextId++;
    const waiting = Promise.withResolvers<Uint8Array>();
    this.#waiting.set(id, waiting);
    this.#worker.postMessage({ id, bytes }, [bytes.buffer]);
    return waiting.promise;
  }

  /** Shuts down in order; true when the database confirmed it. */
  async close(): Promise<boolean> {
    if (this.#end === null) {
      this.#worker.postMessage(CLOSE);
      const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_TIMEOUT_MS);
      await this.ended();
      clearTimeout(timer);
    }
    return this.#closed;
  }

  /** Ends the thread at once, as a kill would. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
    await this.ended();
  }

  #receive(message: WorkerMessage): void {
    switch (message.kind) {
      case "ready":
        this.#ready.resolve();
        return;
      case "answer":
        this.#waiting.get(message.id)?.resolve(message.bytes);
        this.#waiting.delete(message.id);
        return;
      case "closed":
        this.#closed = true;
        void this.#worker.terminate();
        return;
      case "broken":
        this.#fail(gone(message.reason));
        void this.#worker.terminate();
        return;
    }
  }

  #fail(error: StoreError): void {
    this.#end ??= error;
    this.#ready.reject(this.#end);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#end);
    this.#waiting.clear();
  }

  #finish(error: StoreError): void {
    this.#fail(error);
    this.#ended.resolve();
  }
}
