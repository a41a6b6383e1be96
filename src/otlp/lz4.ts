import { CORRUPT, roomFor } from "./decompressed.ts";
import type { Decompressed, DecompressLimits } from "./decompressed.ts";
import { lz4BlockSize, unpackLz4Block } from "./lz4-block.ts";
import { lz4HeaderAt, skippableEnd } from "./lz4-header.ts";
import type { Lz4Header } from "./lz4-header.ts";
import { xxhash32 } from "./xxhash32.ts";

const STORED = 0x8000_0000;
const WORD_BYTES = 4;

type Part =
  | { readonly kind: "start" }
  | {
      readonly kind: "block";
      readonly header: Lz4Header;
      readonly stored: boolean;
      readonly start: number;
      readonly end: number;
    }
  | { readonly kind: "end"; readonly header: Lz4Header; readonly checksum: number | null }
  | { readonly kind: "broken" };

const BROKEN: Part = { kind: "broken" };

function wordAt(wire: Buffer, at: number): number | null {
  return at + WORD_BYTES <= wire.length ? wire.readUInt32LE(at) : null;
}

/** The frames of a body one after the other, skippable ones left out. */
function* partsOf(wire: Buffer): Generator<Part, undefined> {
  for (let at = 0; at < wire.length;) {
    const skipped = skippableEnd(wire, at);
    if (skipped !== null) {
      at = skipped;
      continue;
    }
    const header = lz4HeaderAt(wire, at);
    if (header === null) {
      yield BROKEN;
      return;
    }
    yield { kind: "start" };
    at = yield* blocksOf(wire, header);
  }
}

/** The blocks of one frame and its end; returns where that is. */
function* blocksOf(wire: Buffer, header: Lz4Header): Generator<Part, number> {
  for (let at = header.end; ;) {
    const word = wordAt(wire, at);
    if (word === 0) return yield* endOf(wire, header, at + WORD_BYTES);
    const start = at + WORD_BYTES;
    const end = start + ((word ?? 0) % STORED);
    if (word === null || end > wire.length || end - start > header.maxBlockBytes) break;
    at = end;
    if (header.blockChecksums) {
      if (wordAt(wire, end) !== xxhash32(wire, start, end)) break;
      at += WORD_BYTES;
    }
    yield { kind: "block", header, stored: word >= STORED, start, end };
  }
  yield BROKEN;
  return wire.length;
}

function* endOf(wire: Buffer, header: Lz4Header, at: number): Generator<Part, number> {
  if (!header.contentChecksum) {
    yield { kind: "end", header, checksum: null };
    return at;
  }
  const checksum = wordAt(wire, at);
  yield checksum === null ? BROKEN : { kind: "end", header, checksum };
  return at + WORD_BYTES;
}

/** LZ4 frames, measured first, so that their content is allocated once and never beyond the limit. */
export function unpackLz4(wire: Buffer, limits: DecompressLimits): Decompressed {
  const size = contentSize(wire, limits.maxBytes);
  if (size === null) return CORRUPT;
  const room = roomFor(size, limits);
  if (room.kind !== "plain") return room;
  const writer = new FrameWriter(wire, room.bytes);
  for (const part of partsOf(wire)) {
    if (!writer.write(part)) return CORRUPT;
  }
  return room;
}

/** Null where a frame is broken. Stops where the content is certain to be too large. */
function contentSize(wire: Buffer, maxBytes: number): number | null {
  let size = 0;
  for (const part of partsOf(wire)) {
    if (part.kind === "broken") return null;
    if (part.kind !== "block") continue;
    const { header, stored, start, end } = part;
    const bytes = stored ? end - start : lz4BlockSize(wire, start, end, header.maxBlockBytes);
    if (bytes === null) return null;
    size += bytes;
    if (size > maxBytes) break;
  }
  return size;
}

class FrameWriter {
  at = 0;
  readonly #wire: Buffer;
  readonly #out: Buffer;
  #frameStart = 0;

  constructor(wire: Buffer, out: Buffer) {
    this.#wire = wire;
    this.#out = out;
  }

  write(part: Part): boolean {
    switch (part.kind) {
      case "start":
        this.#frameStart = this.at;
        return true;
      case "block":
        return this.#block(part);
      case "end":
        return this.#end(part.header, part.checksum);
      case "broken":
        return false;
    }
  }

  #block({ header, stored, start, end }: Extract<Part, { kind: "block" }>): boolean {
    const { at } = this;
    if (stored) {
      this.#wire.copy(this.#out, at, start, end);
      this.at += end - start;
      return true;
    }
    const windowStart = header.independent ? at : this.#frameStart;
    this.at += lz4BlockSize(this.#wire, start, end, header.maxBlockBytes) ?? 0;
    return unpackLz4Block(this.#wire, start, end, { out: this.#out, at, windowStart });
  }

  #end({ contentBytes }: Lz4Header, checksum: number | null): boolean {
    if (contentBytes !== null && contentBytes !== this.at - this.#frameStart) return false;
    return checksum === null || checksum === xxhash32(this.#out, this.#frameStart, this.at);
  }
}
