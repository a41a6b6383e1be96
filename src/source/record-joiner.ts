import { NO_ATTRIBUTES } from "../log/batch.ts";
import type { SeverityNumber } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import { isContinuation, opensTraceback } from "./continuation.ts";
import { headerWords, type HeaderWords } from "./header-attributes.ts";
import type { FieldKind } from "./header-field.ts";
import type { HeaderGrammar } from "./header-grammar.ts";
import type { HeaderReader } from "./header-reader.ts";
import { looksLikeLogfmt } from "./logfmt.ts";
import { Timeline } from "./timeline.ts";

/** A record is cut here, as a line of a file is: the rest of a dump says little more. */
export const MAX_RECORD_LINES = 512;
export const MAX_RECORD_CHARS = 64 * 1_024;

/** Lines that belong together, the header taken off. */
export interface TextRecord {
  /** Of the first line, from 1. */
  readonly line: number;
  readonly body: string;
  /** NaN where the header has none. */
  readonly timeMs: EpochMs;
  /** 0 where the header says none. */
  readonly severity: SeverityNumber;
  /** The logger's own word for it; "" for none. */
  readonly level: string;
  readonly words: HeaderWords;
}

const NO_WORDS: HeaderWords = { scope: "", attributes: NO_ATTRIBUTES };
const PARTIAL = 0x50;

/** Puts the lines of one record together: what has no header of its own goes on with what had one. */
export class RecordJoiner {
  readonly #headers: HeaderReader;
  readonly #timeline: Timeline;
  #first: TextRecord | null = null;
  #parts: string[] = [];
  #lines = 0;
  #chars = 0;
  /** Lines without a header are no records of their own. */
  #joins = true;
  #headed = false;
  #traceback = false;
  /** The container runtime cut the line: the next one goes on in the middle of it. */
  #partial = false;

  constructor(headers: HeaderReader, timeline: Timeline) {
    this.#headers = headers;
    this.#timeline = timeline;
  }

  /** Lines without a header go on with the one before, unless they are as many as those with one. */
  learn(lines: readonly string[]): void {
    const { grammar } = this.#headers;
    const timeline = new Timeline(Number.NaN);
    let headed = 0;
    let loose = 0;
    for (const line of lines) {
      if (isContinuation(line)) continue;
      grammar.head.load(line);
      if (grammar.read(timeline)) headed++;
      else loose++;
    }
    this.#joins = loose < headed;
  }

  /** The record that this line ends; null where it goes on, and at the first line. */
  push(line: string, lineNumber: number): TextRecord | null {
    const headed = this.#headers.read(line, this.#timeline);
    const stream = headed ? streamField(this.#headers.grammar) : -1;
    const bare = stream >= 0 && stream === this.#headers.grammar.size - 1;
    const message = headed ? line.slice(this.#headers.grammar.messageStart) : line;
    const goesOn =
      this.#first !== null && this.#goesOn({ line, headed, wrapped: stream >= 0, bare, message });
    const ended = goesOn ? null : this.end();
    if (goesOn) this.#append(stream >= 0 ? afterStream(this.#headers.grammar, line, stream) : line);
    else this.#begin(line, lineNumber, headed, message);
    this.#partial = stream >= 0 && line.charCodeAt(this.#headers.grammar.end(stream) + 1) === PARTIAL;
    return ended;
  }

  /** The record so far, which is thereby over. */
  end(): TextRecord | null {
    const first = this.#first;
    if (first === null) return null;
    this.#first = null;
    return this.#parts.length === 1 ? first : { ...first, body: this.#parts.join("") };
  }

  #begin(line: string, lineNumber: number, headed: boolean, body: string): void {
    const { grammar } = this.#headers;
    const { levelField } = grammar;
    const named = headed && levelField >= 0 && LEVELS.has(grammar.kind(levelField));
    this.#first = {
      line: lineNumber,
      body,
      timeMs: headed ? grammar.timeMs : Number.NaN,
      severity: headed ? grammar.severity : 0,
      level: named ? line.slice(grammar.start(levelField), grammar.end(levelField)).trim() : "",
      words: headed ? headerWords(grammar, line) : NO_WORDS,
    };
    this.#parts = [body];
    this.#lines = 1;
    this.#chars = body.length;
    this.#headed = headed;
    this.#traceback = opensTraceback(body);
  }

  #append(text: string): void {
    const glue = this.#partial ? "" : "\n";
    if (opensTraceback(text)) this.#traceback = true;
    if (++this.#lines > MAX_RECORD_LINES || this.#chars + text.length >= MAX_RECORD_CHARS) return;
    this.#chars += text.length + glue.length;
    this.#parts.push(glue, text);
  }

  #goesOn({ line, headed, wrapped, bare, message }: ReadLine): boolean {
    if (wrapped && this.#partial) return true;
    if (wrapped) return bare && (isContinuation(message) || this.#endsTraceback());
    if (headed) return !this.#headers.grammar.timed && isContinuation(line);
    if (isContinuation(line) || this.#endsTraceback()) return true;
    if (looksLikeLogfmt(line) || isObjectLine(line)) return false;
    return this.#headed && this.#joins && this.#lines < MAX_RECORD_LINES;
  }

  /** Of a traceback the last line, the exception itself, stands at the margin again. */
  #endsTraceback(): boolean {
    const ends = this.#traceback;
    this.#traceback = false;
    return ends;
  }
}

interface ReadLine {
  readonly line: string;
  readonly headed: boolean;
  /** By a container runtime. */
  readonly wrapped: boolean;
  /** The runtime's own header is all there is. */
  readonly bare: boolean;
  readonly message: string;
}

function isObjectLine(line: string): boolean {
  return line.startsWith('{"') && line.endsWith("}");
}

const LEVELS: ReadonlySet<FieldKind> = new Set(["level", "letter"]);

function streamField(grammar: HeaderGrammar): number {
  for (let i = 0; i < grammar.size; i++) if (grammar.kind(i) === "stream") return i;
  return -1;
}

/** What the container wrote, its own header included: `stdout F ` is two blanks and a letter behind the name. */
function afterStream(grammar: HeaderGrammar, line: string, stream: number): string {
  return line.slice(grammar.end(stream) + 3);
}
