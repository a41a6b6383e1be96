import { constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";

import { CORRUPT } from "./decompressed.ts";
import type { Decompressed, DecompressLimits } from "./decompressed.ts";
import { expectedSize } from "./expected-size.ts";
import { freeNow } from "./free-now.ts";
import { isLz4Frame } from "./lz4-header.ts";
import { unpackLz4 } from "./lz4.ts";
import { isFramedSnappy, unpackSnappy, unpackSnappyFramed } from "./snappy.ts";

type ZlibCoding = "gzip" | "deflate" | "zstd";
type OwnCoding = "snappy" | "x-snappy-framed" | "lz4";

/** A compression that a body may carry. */
export type Coding = ZlibCoding | OwnCoding;

const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
  ["zlib", "deflate"],
  ["zstd", "zstd"],
  ["snappy", "snappy"],
  ["x-snappy-framed", "x-snappy-framed"],
  ["lz4", "lz4"],
]);

/** What Node's zlib does not know, decoded here. */
const UNPACKERS: Readonly<Record<OwnCoding, (wire: Buffer, limits: DecompressLimits) => Decompressed>> = {
  snappy: unpackSnappy,
  "x-snappy-framed": unpackSnappyFramed,
  lz4: unpackLz4,
};

/** What a 415 offers in Accept-Encoding. */
export const ACCEPT_ENCODING = "gzip, zstd, deflate, snappy, lz4";

const MAX_LAYERS = 3;

/** The codings of a Content-Encoding header in the order they were applied; null where one is not supported. */
export function codingsOf(header: string | undefined): readonly Coding[] | null {
  const codings: Coding[] = [];
  for (const name of (header ?? "").toLowerCase().split(",")) {
    const token = name.trim();
    if (token === "" || token === "identity") continue;
    const coding = CODINGS.get(token);
    if (coding === undefined) return null;
    codings.push(coding);
  }
  return codings.length > MAX_LAYERS ? null : codings;
}

/** The coding that the first bytes give away, for bodies that were sent without the header. */
export function sniffCoding(bytes: Buffer): Coding | null {
  if (bytes.length < 4) return null;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip";
  if (bytes.readUInt32LE(0) === 0xfd2fb528) return "zstd";
  if (isLz4Frame(bytes)) return "lz4";
  return isFramedSnappy(bytes) ? "snappy" : null;
}

const MIN_CAPACITY_BYTES = 64;
/** How much larger the next attempt is where the content did not fit. */
const GROWTH = 4;

/** RFC 9659: 8 MiB, so that a frame cannot ask for gigabytes of window. */
const ZSTD_PARAMS = { [constants.ZSTD_d_windowLogMax]: 23 };

/** Undoes the codings, last applied first. Takes `wire`: a large one is empty afterwards. */
export function decompress(wire: Buffer, codings: readonly Coding[], limits: DecompressLimits): Decompressed {
  let bytes = wire;
  for (const coding of codings.toReversed()) {
    const layer = bytes.length === 0 ? CORRUPT : undo(bytes, coding, limits);
    freeNow(bytes);
    if (layer.kind !== "plain") return layer;
    bytes = layer.bytes;
  }
  return { kind: "plain", bytes };
}

function undo(wire: Buffer, coding: Coding, limits: DecompressLimits): Decompressed {
  return coding === "gzip" || coding === "deflate" || coding === "zstd"
    ? inflate(wire, coding, limits)
    : UNPACKERS[coding](wire, limits);
}

/** Into one buffer of the expected size; where that was too small, from the start into a larger one. */
function inflate(wire: Buffer, coding: ZlibCoding, limits: DecompressLimits): Decompressed {
  const { maxBytes, grow, shrink } = limits;
  let capacity = Math.min(maxBytes, Math.max(MIN_CAPACITY_BYTES, expectedSize(wire, coding)));
  for (;;) {
    if (!grow(capacity)) return { kind: "over_budget" };
    try {
      const bytes = inflateInto(capacity, wire, coding);
      shrink(capacity - bytes.length);
      return { kind: "plain", bytes };
    } catch (error) {
      shrink(capacity);
      if (!isTooLarge(error)) return CORRUPT;
      if (capacity === maxBytes) return { kind: "too_large" };
      capacity = Math.min(maxBytes, capacity * GROWTH);
    }
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}

function inflateInto(capacity: number, wire: Buffer, coding: ZlibCoding): Buffer {
  // One chunk for all of it, and the byte more that tells the decoder that there is room.
  const options = { chunkSize: capacity + 1, maxOutputLength: capacity };
  if (coding === "gzip") return gunzipSync(wire, options);
  if (coding === "zstd") return zstdDecompressSync(wire, { ...options, params: ZSTD_PARAMS });
  return hasZlibHeader(wire) ? inflateSync(wire, options) : inflateRawSync(wire, options);
}

/** `deflate` means the zlib wrapper (RFC 1950), yet some send the bare stream: the wrapper's checksum tells. */
function hasZlibHeader(wire: Buffer): boolean {
  const first = wire[0] ?? 0;
  return (first & 0x0f) === 8 && ((first << 8) | (wire[1] ?? 0)) % 31 === 0;
}
