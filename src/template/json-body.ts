import { BYTE_CLASS, SPACE } from "./byte-class.ts";
import type { TokenScanner } from "./token-scanner.ts";

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const COMMA = 44;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const MESSAGE_KEYS: readonly Uint8Array[] = ["msg", "message", "log", "event", "body"].map((key) =>
  new TextEncoder().encode(key),
);

/**
 * The shape of a JSON object: that of its message where it has one at the top, else its keys, each value masked.
 * Nesting is followed by counting, so no depth is too much. False where the text is no object.
 */
export function scanJson(scanner: TokenScanner, bytes: Uint8Array, start: number, end: number): boolean {
  const message = messageIn(bytes, start, end);
  if (message === null) return false;
  if (message.end > message.start) scanner.stretch(bytes, message.start, message.end, true);
  else scanKeys(scanner, bytes, start, end);
  return true;
}

interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const NO_MESSAGE: ByteRange = { start: 0, end: 0 };

/** The message's range, an empty one where the object has none; null where this is no object. */
function messageIn(bytes: Uint8Array, start: number, end: number): ByteRange | null {
  let depth = 0;
  let best: Ranked | null = null;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      const pair: Pair = pairAt(bytes, at, end);
      if (depth === 1 && pair.value > 0) best = better(best, messageOf(bytes, at, pair, end));
      if (best?.rank === 0) return best.range;
      at = pair.last;
    } else if (depth === 1 && best === null && !isBlank(byte) && byte !== CLOSE_BRACE) return null;
    else depth += nesting(byte);
    if (depth === 0) break;
  }
  return best?.range ?? null;
}

interface Ranked {
  readonly rank: number;
  readonly range: ByteRange;
}

interface Pair {
  readonly close: number;
  /** Where a key's value begins; 0 where the string is no key. */
  readonly value: number;
  readonly last: number;
}

function pairAt(bytes: Uint8Array, at: number, end: number): Pair {
  const close = stringEnd(bytes, at, end);
  const colon = skip(bytes, close + 1, end);
  if (colon >= end || bytes[colon] !== COLON) return { close, value: 0, last: close };
  return { close, value: skip(bytes, colon + 1, end), last: colon };
}

/** A key without a message's name says at least that this is an object. */
function messageOf(bytes: Uint8Array, at: number, { close, value }: Pair, end: number): Ranked {
  const rank = bytes[value] === QUOTE ? rankOf(bytes, at + 1, close) : -1;
  if (rank < 0) return { rank: MESSAGE_KEYS.length, range: NO_MESSAGE };
  return { rank, range: { start: value + 1, end: stringEnd(bytes, value, end) } };
}

function better(held: Ranked | null, other: Ranked): Ranked {
  return held === null || other.rank < held.rank ? other : held;
}

function nesting(byte: number): number {
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return 1;
  return byte === CLOSE_BRACE || byte === CLOSE_BRACKET ? -1 : 0;
}

function isBlank(byte: number): boolean {
  return ((BYTE_CLASS[byte] ?? 0) & SPACE) !== 0;
}

/** Keys in their order, at any depth; what is no key is a variable. */
function scanKeys(scanner: TokenScanner, bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      const close = stringEnd(bytes, at, end);
      if (bytes[skip(bytes, close + 1, end)] === COLON)
        scanner.stretch(bytes, at, Math.min(close + 1, end), true);
      else scanner.variable(at, Math.min(close + 1, end));
      at = close + 1;
    } else if (isScalar(byte)) {
      const from = at;
      while (at < end && isScalar(bytes[at] ?? 0)) at += 1;
      scanner.variable(from, at);
    } else at += 1;
  }
}

function isScalar(byte: number): boolean {
  return (
    byte > COMMA && byte !== COLON && byte < OPEN_BRACE && byte !== OPEN_BRACKET && byte !== CLOSE_BRACKET
  );
}

/** Where the string that opens at `start` closes. */
function stringEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, end);
}

function skip(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && ((BYTE_CLASS[bytes[at] ?? 0] ?? 0) & SPACE) !== 0) at += 1;
  return at;
}

function rankOf(bytes: Uint8Array, start: number, end: number): number {
  return MESSAGE_KEYS.findIndex(
    (key) => key.length === end - start && key.every((byte, offset) => bytes[start + offset] === byte),
  );
}
