import {
  constants,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import type { Gunzip, ZstdDecompress } from "node:zlib";

import type { Decompressed, DecompressLimits, Unpacking } from "./decompressed.ts";
import { expectedSize } from "./expected-size.ts";
import { freeNow } from "./free-now.ts";
import { isLz4Frame } from "./lz4-header.ts";
import { unpackLz4 } from "./lz4.ts";
import { OutputBuffer } from "./output-buffer.ts";
import { isFramedSnappy, unpackSnappy, unpackSnappyFramed } from "./snappy.ts";
import { Turns } from "./turns.ts";

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
const UNPACKERS: Readonly<Record<OwnCoding, (wire: Buffer, limits: DecompressLimits) => Unpacking>> = {
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

/** Up to this size on the wire a body is inflated at once: the hop to zlib's threads would cost more. */
const SYNC_WIRE_BYTES = 64 * 1024;
const SYNC_MAX_OUTPUT_BYTES = 1024 * 1024;
/** libuv's default. */
const ZLIB_THREADS = 4;
const MIN_CHUNK_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;
const EXPECTED_RATIO = 6;

/** RFC 9659: 8 MiB, so that a frame cannot ask for gigabytes of window. */
const ZSTD_WINDOW_LOG_MAX = 23;

/** Undoes the codings, last applied first. Takes `wire`: a large one is empty afterwards. */
export async function decompress(
  wire: Buffer,
  codings: readonly Coding[],
  limits: DecompressLimits,
): Promise<Decompressed> {
  let bytes = wire;
  for (const coding of codings.toReversed()) {
    if (bytes.length === 0) return { kind: "corrupt" };
    const layer = await undo(bytes, coding, limits);
    if (layer.kind !== "plain") return layer;
    bytes = layer.bytes;
  }
  return { kind: "plain", bytes };
}

/** As `decompress`, at once: for a thread that has nothing else to do. */
export function decompressNow(
  wire: Buffer,
  codings: readonly Coding[],
  limits: DecompressLimits,
): Decompressed {
  let bytes = wire;
  for (const coding of codings.toReversed()) {
    if (bytes.length === 0) return { kind: "corrupt" };
    const layer = undoNow(bytes, coding, limits);
    freeNow(bytes);
    if (layer.kind !== "plain") return layer;
    bytes = layer.bytes;
  }
  return { kind: "plain", bytes };
}

function undoNow(wire: Buffer, coding: Coding, limits: DecompressLimits): Decompressed {
  if (coding === "gzip" || coding === "deflate" || coding === "zstd") {
    return inflateWhole(wire, coding, limits);
  }
  const unpacking = UNPACKERS[coding](wire, limits);
  for (;;) {
    const slice = unpacking.next();
    if (slice.done === true) return slice.value;
  }
}

/** How much larger the next attempt is where the content did not fit. */
const GROWTH = 4;

/** Into one buffer of the expected size; where that was too small, from the start into a larger one. */
function inflateWhole(wire: Buffer, coding: ZlibCoding, limits: DecompressLimits): Decompressed {
  const { maxBytes, grow, shrink } = limits;
  let capacity = Math.min(maxBytes, Math.max(MIN_CHUNK_BYTES, expectedSize(wire, coding)));
  for (;;) {
    if (!grow(capacity)) return { kind: "over_budget" };
    try {
      const bytes = inflateNow(wire, coding, { chunkSize: capacity + 1, maxOutputLength: capacity });
      shrink(capacity - bytes.length);
      return { kind: "plain", bytes };
    } catch (error) {
      shrink(capacity);
      if (!isTooLarge(error)) return { kind: "corrupt" };
      if (capacity === maxBytes) return { kind: "too_large" };
      capacity = Math.min(maxBytes, capacity * GROWTH);
    }
  }
}

/**
 * Large bodies, of all ports: more at a time than there are threads for would not be done sooner, only hold content
 * and decoder windows that the byte budget does not see. Those that wait hold their wire bytes.
 */
const turns = new Turns(Math.min(ZLIB_THREADS, availableParallelism()));

async function undo(wire: Buffer, coding: Coding, limits: DecompressLimits): Promise<Decompressed> {
  if (coding === "gzip" || coding === "deflate" || coding === "zstd") {
    return inflateAtOnce(wire, coding, limits) ?? turns.take(() => inflateInChunks(wire, coding, limits));
  }
  const unpack = (): Promise<Decompressed> => inSlices(UNPACKERS[coding](wire, limits), wire);
  return wire.length > SYNC_WIRE_BYTES ? turns.take(unpack) : unpack();
}

async function inSlices(unpacking: Unpacking, wire: Buffer): Promise<Decompressed> {
  for (;;) {
    const slice = unpacking.next();
    if (slice.done === true) {
      freeNow(wire);
      return slice.value;
    }
    await setImmediate();
  }
}

function chunkSize(wire: Buffer): number {
  return Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, wire.length * EXPECTED_RATIO));
}

