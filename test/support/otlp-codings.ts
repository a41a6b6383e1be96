import { crc32c } from "../../src/otlp/crc32c.ts";

/** A run of bytes as they are, or a match that repeats what stands `offset` bytes before. */
type Step =
  | { readonly kind: "literal"; readonly bytes: Buffer }
  | { readonly kind: "match"; readonly offset: number; readonly length: number };

const MIN_MATCH = 4;

/** Finds repeats the simplest way; matches may overlap themselves. Ends in a literal, as LZ4 wants it. */
function stepsOf(data: Buffer): Step[] {
  const steps: Step[] = [];
  const seen = new Map<number, number>();
  let literalStart = 0;
  let at = 0;
  while (at + MIN_MATCH < data.length) {
    const key = data.readUInt32LE(at);
    const earlier = seen.get(key);
    seen.set(key, at);
    if (earlier === undefined || at - earlier > 0xffff) {
      at++;
      continue;
    }
    let length = MIN_MATCH;
    while (at + length < data.length - 1 && data[earlier + length] === data[at + length]) length++;
    steps.push({ kind: "literal", bytes: data.subarray(literalStart, at) });
    steps.push({ kind: "match", offset: at - earlier, length });
    at += length;
    literalStart = at;
  }
  steps.push({ kind: "literal", bytes: data.subarray(literalStart) });
  return steps;
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 128))];
}

function littleEndian(value: number, width: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntLE(value, 0, width);
  return bytes;
}

function snappyLiteral(bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  const size = bytes.length - 1;
  if (size < 60) return Buffer.concat([Buffer.from([size << 2]), bytes]);
  const width = size < 0x100 ? 1 : size < 0x10000 ? 2 : 3;
  return Buffer.concat([Buffer.from([(59 + width) << 2]), littleEndian(size, width), bytes]);
}

/** Elements of all three widths, chosen by turns, so that a decoder meets each. */
function snappyMatch(offset: number, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let left = length; left > 0;) {
    const now = Math.min(left, 64);
    const short = now >= 4 && now <= 11 && offset < 2048;
    if (short) parts.push(Buffer.from([((offset >> 8) << 5) | ((now - 4) << 2) | 1, offset & 0xff]));
    else if (now % 2 === 0) parts.push(Buffer.from([((now - 1) << 2) | 2]), littleEndian(offset, 2));
    else parts.push(Buffer.from([((now - 1) << 2) | 3]), littleEndian(offset, 4));
    left -= now;
  }
  return Buffer.concat(parts);
}

/** One block of snappy. */
export function snappyBlock(data: Buffer): Buffer {
  const parts = stepsOf(data).map((step) =>
    step.kind === "literal" ? snappyLiteral(step.bytes) : snappyMatch(step.offset, step.length),
  );
  return Buffer.concat([Buffer.from(varint(data.length)), ...parts]);
}

export const SNAPPY_STREAM = Buffer.from("ff060000734e61507059", "hex");

/** A chunk of a framed stream. */
export function snappyChunk(type: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), littleEndian(data.length, 3), data]);
}

/** The checksum that a chunk of this content carries. */
export function snappyChecksum(content: Buffer): Buffer {
  const crc = crc32c(content, 0, content.length);
  return littleEndian((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, 4);
}

/** A framed stream whose chunks hold `chunkBytes` each, compressed and stored by turns. */
export function snappyFramed(data: Buffer, chunkBytes: number): Buffer {
  const parts: Buffer[] = [SNAPPY_STREAM];
  for (let at = 0, stored = false; at < data.length; at += chunkBytes, stored = !stored) {
    const content = data.subarray(at, at + chunkBytes);
    const body = stored ? content : snappyBlock(content);
    parts.push(snappyChunk(stored ? 1 : 0, Buffer.concat([snappyChecksum(content), body])));
  }
  return Buffer.concat(parts);
}

function lz4Extension(length: number): number[] {
  if (length < 15) return [];
  const rest = length - 15;
  return [...Array.from({ length: Math.floor(rest / 255) }, () => 255), rest % 255];
}

/** One block of LZ4. */
export function lz4Block(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  const steps = stepsOf(data);
  for (let i = 0; i < steps.length; i += 2) {
    const literal = steps[i];
    const match = steps[i + 1];
    const bytes = literal?.kind === "literal" ? literal.bytes : Buffer.alloc(0);
    const matchLength = match?.kind === "match" ? match.length - MIN_MATCH : 0;
    const token = (Math.min(bytes.length, 15) << 4) | Math.min(matchLength, 15);
    parts.push(Buffer.from([token, ...lz4Extension(bytes.length)]), bytes);
    if (match?.kind !== "match") continue;
    parts.push(littleEndian(match.offset, 2), Buffer.from(lz4Extension(matchLength)));
  }
  return Buffer.concat(parts);
}

/** Version 1, independent blocks of at most 64 KiB, no checksums but the header's. */
export const LZ4_HEADER = Buffer.from("04224d18604082", "hex");

/** A frame around blocks that are given as they are; `stored` for those that are not compressed. */
export function lz4Frame(blocks: readonly { readonly bytes: Buffer; readonly stored?: boolean }[]): Buffer {
  const parts = blocks.flatMap(({ bytes, stored }) => [
    littleEndian(bytes.length + (stored === true ? 2 ** 31 : 0), 4),
    bytes,
  ]);
  return Buffer.concat([LZ4_HEADER, ...parts, Buffer.alloc(4)]);
}
