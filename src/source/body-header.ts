import type { SeverityNumber } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import { MAX_HEAD_CHARS } from "./head.ts";
import { HeaderGrammar } from "./header-grammar.ts";
import { Timeline } from "./timeline.ts";

/** So many bodies of a series tell whether they carry headers. */
export const LEARN_BODIES = 16;
/** A series without headers is looked at again after so many bodies. */
export const LOOK_AGAIN_AFTER = 4_096;
/** Most of the bodies must carry one: a few that look like it are messages. */
const MIN_SHARE = 0.5;

/**
 * Whether the bodies of one series still carry a textual header (a container's log lines, forwarded unparsed), and
 * where their messages begin. Learned from a few bodies; after that a series without headers costs a counter.
 */
export class BodyHeader {
  readonly #grammar = new HeaderGrammar();
  readonly #timeline = new Timeline(Number.NaN);
  #sample: string[] = [];
  #carries = false;
  /** Bodies until the next look; those of a sample are looked at all. */
  #wait = 0;
  #read = 0;
  #headed = 0;

  /** Of the body scanned last: what its header says; 0 and NaN for nothing. */
  severity: SeverityNumber = 0;
  timeMs: EpochMs = Number.NaN;

  /** Do the bodies carry headers, as far as is known? */
  get carries(): boolean {
    return this.#carries;
  }

  /** The index at which the message of `body` begins; 0 where no header is known. `nowMs` completes times without a year. */
  messageStart(body: string, nowMs: EpochMs): number {
    if (!this.#carries && this.#wait > 0) return this.#skip();
    this.#grammar.head.load(body);
    return this.#scan(nowMs);
  }

  /** The same in `bytes[start, end)`: an index into the bytes, `start` where no header is known. */
  messageStartBytes(bytes: Uint8Array, start: number, end: number, nowMs: EpochMs): number {
    if (!this.#carries && this.#wait > 0) return start + this.#skip();
    this.#grammar.head.loadBytes(bytes, start, end);
    return start + this.#scan(nowMs);
  }

  #skip(): number {
    this.#wait--;
    return 0;
  }

  #scan(nowMs: EpochMs): number {
    this.severity = 0;
    this.timeMs = Number.NaN;
    if (!this.#carries) return this.#sampleHead();
    this.#timeline.referenceMs = nowMs;
    const grammar = this.#grammar;
    const found = grammar.read(this.#timeline) && (grammar.timed || grammar.levelField >= 0);
    this.#watch(found);
    if (!found) return 0;
    this.severity = grammar.severity;
    this.timeMs = grammar.timeMs;
    return grammar.messageStart;
  }

  #sampleHead(): number {
    const { head } = this.#grammar;
    this.#sample.push(head.text(0, Math.min(head.length, MAX_HEAD_CHARS)));
    if (this.#sample.length >= LEARN_BODIES) this.#decide();
    return 0;
  }

  #decide(): void {
    const grammar = this.#grammar;
    grammar.learn(this.#sample);
    const headed = this.#sample.filter((body) => {
      grammar.head.load(body);
      return grammar.read(this.#timeline) && (grammar.timed || grammar.levelField >= 0);
    });
    this.#carries = headed.length >= this.#sample.length * MIN_SHARE;
    this.#wait = this.#carries ? 0 : LOOK_AGAIN_AFTER;
    this.#sample = [];
    this.#read = 0;
    this.#headed = 0;
  }

  /** A release may have changed the layout, or dropped it: then it is learned anew. */
  #watch(found: boolean): void {
    this.#read++;
    if (found) this.#headed++;
    if (this.#read < LOOK_AGAIN_AFTER / LEARN_BODIES) return;
    if (this.#headed < this.#read * MIN_SHARE) this.#carries = false;
    this.#read = 0;
    this.#headed = 0;
  }
}
