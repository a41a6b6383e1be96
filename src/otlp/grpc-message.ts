import type { ServerHttp2Stream } from "node:http2";

/** A compressed flag and the length, before every message. */
export const PREFIX_BYTES = 5;

export type MessageRead =
  | { readonly kind: "complete"; readonly compressed: boolean; readonly bytes: Buffer }
  | { readonly kind: "too_large" }
  | { readonly kind: "over_budget" }
  | { readonly kind: "malformed"; readonly problem: string }
  /** The client cancelled the call or went away. */
  | { readonly kind: "aborted" }
  /** The server stops and cannot wait for the rest. */
  | { readonly kind: "stopped" }
  /** Somebody gave up waiting. */
  | { readonly kind: "slow" };

export interface MessageLimits {
  /** Of the message as sent. */
  readonly maxBytes: number;
  /** Asked with the announced length before any of the message is kept. */
  readonly grow: (bytes: number) => boolean;
  /** From its abort on, the rest is not waited for. */
  readonly signal: AbortSignal;
  /** Told of every chunk, for the watch over slow bodies. */
  readonly onBytes: (bytes: number) => void;
}

export interface Reading {
  readonly outcome: Promise<MessageRead>;
  /** Ends it as `slow`. */
  readonly giveUp: () => void;
}

const EMPTY = Buffer.alloc(0);

/** Puts the one message of a unary call together. The first outcome but null ends it. */
class MessageParts {
  readonly #limits: MessageLimits;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixSize = 0;
  #message: Buffer = EMPTY;
  #size = 0;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  add(chunk: Buffer): MessageRead | null {
    let pos = 0;
    if (this.#prefixSize < PREFIX_BYTES) {
      pos = chunk.copy(this.#prefix, this.#prefixSize);
      this.#prefixSize += pos;
      if (this.#prefixSize < PREFIX_BYTES) return null;
      const refused = this.#announced(this.#prefix.readUInt32BE(1));
      if (refused !== null) return refused;
    }
    if (chunk.length - pos > this.#message.length - this.#size) {
      return { kind: "malformed", problem: "more than one message in a unary call" };
    }
    this.#size += chunk.copy(this.#message, this.#size, pos);
    return null;
  }

  end(): MessageRead {
    const flag = this.#prefix[0] ?? 0;
    if (this.#prefixSize === 0) return { kind: "malformed", problem: "no message in the call" };
    if (this.#prefixSize < PREFIX_BYTES || this.#size < this.#message.length) {
      return { kind: "malformed", problem: "message is cut off" };
    }
    if (flag > 1) return { kind: "malformed", problem: "unknown message flag" };
    return { kind: "complete", compressed: flag === 1, bytes: this.#message };
  }

  #announced(bytes: number): MessageRead | null {
    if (bytes > this.#limits.maxBytes) return { kind: "too_large" };
    if (!this.#limits.grow(bytes)) return { kind: "over_budget" };
    this.#message = bytes === 0 ? EMPTY : Buffer.allocUnsafe(bytes);
    return null;
  }
}

/** Reads a unary call's message. After any outcome but `complete` the rest of the call is still unread. */
export function readMessage(stream: ServerHttp2Stream, limits: MessageLimits): Reading {
  const { promise: outcome, resolve } = Promise.withResolvers<MessageRead>();
  const parts = new MessageParts(limits);
  const finish = (read: MessageRead): void => {
    stream.off("data", onData);
    stream.off("end", onEnd);
    stream.off("close", onClose);
    limits.signal.removeEventListener("abort", onStop);
    resolve(read);
  };
  const onData = (chunk: Buffer): void => {
    limits.onBytes(chunk.length);
    const read = parts.add(chunk);
    if (read !== null) finish(read);
  };
  // A stream that the client resets ends as well, wherever its message stood.
  const onEnd = (): void => finish(stream.aborted ? { kind: "aborted" } : parts.end());
  const onClose = (): void => finish({ kind: "aborted" });
  const onStop = (): void => finish({ kind: "stopped" });
  stream.on("data", onData);
  stream.on("end", onEnd);
  stream.on("close", onClose);
  limits.signal.addEventListener("abort", onStop);
  if (limits.signal.aborted) onStop();
  return { outcome, giveUp: () => finish({ kind: "slow" }) };
}

/** A message as it goes on the wire, uncompressed. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, PREFIX_BYTES);
  return frame;
}
