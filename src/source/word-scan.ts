import { BLANK, isBlank, isLetter, TAB, type Head } from "./head.ts";

const MAX_BRACKET_CHARS = 256;
const MAX_WORD_CHARS = 128;

const OPEN = 0x5b;
const CLOSE = 0x5d;
const OPEN_ROUND = 0x28;
const CLOSE_ROUND = 0x29;
const CLOSE_ANGLE = 0x3e;
const COLON = 0x3a;
const COMMA = 0x2c;
const PIPE = 0x7c;
const SEMICOLON = 0x3b;

/** A word with one of these is the message: `key=value`, a quotation, an object. */
const MESSAGE_CHARS = new Set('="{}'.split("").map((char) => char.charCodeAt(0)));

/** `- : | > * # . ~ = +` and the dashes, angles and dots that loggers put between fields. */
const MARKS = new Set("-:|>*#.~=+»›–—·•".split("").map((mark) => mark.charCodeAt(0)));
const MAX_MARK_CHARS = 3;

/** What a word ends at: a blank, a colon before one, a bracket that began before the word; or it is the message. */
export type WordEnd = "blank" | "colon" | "close" | "message";

/** One word of a head, with the brackets in it, which may hold blanks. Reused, so nothing is allocated. */
export class WordScan {
  /** Index of what it ends at. */
  end = 0;
  /** Letters alone, as in a sentence. */
  plain = true;
  #depth = 0;

  scan(head: Head, index: number): WordEnd {
    this.plain = true;
    this.#depth = 0;
    for (let i = index; i - index < MAX_WORD_CHARS; i++) {
      const code = head.at(i);
      if (isLetter(code)) continue;
      this.end = i;
      const ends = this.#endAt(head, i, code);
      if (ends !== null) return ends;
      this.plain = false;
    }
    return "message";
  }

  #endAt(head: Head, index: number, code: number): WordEnd | null {
    if (code === 0) return "blank";
    if (code === OPEN || code === OPEN_ROUND) this.#depth++;
    else if (code === CLOSE || code === CLOSE_ROUND) {
      if (this.#depth === 0) return code === CLOSE ? "close" : "message";
      this.#depth--;
    } else if (this.#depth === 0) return outside(code, head.at(index + 1));
    return null;
  }
}

function outside(code: number, next: number): WordEnd | null {
  if (code === BLANK || code === TAB) return "blank";
  if (MESSAGE_CHARS.has(code)) return "message";
  if (code === COLON) return isBlank(next) ? "colon" : null;
  return (code === COMMA || code === SEMICOLON) && isBlank(next) ? "message" : null;
}

/** The index of the bracket that closes the one at `index`, nested ones skipped; -1 where none is near. */
export function closingOf(head: Head, index: number, open: number): number {
  const close = open === OPEN ? CLOSE : open === OPEN_ROUND ? CLOSE_ROUND : CLOSE_ANGLE;
  let depth = 0;
  for (let i = index; i - index < MAX_BRACKET_CHARS; i++) {
    const code = head.at(i);
    if (code === 0) return -1;
    if (code === open) depth++;
    else if (code === close && --depth === 0) return i;
  }
  return -1;
}

/** The index after punctuation that stands alone; `index` itself where none does. */
export function endOfMark(head: Head, index: number): number {
  let end = index;
  while (MARKS.has(head.at(end)) && end - index <= MAX_MARK_CHARS) end++;
  return end - index > MAX_MARK_CHARS || !isBlank(head.at(end)) ? index : end;
}

/** What may stand behind a time. */
export function endsTime(code: number): boolean {
  return (
    code === CLOSE ||
    code === CLOSE_ROUND ||
    code === COLON ||
    code === COMMA ||
    code === SEMICOLON ||
    code === PIPE
  );
}

/** What may stand behind a bracketed field. */
export function endsBracket(code: number): boolean {
  return isBlank(code) || code === COLON || code === COMMA || code === OPEN || code === PIPE;
}
