import { copyLiteral, copyMatch } from "./byte-copy.ts";

const MIN_MATCH = 4;
const LONG = 15;

/** The length that a nibble starts, with the bytes of 255 and the last one that may follow. */
interface Cursor {
  pos: number;
}

function lengthAt(bytes: Buffer, cursor: Cursor, nibble: number, end: number): number {
  let length = nibble;
  if (nibble < LONG) return length;
  while (cursor.pos < end) {
    const byte = bytes[cursor.pos++] ?? 0;
    length += byte;
    if (byte < 255) return length;
  }
  return Number.NaN;
}

/** How much an LZ4 block will hold, from its lengths alone; null where it is broken or above `maxBytes`. */
export function lz4BlockSize(bytes: Buffer, start: number, end: number, maxBytes: number): number | null {
  const cursor: Cursor = { pos: start };
  let size = 0;
  while (cursor.pos < end) {
    const token = bytes[cursor.pos++] ?? 0;
    const literals = lengthAt(bytes, cursor, token >>> 4, end);
    cursor.pos += literals;
    size += literals;
    if (cursor.pos === end) return size <= maxBytes ? size : null;
    cursor.pos += 2;
    size += lengthAt(bytes, cursor, token & 0xf, end) + MIN_MATCH;
    // Written so that NaN, a length without an end, fails too.
    if (!(size <= maxBytes)) return null;
  }
  return null;
}

export interface Lz4Target {
  readonly out: Buffer;
  /** Where the block's content goes. */
  readonly at: number;
  /** Matches may reach back to here. */
  readonly windowStart: number;
}

/** Decodes a block that `lz4BlockSize` has measured; false where a match reaches before the window. */
export function unpackLz4Block(
  bytes: Buffer,
  start: number,
  end: number,
  { out, at, windowStart }: Lz4Target,
): boolean {
  const cursor: Cursor = { pos: start };
  let to = at;
  while (cursor.pos < end) {
    const token = bytes[cursor.pos++] ?? 0;
    const literals = lengthAt(bytes, cursor, token >>> 4, end);
    copyLiteral(bytes, cursor.pos, literals, out, to);
    cursor.pos += literals;
    to += literals;
    if (cursor.pos === end) return true;
    const offset = (bytes[cursor.pos] ?? 0) | ((bytes[cursor.pos + 1] ?? 0) << 8);
    cursor.pos += 2;
    const length = lengthAt(bytes, cursor, token & 0xf, end) + MIN_MATCH;
    if (offset === 0 || offset > to - windowStart) return false;
    copyMatch(out, to, offset, length);
    to += length;
  }
  return true;
}
