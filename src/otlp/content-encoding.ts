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
import type { Gunzip, ZstdDecompress } from "node:zlib";

/** A compression that a body may carry. */
export type Coding = "gzip" | "deflate" | "zstd";

const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
  ["zlib", "deflate"],
  ["zstd", "zstd"],
]);

/** What a 415 offers in Accept-Encoding. */
export const ACCEPT_ENCODING = "gzip, zstd, deflate";

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
  return bytes.readUInt32LE(0) === 0xfd2fb528 ? "zstd" : null;
}

export type Decompressed =
  | { readonly kind: "plain"; readonly bytes: Buffer }
  | { readonly kind: "corrupt" }
  | { readonly kind: "too_large" }
  | { readonly kind: "over_budget" };

export interface DecompressLimits {
  /** Of each layer's output. */
  readonly maxBytes: number;
  /** Asked before output is kept; false: no memory for it. */
  readonly grow: (bytes: number) => boolean;
}

/** Up to this size on the wire a body is inflated at once: the hop to zlib's threads would cost more. */
const SYNC_WIRE_BYTES = 64 * 1024;
const SYNC_MAX_OUTPUT_BYTES = 1024 * 1024;
const MIN_CHUNK_BYTES = 16 * 1024;
const MAX_CHUNK_BYTES = 256 * 1024;
const EXPECTED_RATIO = 6;

/** RFC 9659: 8 MiB, so that a frame cannot ask for gigabytes of window. */
const ZSTD_WINDOW_LOG_MAX = 23;

/** Undoes the codings, last applied first. */
export async function decompress(
  wire: Buffer,
  codings: readonly Coding[],
  limits: DecompressLimits,
): Promise<Decompressed> {
  let bytes = wire;
  for (const coding of codings.toReversed()) {
    if (bytes.length === 0) return { kind: "corrupt" };
    const layer = inflateAtOnce(bytes, coding, limits) ?? (await inflateInChunks(bytes, coding, limits));
    if (layer.kind !== "plain") return layer;
    bytes = layer.bytes;
  }
  return { kind: "plain", bytes };
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
function inflateAtOnce(wire: Buffer, coding: Coding, limits: DecompressLimits): Decompressed | null {
  if (wire.length > SYNC_WIRE_BYTES) return null;
  const maxOutputLength = Math.min(limits.maxBytes, SYNC_MAX_OUTPUT_BYTES);
  try {
    const bytes = inflateNow(wire, coding, maxOutputLength);
    return limits.grow(bytes.length) ? { kind: "plain", bytes } : { kind: "over_budget" };
  } catch (error) {
    if (!isTooLarge(error)) return { kind: "corrupt" };
    return maxOutputLength < limits.maxBytes ? null : { kind: "too_large" };
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}

function inflateNow(wire: Buffer, coding: Coding, maxOutputLength: number): Buffer {
  const options = { chunkSize: chunkSize(wire), maxOutputLength };
  if (coding === "gzip") return gunzipSync(wire, options);
  if (coding === "zstd") return zstdDecompressSync(wire, { ...options, params: ZSTD_PARAMS });
  return hasZlibHeader(wire) ? inflateSync(wire, options) : inflateRawSync(wire, options);
}

const ZSTD_PARAMS = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };

function inflateStream(wire: Buffer, coding: Coding): Gunzip | ZstdDecompress {
  const options = { chunkSize: chunkSize(wire) };
  if (coding === "gzip") return createGunzip(options);
  if (coding === "zstd") return createZstdDecompress({ ...options, params: ZSTD_PARAMS });
  return hasZlibHeader(wire) ? createInflate(options) : createInflateRaw(options);
}

/** On zlib's threads, so that other requests go on; every chunk is accounted for before it is kept. */
function inflateInChunks(wire: Buffer, coding: Coding, limits: DecompressLimits): Promise<Decompressed> {
  return new Promise((resolve) => {
    const stream = inflateStream(wire, coding);
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (outcome: Decompressed): void => {
      stream.destroy();
      resolve(outcome);
    };
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.maxBytes) stop({ kind: "too_large" });
      else if (!limits.grow(chunk.length)) stop({ kind: "over_budget" });
      else chunks.push(chunk);
    });
    stream.on("error", () => stop({ kind: "corrupt" }));
    stream.on("end", () => resolve({ kind: "plain", bytes: Buffer.concat(chunks, size) }));
    stream.end(wire);
  });
}