/** `deflate` means the zlib wrapper (RFC 1950), yet some send the bare stream: the wrapper's checksum tells. */
function hasZlibHeader(wire: Buffer): boolean {
  const first = wire[0] ?? 0;
  return (first & 0x0f) === 8 && ((first << 8) | (wire[1] ?? 0)) % 31 === 0;
}

/** Null where the body or its content is too big to hold up the event loop for it. */
function inflateAtOnce(wire: Buffer, coding: ZlibCoding, limits: DecompressLimits): Decompressed | null {
  if (wire.length > SYNC_WIRE_BYTES) return null;
  const maxOutputLength = Math.min(limits.maxBytes, SYNC_MAX_OUTPUT_BYTES);
  try {
    const bytes = inflateNow(wire, coding, { chunkSize: chunkSize(wire), maxOutputLength });
    return limits.grow(bytes.length) ? { kind: "plain", bytes } : { kind: "over_budget" };
  } catch (error) {
    if (!isTooLarge(error)) return { kind: "corrupt" };
    return maxOutputLength < limits.maxBytes ? null : { kind: "too_large" };
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}

interface InflateOptions {
  readonly chunkSize: number;
  readonly maxOutputLength: number;
}

function inflateNow(wire: Buffer, coding: ZlibCoding, options: InflateOptions): Buffer {
  if (coding === "gzip") return gunzipSync(wire, options);
  if (coding === "zstd") return zstdDecompressSync(wire, { ...options, params: ZSTD_PARAMS });
  return hasZlibHeader(wire) ? inflateSync(wire, options) : inflateRawSync(wire, options);
}

const ZSTD_PARAMS = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };

function inflateStream(wire: Buffer, coding: ZlibCoding, chunkBytes: number): Gunzip | ZstdDecompress {
  const options = { chunkSize: chunkBytes };
  if (coding === "gzip") return createGunzip(options);
  if (coding === "zstd") return createZstdDecompress({ ...options, params: ZSTD_PARAMS });
  return hasZlibHeader(wire) ? createInflate(options) : createInflateRaw(options);
}

/** On zlib's threads, so that other requests go on. */
function inflateInChunks(wire: Buffer, coding: ZlibCoding, limits: DecompressLimits): Promise<Decompressed> {
  const expectedBytes = Math.min(limits.maxBytes, Math.max(MIN_CHUNK_BYTES, expectedSize(wire, coding)));
  if (!limits.grow(expectedBytes)) {
    freeNow(wire);
    return Promise.resolve({ kind: "over_budget" });
  }
  return new Promise((resolve) => {
    // One chunk for all of it, and the byte more that tells the decoder that there is room.
    const stream = inflateStream(wire, coding, expectedBytes + 1);
    const output = new OutputBuffer(expectedBytes, limits);
    // zlib's threads may still be reading then, so the memory is left to the garbage collector.
    const stop = (outcome: Decompressed): void => {
      stream.destroy();
      resolve(outcome);
    };
    stream.on("data", (chunk: Buffer) => {
      const problem = output.append(chunk);
      if (problem !== null) stop(problem);
    });
    stream.on("error", () => stop({ kind: "corrupt" }));
    stream.on("end", () => {
      freeNow(wire);
      resolve(output.finish());
    });
    stream.end(wire);
  });
}
