const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

const MAX_VARINT_BYTES = 10;
const MAX_GROUP_DEPTH = 64;

/** A tag as it stands on the wire; comparing whole tags makes a known field of a wrong wire type an unknown one. */
export function varintTag(field: number): number {
  return (field << 3) | VARINT;
}
export function fixed64Tag(field: number): number {
  return (field << 3) | FIXED64;
}
export function bytesTag(field: number): number {
  return (field << 3) | LENGTH_DELIMITED;
}

/**
 * Walks protobuf's wire format without copying. `next` reads one field and steps over its value, so a nested walk of
 * [start, end) ends exactly where the outer one goes on. The first malformed byte sets `problem` and ends every walk.
 */
export class WireReader {
  readonly bytes: Buffer;
  pos = 0;
  tag = 0;
  /** Where the value of a fixed or length-delimited field lies. */
  start = 0;
  end = 0;
  /** A varint's unsigned halves. */
  lo = 0;
  hi = 0;
  problem: string | null = null;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Reads the next field before `limit`; false at the end or after a problem. */
  next(limit: number): boolean {
    if (this.pos >= limit || !this.#varint(limit)) return false;
    if (this.hi !== 0 || this.lo < 8) return this.#fail("field number out of range");
    this.tag = this.lo;
    switch (this.tag & 7) {
      case LENGTH_DELIMITED:
        return (
          this.#varint(limit) &&
          (this.hi === 0 || this.#fail("length beyond the end")) &&
          this.#span(this.lo, limit)
        );
      case VARINT:
        return this.#varint(limit);
      case FIXED64:
        return this.#span(8, limit);
      case FIXED32:
        return this.#span(4, limit);
      case START_GROUP:
        return this.#group(limit);
      case END_GROUP:
        return this.#fail("end of a group that never began");
      default:
        return this.#fail("unknown wire type");
    }
  }

  /** The problem so far; the reader is clean again and may walk another span. */
  takeProblem(): string | null {
    const problem = this.problem;
    this.problem = null;
    return problem;
  }

  /** The current value as text; invalid UTF-8 becomes U+FFFD. */
  text(): string {
    return this.bytes.toString("utf8", this.start, this.end);
  }

  /** The current value as bytes of their own. */
  copy(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(this.start, this.end));
  }

  /** The current varint as a signed 64-bit integer: a number where that is exact. */
  int64(): number | bigint {
    const high = this.hi | 0;
    const value = high * 4_294_967_296 + this.lo;
    return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(this.lo);
  }

  #span(size: number, limit: number): boolean {
    if (size > limit - this.pos) return this.#fail("length beyond the end");
    this.start = this.pos;
    this.end = this.pos + size;
    this.pos = this.end;
    return true;
  }

  #varint(limit: number): boolean {
    const first = this.pos < limit ? (this.bytes[this.pos] ?? 0) : 0x80;
    if (first < 0x80) {
      this.pos++;
      this.lo = first;
      this.hi = 0;
      return true;
    }
    return this.#longVarint(limit);
  }

  #longVarint(limit: number): boolean {
    const last = Math.min(limit, this.pos + MAX_VARINT_BYTES);
    let lo = 0;
    let hi = 0;
    for (let pos = this.pos, shift = 0; pos < last; pos++, shift += 7) {
      const byte = this.bytes[pos] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) lo |= bits << shift;
      else if (shift === 28) {
        lo |= bits << 28;
        hi = bits >>> 4;
      } else hi |= bits << (shift - 32);
      if (byte < 0x80) {
        this.pos = pos + 1;
        this.lo = lo >>> 0;
        this.hi = hi >>> 0;
        return true;
      }
    }
    return this.#fail(last === limit ? "truncated number" : "number of more than 10 bytes");
  }

  /** Groups are long deprecated, but a parser must still step over them. */
  #group(limit: number): boolean {
    const open = [this.tag >>> 3];
    while (open.length > 0) {
      if (this.pos >= limit) return this.#fail("group without an end");
      if (!this.#varint(limit)) return false;
      if (this.hi !== 0 || this.lo < 8) return this.#fail("field number out of range");
      const field = this.lo >>> 3;
      const type = this.lo & 7;
      if (type === START_GROUP) {
        if (open.push(field) > MAX_GROUP_DEPTH) return this.#fail("groups nested too deeply");
      } else if (type === END_GROUP) {
        if (open.pop() !== field) return this.#fail("group ended by another's end");
      } else if (!this.#skip(type, limit)) return false;
    }
    return true;
  }

  #skip(type: number, limit: number): boolean {
    if (type === FIXED64) return this.#span(8, limit);
    if (type === FIXED32) return this.#span(4, limit);
    if (type > FIXED32) return this.#fail("unknown wire type");
    if (!this.#varint(limit)) return false;
    if (type === VARINT) return true;
    return this.hi === 0 ? this.#span(this.lo, limit) : this.#fail("length beyond the end");
  }

  #fail(problem: string): false {
    this.problem = problem;
    this.pos = this.bytes.length;
    return false;
  }
}
