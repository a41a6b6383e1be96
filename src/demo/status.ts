import type { EpochMs } from "../log/time.ts";

interface Sample {
  readonly atMs: EpochMs;
  readonly lines: number;
  readonly errors: number;
}

/** What the shop wrote within the last window, from its running totals. */
export class RecentRates {
  readonly #windowMs: number;
  #samples: Sample[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(sample: Sample): void {
    this.#samples = this.#samples.filter((old) => old.atMs >= sample.atMs - this.#windowMs);
    this.#samples.push(sample);
  }

  /** Lines a second over the last second or more; 0 before two samples. */
  get linesPerSecond(): number {
    const last = this.#samples.at(-1);
    const before = this.#samples.findLast((sample) => last !== undefined && sample.atMs <= last.atMs - 1_000);
    if (last === undefined || before === undefined) return 0;
    return ((last.lines - before.lines) / (last.atMs - before.atMs)) * 1_000;
  }

  /** Errors over all lines of the window, 0 to 1; 0 where there were none. */
  get errorRate(): number {
    const last = this.#samples.at(-1);
    const first = this.#samples[0];
    if (last === undefined || first === undefined || last.lines === first.lines) return 0;
    return (last.errors - first.errors) / (last.lines - first.lines);
  }
}

const RATE_BAR_CHARS = 20;
/** An error rate that fills the bar. */
const FULL_BAR_RATE = 0.4;

/** `  12 s   58 logs/s   errors  0.6 % ……   normal`, always the same width up to the state. */
export function statusLine(elapsedMs: number, rates: RecentRates, state: string): string {
  const seconds = String(Math.floor(elapsedMs / 1_000)).padStart(4);
  const perSecond = rates.linesPerSecond.toFixed(0).padStart(4);
  const percent = (rates.errorRate * 100).toFixed(1).padStart(5);
  const filled = Math.min(RATE_BAR_CHARS, Math.round((rates.errorRate / FULL_BAR_RATE) * RATE_BAR_CHARS));
  const bar = "█".repeat(filled) + "·".repeat(RATE_BAR_CHARS - filled);
  return `${seconds} s  ${perSecond} logs/s  errors ${percent} % ${bar}  ${state}`;
}

/** What the screen needs to be. */
export interface DemoStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Text for people: on a terminal the status stays on one line, elsewhere each second has its own. */
export class DemoScreen {
  readonly #stream: DemoStream;
  #statusShown = false;

  constructor(stream: DemoStream) {
    this.#stream = stream;
  }

  status(line: string): void {
    if (this.#stream.isTTY !== true) {
      this.#stream.write(`${line}\n`);
      return;
    }
    this.#stream.write(`\r\u001b[K${line}`);
    this.#statusShown = true;
  }

  /** A paragraph; what is running on the status line stays above it. */
  say(...lines: readonly string[]): void {
    this.leaveStatus();
    this.#stream.write(`\n${lines.join("\n")}\n\n`);
  }

  /** Before somebody else writes to the same terminal. */
  leaveStatus(): void {
    if (this.#statusShown) this.#stream.write("\n");
    this.#statusShown = false;
  }
}
