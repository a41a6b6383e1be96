import { copyLiteral, copyMatch } from "./byte-copy.ts";

const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;
/** Literal lengths from here on say in how many bytes the length follows. */
const LONG_LITERAL = 60;

export interface SnappySize {
  /** What the block says that it holds. */
  readonly size: number;
  /** Where its elements begin. */
  readonly start: number;
}

/** The varint at the head of a block; null where there is none of 32 bits. */
export function snappySize(bytes: Buffer, start: number, end: number): SnappySize | null {
  let size = 0;
  for (let i = 0; i < 5 && start + i < end; i++) {
    const byte = bytes[start + i] ?? 0;
    size += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return size < 2 ** 32 ? { size, start: start + i + 1 } : null;
  }
  return null;
}

/** Decodes the elements of one snappy block, into exactly [outStart, outEnd) of `out` or not at all. */
export class SnappyBlock {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #out: Buffer;
  readonly #outStart: number;
  readonly #outEnd: number;
  #pos: number;
  #at: number;

  constructor(
    bytes: Buffer,
    elements: { readonly start: number; readonly end: number },
    out: Buffer,
    span: { readonly start: number; readonly end: number },
  ) {
    this.#bytes = bytes;
    this.#pos = elements.start;
    this.#end = elements.end;
    this.#out = out;
    this.#at = span.start;
    this.#outStart = span.start;
    this.#outEnd = span.end;
  }

  /** To be called once; false where it is corrupt. */
  unpack(): boolean {
    while (this.#pos < this.#end) {
      const tag = this.#bytes[this.#pos++] ?? 0;
      const intact = (tag & 3) === LITERAL ? this.#literal(tag >>> 2) : this.#copy(tag);
      if (!intact) return false;
    }
    return this.#at === this.#outEnd;
  }

  #literal(code: number): boolean {
    let length = code + 1;
    if (code >= LONG_LITERAL) {
      const width = code - LONG_LITERAL + 1;
      if (this.#pos + width > this.#end) return false;
      length = this.#bytes.readUIntLE(this.#pos, width) + 1;
      this.#pos += width;
    }
    if (this.#pos + length > this.#end || this.#at + length > this.#outEnd) return false;
    copyLiteral(this.#bytes, this.#pos, length, this.#out, this.#at);
    this.#pos += length;
    this.#at += length;
    return true;
  }

  #copy(tag: number): boolean {
    const kind = tag & 3;
    const width = kind === COPY_1 ? 1 : kind === COPY_2 ? 2 : 4;
    if (this.#pos + width > this.#end) return false;
    const low = width === 4 ? this.#bytes.readUInt32LE(this.#pos) : this.#low(width);
    this.#pos += width;
    const offset = kind === COPY_1 ? ((tag & 0xe0) << 3) | low : low;
    const length = kind === COPY_1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    if (offset === 0 || offset > this.#at - this.#outStart || this.#at + length > this.#outEnd) return false;
    copyMatch(this.#out, this.#at, offset, length);
    this.#at += length;
    return true;
  }

  #low(width: number): number {
    const first = this.#bytes[this.#pos] ?? 0;
    return width === 1 ? first : first | ((this.#bytes[this.#pos + 1] ?? 0) << 8);
  }
}
