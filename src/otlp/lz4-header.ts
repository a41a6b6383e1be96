import { xxhash32 } from "./xxhash32.ts";

const FRAME_MAGIC = 0x184d2204;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;

const VERSION_MASK = 0xc0;
const VERSION_1 = 0x40;
const INDEPENDENT = 0x20;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const RESERVED = 0x02;
/** Nobody can have told us the dictionary. */
const DICTIONARY = 0x01;

const MAX_BLOCK_BYTES: ReadonlyMap<number, number> = new Map([
  [0x40, 64 * 1024],
  [0x50, 256 * 1024],
  [0x60, 1024 * 1024],
  [0x70, 4 * 1024 * 1024],
]);

export interface Lz4Header {
  /** Of the whole frame; null where it does not say. */
  readonly contentBytes: number | null;
  readonly maxBlockBytes: number;
  /** Matches stay within their block. */
  readonly independent: boolean;
  readonly blockChecksums: boolean;
  readonly contentChecksum: boolean;
  /** Where the first block begins. */
  readonly end: number;
}

export function isLz4Frame(wire: Buffer): boolean {
  return wire.length >= 4 && wire.readUInt32LE(0) === FRAME_MAGIC;
}

/** Where the skippable frame at `at` ends; null where there is none or it does not end. */
export function skippableEnd(wire: Buffer, at: number): number | null {
  if (at + 8 > wire.length || (wire.readUInt32LE(at) & SKIPPABLE_MASK) >>> 0 !== SKIPPABLE_MAGIC) return null;
  const end = at + 8 + wire.readUInt32LE(at + 4);
  return end <= wire.length ? end : null;
}

/** The header at `at`; null where it is broken or asks for what no receiver can do. */
export function lz4HeaderAt(wire: Buffer, at: number): Lz4Header | null {
  if (at + 7 > wire.length || wire.readUInt32LE(at) !== FRAME_MAGIC) return null;
  const flags = wire[at + 4] ?? 0;
  const maxBlockBytes = MAX_BLOCK_BYTES.get(wire[at + 5] ?? 0);
  if ((flags & VERSION_MASK) !== VERSION_1 || (flags & (RESERVED | DICTIONARY)) !== 0) return null;
  const sized = (flags & CONTENT_SIZE) !== 0;
  const checkAt = at + (sized ? 14 : 6);
  if (maxBlockBytes === undefined || checkAt >= wire.length) return null;
  if (wire[checkAt] !== ((xxhash32(wire, at + 4, checkAt) >>> 8) & 0xff)) return null;
  return {
    // Above 2^53 it is inexact, and then no content can match it anyway.
    contentBytes: sized ? wire.readUInt32LE(at + 6) + wire.readUInt32LE(at + 10) * 2 ** 32 : null,
    maxBlockBytes,
    independent: (flags & INDEPENDENT) !== 0,
    blockChecksums: (flags & BLOCK_CHECKSUMS) !== 0,
    contentChecksum: (flags & CONTENT_CHECKSUM) !== 0,
    end: checkAt + 1,
  };
}
