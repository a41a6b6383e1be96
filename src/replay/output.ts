import type { Writable } from "node:stream";
import type { Alert } from "../alert/alert.ts";
import { alertView } from "../alert/view.ts";
import { TerminalNotifier } from "../notify/terminal.ts";

/** What a replay writes to; `isTTY` turns on colours and progress. */
export type ReplayStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Adds an analysis to an alert before it is printed; never rejects. */
export type Explain = (alert: Alert) => Promise<Alert>;

const asItIs: Explain = async (alert) => alert;

/**
 * Where alerts are printed. A reader that goes away (`| head`) ends the replay quietly, so `closed` is asked
 * between reads; any other error of the stream is thrown at the next write.
 */
export class AlertOutput {
  readonly #stream: ReplayStream;
  readonly #json: boolean;
  readonly #terminal: TerminalNotifier;
  readonly #explain: Explain;
  #error: Error | null = null;
  #closed = false;
  readonly #onError = (error: Error): void => {
    if ("code" in error && error.code === "EPIPE") this.#closed = true;
    else this.#error ??= error;
  };

  constructor(stream: ReplayStream, json: boolean, explain: Explain = asItIs) {
    this.#stream = stream;
    this.#json = json;
    this.#explain = explain;
    this.#terminal = new TerminalNotifier(stream);
    stream.on("error", this.#onError);
  }

  get closed(): boolean {
    return this.#closed || this.#error !== null;
  }

  /** Why nothing more can be written; null while it can, and when the reader just went away. */
  get problem(): string | null {
    return this.#error === null ? null : `stdout: ${this.#error.message}`;
  }

  async print(alerts: readonly Alert[]): Promise<void> {
    for (const bare of alerts) {
      if (this.closed) return;
      const alert = await this.#explain(bare);
      if (this.#json) this.#stream.write(`${JSON.stringify(alertView(alert))}\n`);
      else await this.#terminal.post(alert);
    }
  }

  /** Waits until all is handed on, so that the process may end. */
  async end(): Promise<void> {
    if (!this.closed) {
      await new Promise<void>((resolve) => {
        this.#stream.write("", () => resolve());
      });
    }
    // An error that comes later must still find a listener, so only a healthy stream is let go.
    if (!this.closed) this.#stream.off("error", this.#onError);
  }
}
