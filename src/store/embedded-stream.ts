import { Duplex } from "node:stream";
import type { EmbeddedEngine } from "./embedded-engine.ts";

const QUERY = 0x51;
const SYNC = 0x53;
const TERMINATE = 0x58;

/** Authentication ok, UTF-8, ready: the engine has one user and no passwords, so nobody needs to ask it. */
const GREETING = Buffer.concat([
  Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
  parameterStatus("client_encoding", "UTF8"),
  Buffer.from([0x5a, 0, 0, 0, 5, 0x49]),
]);

function parameterStatus(name: string, value: string): Buffer {
  const body = Buffer.from(`${name}\0${value}\0`);
  const head = Buffer.alloc(5);
  head.write("S", "ascii");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function simpleQuery(sql: string): Uint8Array<ArrayBuffer> {
  const body = Buffer.from(`${sql}\0`);
  const message = new Uint8Array(5 + body.length);
  message[0] = QUERY;
  new DataView(message.buffer).setInt32(1, body.length + 4);
  message.set(body, 5);
  return message;
}

/**
 * A node-postgres socket whose other end is the embedded database. The engine has one session and answers whole
 * exchanges, so bytes are held back until a Query or a Sync ends one.
 */
export class EmbeddedStream extends Duplex {
  readonly #open: () => Promise<EmbeddedEngine>;
  #engine: EmbeddedEngine | null = null;
  #started = false;
  #pending: Buffer = Buffer.alloc(0);

  /** `open` gives the engine, started anew where it had ended. */
  constructor(open: () => Promise<EmbeddedEngine>) {
    super();
    this.#open = open;
  }

  connect(): this {
    this.#attach().then(
      () => this.emit("connect"),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error("embedded Postgres")),
    );
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    // Answers are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    void this.#forward(done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.push(null);
    done();
  }

  /** A connection that broke off may have left its transaction and settings in the one session there is. */
  async #attach(): Promise<void> {
    const engine = await this.#open();
    await engine.request(simpleQuery("rollback"));
    await engine.request(simpleQuery("discard all"));
    this.#engine = engine;
  }

  async #forward(done: (error?: Error | null) => void): Promise<void> {
    let failure: Error | null = null;
    try {
      await this.#exchange();
    } catch (error) {
      failure = error instanceof Error ? error : new Error("embedded Postgres");
    }
    done(failure);
  }

  async #exchange(): Promise<void> {
    if (!this.#started && !this.#takeStartup()) return;
    const end = this.#wholeExchange();
    if (end === 0 || this.#engine === null) return;
    const bytes = new Uint8Array(this.#pending.subarray(0, end));
    this.#pending = this.#pending.subarray(end);
    const answer = await this.#engine.request(bytes);
    if (!this.destroyed) this.push(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
  }

  #takeStartup(): boolean {
    if (this.#pending.length < 4) return false;
    const length = this.#pending.readInt32BE(0);
    if (this.#pending.length < length) return false;
    this.#pending = this.#pending.subarray(length);
    this.#started = true;
    this.push(GREETING);
    return true;
  }

  /** Bytes up to and with the last Query or Sync that is complete; 0 where there is none yet. */
  #wholeExchange(): number {
    let end = 0;
    let at = 0;
    while (at + 5 <= this.#pending.length) {
      const type = this.#pending[at];
      at += 1 + this.#pending.readInt32BE(at + 1);
      if (at > this.#pending.length || type === TERMINATE) break;
      if (type === QUERY || type === SYNC) end = at;
    }
    return end;
  }
}
