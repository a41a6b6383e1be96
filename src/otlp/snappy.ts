import { crc32c } from "./crc32c.ts";
import { CORRUPT, roomFor } from "./decompressed.ts";
import type { Decompressed, DecompressLimits } from "./decompressed.ts";
import { SnappyBlock, snappySize } from "./snappy-block.ts";

/** The chunk that every framed stream begins with. */
const STREAM_IDENTIFIER = Buffer.from("ff060000734e61507059", "hex");

const COMPRESSED = 0x00;
const UNCOMPRESSED = 0x01;
const FIRST_SKIPPABLE = 0x80;
const IDENTIFIER = 0xff;
const HEADER_BYTES = 4;
const CHECKSUM_BYTES = 4;
const MAX_CHUNK_CONTENT_BYTES = 65_536;
const CHECKSUM_MASK = 0xa282ead8;

export function isFramedSnappy(wire: Buffer): boolean {
  return startsWithIdentifier(wire, 0);
}

function startsWithIdentifier(wire: Buffer, at: number): boolean {
  return wire.subarray(at, at + STREAM_IDENTIFIER.length).equals(STREAM_IDENTIFIER);
}

/** `Content-Encoding: snappy`: one block, or the framed stream that collectors before v0.131 send under that name. */
export function unpackSnappy(wire: Buffer, limits: DecompressLimits): Decompressed {
  return isFramedSnappy(wire) ? unpackSnappyFramed(wire, limits) : unpackBlock(wire, limits);
}

/** A block has no checksum: what the elements do not betray goes on to the decoder. */
function unpackBlock(wire: Buffer, limits: DecompressLimits): Decompressed {
  const head = snappySize(wire, 0, wire.length);
  if (head === null) return CORRUPT;
  const room = roomFor(head.size, limits);
  if (room.kind !== "plain") return room;
  const elements = { start: head.start, end: wire.length };
  return new SnappyBlock(wire, elements, room.bytes, { start: 0, end: head.size }).unpack() ? room : CORRUPT;
}

/** A stream of chunks, measured first, so that its content is allocated once and never beyond the limit. */
export function unpackSnappyFramed(wire: Buffer, limits: DecompressLimits): Decompressed {
  const size = contentSize(wire, limits.maxBytes);
  if (size === null) return CORRUPT;
  const room = roomFor(size, limits);
  if (room.kind !== "plain") return room;
  let at = 0;
  for (let chunk = chunkAt(wire, 0); chunk !== null; chunk = chunkAt(wire, chunk.end)) {
    if (chunk.size === 0 && chunk.type >= FIRST_SKIPPABLE) continue;
    if (!unpackChunk(wire, chunk, room.bytes, at)) return CORRUPT;
    at += chunk.size;
  }
  return room;
}

interface Chunk {
  readonly type: number;
  /** Of its data, behind the checksum where there is one, and of a block behind its size. */
  readonly start: number;
  readonly end: number;
  readonly checksum: number;
  /** Of its content; 0 where it has none. */
  readonly size: number;
}

/** Null at the end of the stream; a chunk that cannot be is of size NaN. */
function chunkAt(wire: Buffer, at: number): Chunk | null {
  if (at >= wire.length) return null;
  const type = wire[at] ?? 0;
  const end = at + HEADER_BYTES + (at + HEADER_BYTES <= wire.length ? wire.readUIntLE(at + 1, 3) : 0);
  const start = at + HEADER_BYTES;
  const broken = { type, start, end: wire.length, checksum: 0, size: Number.NaN };
  if (end > wire.length) return broken;
  if (type === IDENTIFIER && !startsWithIdentifier(wire, at)) return broken;
  if (type >= FIRST_SKIPPABLE) return { type, start, end, checksum: 0, size: 0 };
  if (type > UNCOMPRESSED || end - start < CHECKSUM_BYTES) return broken;
  const data = start + CHECKSUM_BYTES;
  const head = type === COMPRESSED ? snappySize(wire, data, end) : { size: end - data, start: data };
  if (head === null || head.size > MAX_CHUNK_CONTENT_BYTES) return broken;
  return { type, start: head.start, end, checksum: wire.readUInt32LE(start), size: head.size };
}

/** Of the whole stream, null where it is no stream. Stops where it is certain to be too large. */
function contentSize(wire: Buffer, maxBytes: number): number | null {
  if (!isFramedSnappy(wire)) return null;
  let size = 0;
  for (let chunk = chunkAt(wire, 0); chunk !== null && size <= maxBytes; chunk = chunkAt(wire, chunk.end)) {
    size += chunk.size;
  }
  return Number.isNaN(size) ? null : size;
}

function unpackChunk(wire: Buffer, chunk: Chunk, out: Buffer, at: number): boolean {
  const end = at + chunk.size;
  if (chunk.type === UNCOMPRESSED) wire.copy(out, at, chunk.start, chunk.end);
  else if (!new SnappyBlock(wire, chunk, out, { start: at, end }).unpack()) return false;
  return maskedChecksum(out, at, end) === chunk.checksum;
}

function maskedChecksum(bytes: Buffer, start: number, end: number): number {
  const crc = crc32c(bytes, start, end);
  return (((crc >>> 15) | (crc << 17)) + CHECKSUM_MASK) >>> 0;
}
