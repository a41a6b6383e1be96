import { BYTE_CLASS, DIGIT, JOIN, LINE_END, SLASH, SPACE, STOP, TOKEN, VALUE } from "./byte-class.ts";
import { DATE_WORDS, UNIT_WORDS } from "./units.ts";
import {
  addChunk,
  addChunkSecond,
  addToken,
  addTokenSecond,
  finish,
  leadingLetters,
  SECOND_SEED,
  WORD_SEED,
} from "./word-hash.ts";

/** More of a line than this is not looked at: what tells messages apart stands before it. */
export const MAX_LINE_BYTES = 4096;
/** More tokens of a line than this are not looked at. */
export const MAX_LINE_TOKENS = 192;

/** A token's kind: text that stays, a variable, or more of the variable before it. */
export const WORD = 0;
export const VARIABLE = 1;
export const CONTINUED = 2;

const VARIABLE_TOKEN = 0x5bd1e995;
const MAX_PSEUDONYM_BYTES = 64;
const MAX_PENDING_DATE_WORDS = 3;
const BLANK = 32;
const COLON = 58;
const MINUS = 45;
const PLUS = 43;
const LESS = 60;
const GREATER = 62;
const DOT = 46;
const HASH = 35;
const BACKSLASH = 92;
const SLASH_BYTE = 47;
const NO_GAP = 0;

/**
 * Reads a line's shape from its bytes in one pass: tokens with their variables masked, hashed to 64 bits. Two lines
 * have the same hash where they differ only in variables and in the width of blanks. The tokens of the last line
 * stand in `starts`, `ends` and `kinds` until the next. The hash is a fixed function of the bytes: it is stored.
 */
export class TokenScanner {
  /** The two halves of the last line's hash, as signed 32-bit integers. */
  high = 0;
  low = 0;
  tokens = 0;
  readonly starts = new Int32Array(MAX_LINE_TOKENS + 1);
  readonly ends = new Int32Array(MAX_LINE_TOKENS + 1);
  readonly kinds = new Uint8Array(MAX_LINE_TOKENS + 1);
  /** Where what stands before a token begins. */
  readonly gapStarts = new Int32Array(MAX_LINE_TOKENS + 1);
  /** What stands behind the last token. */
  tailStart = 0;
  tailEnd = 0;

  #first = WORD_SEED;
  #second = SECOND_SEED;
  /** Hash of what stands between the last token and the next. */
  #gap = NO_GAP;
  /** True where a backslash begins an escape, as inside a JSON string. */
  #escaped = false;
  /** Names of days and months that a number may yet make part of a date; the hash before them. */
  #pending = 0;
  #pendingFirst = 0;
  #pendingSecond = 0;

  begin(): void {
    this.tokens = 0;
    this.#first = WORD_SEED;
    this.#second = SECOND_SEED;
    this.#gap = NO_GAP;
    this.#pending = 0;
    this.tailStart = 0;
    this.tailEnd = 0;
  }

