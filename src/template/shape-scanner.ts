import { BYTE_CLASS, LETTER, LINE_END, SPACE } from "./byte-class.ts";
import { logfmtMessage } from "./logfmt-body.ts";
import { scanJson } from "./json-body.ts";
import { MAX_LINE_BYTES, TokenScanner } from "./token-scanner.ts";

/** Of a stack trace, the frames that belong to its identity. */
export const MAX_FRAMES = 3;
/** Lines that begin a part of a stack trace, as `Caused by: …` does. */
const MAX_HEADS = 3;
const encoder = new TextEncoder();
const OPEN_BRACE = 123;
const EQUALS = 61;
const COLON = 58;
const LOWER_A = 97;
const LOWER_T = 116;
const BLANK = 32;

/**
 * Reads the shape of a record's body: a plain line, the message inside a JSON object or a logfmt line, or a stack
 * trace, of which the first line, the exceptions' types and the top frames count.
 */
export class ShapeScanner {
  readonly scanned = new TokenScanner();
  #scratch: Uint8Array | null = null;

  /** The two halves of the last body's hash, as signed 32-bit integers. */
  get high(): number {
    return this.scanned.high;
  }

  get low(): number {
    return this.scanned.low;
  }

  /** The last body's hash as one safe integer, for maps. */
  get key(): number {
    return (this.scanned.high >>> 0) * 0x200000 + (this.scanned.low >>> 11);
  }

  /** Takes the shape of a text, as of its UTF-8; returns the bytes that `tokenise` needs, valid until the next call. */
  scanText(text: string): Uint8Array {
    // More by a character's bytes, so that one at the bound is cut as it would be in bytes.
    this.#scratch ??= new Uint8Array(MAX_LINE_BYTES + 4);
    const { written } = encoder.encodeInto(text, this.#scratch);
    this.scan(this.#scratch, 0, written);
    return this.#scratch;
  }

  /** Takes the shape of `bytes[start, end)`. The same text gives the same hash anywhere and at any time. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    const { scanned } = this;
    const limit = Math.min(end, start + MAX_LINE_BYTES);
    const from = skipBlanks(bytes, start, limit);
    scanned.begin();
    if (from < limit) this.#body(bytes, from, limit);
    scanned.finish();
  }

  #body(bytes: Uint8Array, start: number, end: number): void {
    const { scanned } = this;
    const first = bytes[start] ?? 0;
    if (first === OPEN_BRACE && scanJson(scanned, bytes, start, end)) return;
    if (((BYTE_CLASS[first] ?? 0) & LETTER) !== 0) {
      const message = logfmtMessage(bytes, start, end);
      if (message !== null) {
        scanned.stretch(bytes, message.start, message.end, true);
        return;
      }
    }
    const at = scanned.stretch(bytes, start, end, false);
    if (at < end && ((BYTE_CLASS[bytes[at] ?? 0] ?? 0) & LINE_END) !== 0) this.#below(bytes, at + 1, end);
  }

  /** The lines below the first. */
  #below(bytes: Uint8Array, start: number, end: number): void {
    let frames = 0;
    let heads = 0;
    let at = start;
    while (at < end && (frames < MAX_FRAMES || heads < MAX_HEADS)) {
      const lineEnd = endOfLine(bytes, at, end);
      const from = skipBlanks(bytes, at, lineEnd);
      if (from < lineEnd) {
        const isFrame = from > at || isAt(bytes, from, lineEnd);
        if (isFrame ? frames < MAX_FRAMES : heads < MAX_HEADS) {
          this.scanned.separate();
          this.scanned.stretch(bytes, from, isFrame ? lineEnd : endOfType(bytes, from, lineEnd), false);
        }
        if (isFrame) frames += 1;
        else heads += 1;
      }
      at = lineEnd + 1;
    }
  }
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && ((BYTE_CLASS[bytes[at] ?? 0] ?? 0) & SPACE) !== 0) at += 1;
  return at;
}

function endOfLine(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && ((BYTE_CLASS[bytes[at] ?? 0] ?? 0) & LINE_END) === 0) at += 1;
  return at;
}

/** `at …`: some runtimes' frames are not indented. */
function isAt(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 3 < end && bytes[at] === LOWER_A && bytes[at + 1] === LOWER_T && bytes[at + 2] === BLANK;
}

/** `Caused by: java.io.IOException: text`: to the colon behind the type. */
function endOfType(bytes: Uint8Array, start: number, end: number): number {
  let isNamed = false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === BLANK || byte === EQUALS) isNamed = true;
    else if (byte === COLON && bytes[at + 1] === BLANK) {
      if (!isNamed) return at;
      isNamed = false;
      at += 1;
    }
  }
  return end;
}
