import { BYTE_CLASS, SPACE, TOKEN } from "./byte-class.ts";

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const EQUALS = 61;
const DOT = 46;
const MINUS = 45;
const QUOTE = 34;
const BACKSLASH = 92;
const MAX_KEY_BYTES = 48;
const MESSAGE_KEYS: readonly Uint8Array[] = ["msg", "message"].map((key) => new TextEncoder().encode(key));

/** The value of `msg` or `message` in a line of `key=value` pairs; null where the line is none or has none. */
export function logfmtMessage(bytes: Uint8Array, start: number, end: number): ByteRange | null {
  let at = start;
  while (at < end) {
    const equals = keyEnd(bytes, at, end);
    if (equals < 0) return null;
    const value = valueAt(bytes, equals + 1, end);
    if (isMessageKey(bytes, at, equals)) return value;
    at = value.end;
    if (bytes[at] === QUOTE) at += 1;
    while (at < end && ((BYTE_CLASS[bytes[at] ?? 0] ?? 0) & SPACE) !== 0) at += 1;
  }
  return null;
}

/** Where the `=` behind the key at `start` stands; -1 where no key begins. */
function keyEnd(bytes: Uint8Array, start: number, end: number): number {
  const last = Math.min(end, start + MAX_KEY_BYTES);
  for (let at = start; at < last; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === EQUALS) return at > start ? at : -1;
    if (((BYTE_CLASS[byte] ?? 0) & TOKEN) === 0 && byte !== DOT && byte !== MINUS) return -1;
  }
  return -1;
}

function valueAt(bytes: Uint8Array, start: number, end: number): ByteRange {
  let at = start;
  if (bytes[start] !== QUOTE) {
    while (at < end && ((BYTE_CLASS[bytes[at] ?? 0] ?? 0) & SPACE) === 0) at += 1;
    return { start, end: at };
  }
  at += 1;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return { start: start + 1, end: Math.min(at, end) };
}

function isMessageKey(bytes: Uint8Array, start: number, end: number): boolean {
  return MESSAGE_KEYS.some(
    (key) => key.length === end - start && key.every((byte, offset) => bytes[start + offset] === byte),
  );
}
