import { isContinuation } from "./continuation.ts";
import { HeaderGrammar } from "./header-grammar.ts";
import type { Timeline } from "./timeline.ts";

/** So many lines of a source are enough to tell how its lines begin. */
export const LEARN_LINES = 512;
/** Lines that fit nothing known are kept up to this, then they are learned from. */
const FIRST_ODD_LINES = 8;
const MAX_ODD_LINES = 4_096;
const MAX_KEPT_LINES = 256;

/** Reads headers and goes on learning from the lines that do not fit, so that a layout may change or join in later. */
export class HeaderReader {
  readonly grammar = new HeaderGrammar();
  #odd: string[] = [];
  #oddLines = 0;
  #learnAt = FIRST_ODD_LINES;

  /** Learns from a source's first lines. */
  learn(lines: readonly string[]): void {
    this.grammar.learn(lines.filter((line) => !isContinuation(line)));
  }

  /** True if the line begins with a header; `grammar` says what is in it. */
  read(line: string, timeline: Timeline): boolean {
    const { grammar } = this;
    grammar.head.load(line);
    const found = grammar.read(timeline);
    if (grammar.complete || isContinuation(line)) return found;
    return this.#remember() ? this.read(line, timeline) : found;
  }

  /** Keeps the line read last to learn from; true if the lines kept so far have just been learned from. */
  #remember(): boolean {
    this.#oddLines++;
    // A copy: a slice would keep the whole read alive that the line was cut from.
    const { head } = this.grammar;
    if (this.#odd.length < MAX_KEPT_LINES) this.#odd.push(head.text(0, head.length));
    if (this.#oddLines < this.#learnAt) return false;
    this.grammar.learn(this.#odd);
    this.#odd = [];
    this.#oddLines = 0;
    this.#learnAt = Math.min(this.#learnAt * 2, MAX_ODD_LINES);
    return true;
  }
}
