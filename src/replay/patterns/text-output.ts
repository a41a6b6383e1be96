import type { ReplayStream } from "../output.ts";

/** Lines are handed on in pieces of this size: one write per line is slow. */
const CHUNK_CHARS = 64 * 1_024;

/** Lines to a stream at the pace of its reader. A reader that goes away (`| head`) closes it, any other error stays. */
export class TextOutput {
  readonly #stream: ReplayStream;
  #held: string[] = [];
  #heldChars = 0;
  #error: Error | null = null;
  #closed = false;
  readonly #onError = (error: Error): void => {
    if ("code" in error && error.code === "EPIPE") this.#closed = true;
    else this.#error ??= error;
  };

  constructor(stream: ReplayStream) {
    this.#stream = stream;
    stream.on("error", this.#onError);
  }

  get closed(): boolean {
    return this.#closed || this.#error !== null;
  }

  /** Why nothing more can be written; null while it can, and when the reader just went away. */
  get problem(): string | null {
    return this.#error === null ? null : `stdout: ${this.#error.message}`;
  }

  /** Enough is held that `drained` should be awaited. */
  get full(): boolean {
    return this.#heldChars >= CHUNK_CHARS;
  }

  line(text: string): void {
    this.#held.push(text, "\n");
    this.#heldChars += text.length + 1;
  }

  /** Hands on what is held and waits until the stream has taken it. */
  async drained(): Promise<void> {
    const text = this.#held.join("");
    this.#held = [];
    this.#heldChars = 0;
    if (text === "" || this.closed) return;
    await new Promise<void>((resolve) => {
      this.#stream.write(text, () => resolve());
    });
  }

  async end(): Promise<void> {
    await this.drained();
    // An error that comes later must still find a listener, so only a healthy stream is let go.
    if (!this.closed) this.#stream.off("error", this.#onError);
  }
}
