import type { IncomingMessage } from "node:http";

import { freeChunk, freeNow } from "./free-now.ts";

export type BodyRead =
  | { readonly kind: "complete"; readonly bytes: Buffer }
  | { readonly kind: "too_large" }
  | { readonly kind: "over_budget" }
  /** The client went away, or was too slow to wait for. */
  | { readonly kind: "aborted" }
  /** The server stops and cannot wait for the rest. */
  | { readonly kind: "stopped" };

export interface BodyLimits {
  /** From Content-Length, already taken from the budget; null for a chunked body. */
  readonly lengthBytes: number | null;
  readonly maxBytes: number;
  readonly grow: (bytes: number) => boolean;
  readonly signal: AbortSignal;
  /** Told of every chunk, for the watch over slow bodies. */
  readonly onBytes: (bytes: number) => void;
}

const FIRST_CAPACITY_BYTES = 16 * 1024;

/** One buffer that doubles: a body in a million one-byte chunks must not become a million buffers. */
class GrowingBuffer {
  #buffer: Buffer;
  #size = 0;

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  get size(): number {
    return this.#size;
  }

  append(chunk: Buffer): void {
    const needed = this.#size + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#size);
      freeNow(this.#buffer);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#size);
    this.#size = needed;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }
}

/** Reads a body into one buffer. After any outcome but `complete` the rest of the body is still unread. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyRead> {
  return new Promise((resolve) => {
    const body = new GrowingBuffer(limits.lengthBytes ?? FIRST_CAPACITY_BYTES);
    const finish = (outcome: BodyRead): void => {
      request.off("data", onData);
      request.off("end", onEnd);
      request.off("close", onClose);
      limits.signal.removeEventListener("abort", onStop);
      if (outcome.kind !== "complete") {
        request.pause();
        freeNow(body.bytes());
      }
      resolve(outcome);
    };
    const onData = (chunk: Buffer): void => {
      limits.onBytes(chunk.length);
      if (body.size + chunk.length > limits.maxBytes) finish({ kind: "too_large" });
      else if (limits.lengthBytes === null && !limits.grow(chunk.length)) finish({ kind: "over_budget" });
      else {
        body.append(chunk);
        freeChunk(chunk);
      }
    };
    const onEnd = (): void => finish({ kind: "complete", bytes: body.bytes() });
    const onClose = (): void => finish({ kind: "aborted" });
    const onStop = (): void => finish({ kind: "stopped" });
    request.on("data", onData);
    request.on("end", onEnd);
    request.on("close", onClose);
    limits.signal.addEventListener("abort", onStop);
    if (limits.signal.aborted) onStop();
  });
}