  finish(): void {
    const tail = this.#gap & ~1;
    if (tail !== 0) {
      this.#first = addToken(this.#first, tail);
      this.#second = addTokenSecond(this.#second, tail);
    }
    this.high = finish(this.#first ^ Math.imul(this.#second, 0x27d4eb2f));
    this.low = finish(this.#second + Math.imul(this.#first, 0x165667b1));
  }

  /** Takes in one stretch of one line; returns where it stopped: `end`, the line's end, or earlier at a bound. */
  stretch(bytes: Uint8Array, start: number, end: number, escaped: boolean): number {
    this.#escaped = escaped;
    this.tailStart = start;
    this.tailEnd = end;
    let at = start;
    while (at < end && this.tokens < MAX_LINE_TOKENS) {
      const byte = bytes[at] ?? 0;
      const kind = BYTE_CLASS[byte] ?? 0;
      if ((kind & TOKEN) !== 0) {
        at = this.#token(bytes, at, end);
        if (at < end && bytes[at] === BLANK) {
          this.#gap = 1;
          at += 1;
        }
      } else if ((kind & SPACE) !== 0) {
        if ((kind & LINE_END) !== 0) {
          this.tailEnd = at;
          return at;
        }
        at += 1;
        this.#gap |= 1;
      } else at = this.#punctuation(bytes, at, end, byte, kind);
    }
    return at;
  }

  /** What two stretches of one record have between them. */
  separate(): void {
    this.#gap |= 1;
    this.#pending = 0;
  }

  #punctuation(bytes: Uint8Array, at: number, end: number, byte: number, kind: number): number {
    if (this.#escaped && byte === BACKSLASH) {
      this.#gap |= 1;
      return at + 2;
    }
    const next = at + 1 < end ? (bytes[at + 1] ?? 0) : 0;
    const nextKind = BYTE_CLASS[next] ?? 0;
    if ((kind & SLASH) !== 0 && (nextKind & TOKEN) !== 0) return this.#path(bytes, at, end);
    if (byte === LESS && (nextKind & TOKEN) !== 0) {
      const after = pseudonymEnd(bytes, at, end);
      if (after > 0) {
        this.#variable(at, after);
        return after;
      }
    }
    // A sign belongs to its number.
    if ((byte === MINUS || byte === PLUS) && (nextKind & DIGIT) !== 0) return at + 1;
    this.#gap = (Math.imul(this.#gap | 1, 0x01000193) ^ (byte << 1)) & ~1;
    return at + 1;
  }

  #token(bytes: Uint8Array, start: number, end: number): number {
    let first = WORD_SEED;
    let second = SECOND_SEED;
    let at = start;
    let marks = 0;
    for (;;) {
      const left = end - at;
      const chunk = left >= 4 ? four(bytes, at) : lastBytes(bytes, at, end);
      const letters = leadingLetters(chunk);
      if (letters > 0) {
        const taken = letters === 4 ? chunk : chunk & ((1 << (letters << 3)) - 1);
        first = addChunk(first, taken);
        second = addChunkSecond(second, taken);
        at += letters;
        if (letters === 4) continue;
      }
      if (at >= end) break;
      const byte = bytes[at] ?? 0;
      const kind = BYTE_CLASS[byte] ?? 0;
      if ((kind & TOKEN) === 0 && ((kind & JOIN) === 0 || !this.#joins(bytes, at, end, byte))) break;
      if ((kind & VALUE) !== 0) return this.#number(bytes, start, at, end);
      marks += pathMark(byte);
      first = addChunk(first, byte);
      second = addChunkSecond(second, byte);
      at += 1;
    }
    if (isUrl(bytes, at, end)) return this.#path(bytes, start, end);
    if (marks > SLASH_MARK) this.#variable(start, at);
    else this.#word(bytes, start, at, first, second);
    return at;
  }

  /** Whether what may join two parts of a token does so here. */
  #joins(bytes: Uint8Array, at: number, end: number, byte: number): boolean {
    if (at + 1 >= end || (byte === BACKSLASH && this.#escaped)) return false;
    return ((BYTE_CLASS[bytes[at + 1] ?? 0] ?? 0) & TOKEN) !== 0;
  }

  /** The rest of a token that holds a digit. */
  #number(bytes: Uint8Array, start: number, from: number, end: number): number {
    let at = from + 1;
    while (at < end) {
      const kind = BYTE_CLASS[bytes[at] ?? 0] ?? 0;
      if ((kind & TOKEN) === 0) {
        if ((kind & JOIN) === 0) break;
        if (this.#escaped && bytes[at] === BACKSLASH) break;
        const next = at + 1 < end ? (bytes[at + 1] ?? 0) : 0;
        if (((BYTE_CLASS[next] ?? 0) & TOKEN) === 0 && (next !== MINUS || !isSigned(bytes, at + 1, end)))
          break;
      }
      at += 1;
    }
    this.#variable(start, at);
    return at;
  }

  /** A path or a URL: to the next blank, quote, bracket, comma or semicolon. */
  #path(bytes: Uint8Array, start: number, end: number): number {
    let at = start + 1;
    while (at < end && ((BYTE_CLASS[bytes[at] ?? 0] ?? 0) & STOP) === 0) {
      if (this.#escaped && bytes[at] === BACKSLASH) break;
      at += 1;
    }
    // A sentence's own punctuation.
    while (at - 1 > start && (bytes[at - 1] === DOT || bytes[at - 1] === COLON)) at -= 1;
    this.#variable(start, at);
    return at;
  }

  /** What stands here is a variable, whatever it looks like. */
  variable(start: number, end: number): void {
    if (this.tokens >= MAX_LINE_TOKENS) return;
    this.tailStart = start;
    this.#variable(start, end);
  }

  #variable(start: number, end: number): void {
    if (this.#pending > 0) this.#takeDate();
    const index = this.tokens;
    const continued = index > 0 && this.kinds[index - 1] !== WORD;
    if (!continued) {
      this.#first = addToken(addToken(this.#first, this.#gap), VARIABLE_TOKEN);
      this.#second = addTokenSecond(addTokenSecond(this.#second, this.#gap), VARIABLE_TOKEN);
    }
    this.#gap = NO_GAP;
    this.gapStarts[index] = this.tailStart;
    this.tailStart = end;
    this.starts[index] = start;
    this.ends[index] = end;
    this.kinds[index] = continued ? CONTINUED : VARIABLE;
    this.tokens = index + 1;
  }

  /** `Mon Jul 11`: what stood as words until the number came is part of the date. */
  #takeDate(): void {
    const from = this.tokens - this.#pending;
    this.#first = this.#pendingFirst;
    this.#second = this.#pendingSecond;
    for (let index = from; index < this.tokens; index++) {
      const continued = index > 0 && this.kinds[index - 1] !== WORD;
      this.kinds[index] = continued ? CONTINUED : VARIABLE;
      if (continued) continue;
      this.#first = addToken(this.#first, VARIABLE_TOKEN);
      this.#second = addTokenSecond(this.#second, VARIABLE_TOKEN);
    }
    this.#pending = 0;
  }

  #word(bytes: Uint8Array, start: number, end: number, first: number, second: number): void {
    const index = this.tokens;
    const gap = this.#gap;
    const blank = gap === 1 || index === 0;
    if (blank && index > 0 && this.kinds[index - 1] !== WORD && UNIT_WORDS.has(first)) {
      this.#variable(start, end);
      return;
    }
    if (isCapital(bytes[start] ?? 0) && DATE_WORDS.has(first)) this.#pend(blank);
    else this.#pending = 0;
    this.#first = addToken(addToken(this.#first, gap), first);
    this.#second = addTokenSecond(addTokenSecond(this.#second, gap), second);
    this.#gap = NO_GAP;
    this.gapStarts[index] = this.tailStart;
    this.tailStart = end;
    this.starts[index] = start;
    this.ends[index] = end;
    this.kinds[index] = WORD;
    this.tokens = index + 1;
  }

  #pend(blank: boolean): void {
    if (!blank || this.#pending >= MAX_PENDING_DATE_WORDS) this.#pending = 0;
    if (this.#pending === 0) {
      this.#pendingFirst = addToken(this.#first, this.#gap);
      this.#pendingSecond = addTokenSecond(this.#second, this.#gap);
    }
    this.#pending += 1;
  }
}

function four(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

/** Fewer than four, zeros behind. */
function lastBytes(bytes: Uint8Array, at: number, end: number): number {
  let chunk = 0;
  for (let offset = 0; at + offset < end; offset++) chunk |= (bytes[at + offset] ?? 0) << (offset * 8);
  return chunk;
}

/** Two slashes, or one and a dot, make a path of a name. */
const SLASH_MARK = 1 << 13;

function pathMark(byte: number): number {
  if (byte === SLASH_BYTE) return SLASH_MARK;
  return byte === DOT ? 1 : 0;
}

function isCapital(byte: number): boolean {
  return byte >= 65 && byte <= 90;
}

/** `://` stands at `at`. */
function isUrl(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 2 < end && bytes[at] === COLON && bytes[at + 1] === SLASH_BYTE && bytes[at + 2] === SLASH_BYTE;
}

function isSigned(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 1 < end && ((BYTE_CLASS[bytes[at + 1] ?? 0] ?? 0) & DIGIT) !== 0;
}

/** The end of a redactor's pseudonym (`<email#a1b2c3>`, `<secret:value#0f>`) that begins at `at`; 0 where none does. */
function pseudonymEnd(bytes: Uint8Array, at: number, end: number): number {
  const last = Math.min(end, at + MAX_PSEUDONYM_BYTES);
  let hashAt = 0;
  for (let i = at + 1; i < last; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === GREATER) return hashAt > 0 && i > hashAt + 1 ? i + 1 : 0;
    if (byte === HASH && hashAt === 0) hashAt = i;
    else if (hashAt > 0 ? !isHex(byte) : !isNamePart(byte)) return 0;
  }
  return 0;
}

function isHex(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102);
}

function isNamePart(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || byte === COLON || byte === 95 || byte === MINUS;
}
