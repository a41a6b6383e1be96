import { Writable } from "node:stream";

/** Keeps what is written; from `failAfter` writes on it fails as a pipe whose reader has gone. */
export class TextSink extends Writable {
  readonly chunks: string[] = [];
  readonly #failAfter: number;
  readonly #code: string;

  constructor(failAfter = Infinity, code = "EPIPE") {
    super({ decodeStrings: false });
    this.#failAfter = failAfter;
    this.#code = code;
  }

  get text(): string {
    return this.chunks.join("");
  }

  get lines(): string[] {
    return this.text.split("\n").filter((line) => line !== "");
  }

  override _write(chunk: string, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.chunks.length >= this.#failAfter) {
      done(Object.assign(new Error("write failed"), { code: this.#code }));
      return;
    }
    if (chunk !== "") this.chunks.push(chunk);
    done();
  }
}
