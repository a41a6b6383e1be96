/** No deflate stream holds more for its size. */
const DEFLATE_MAX_RATIO = 1_032;
/** Few logs shrink more. Where nothing says how much there is, too much costs less than a second attempt. */
const USUAL_RATIO = 16;
/** Shorter than what a frame's head and tail take there is nothing to read. */
const MIN_FRAME_BYTES = 18;

/**
 * How much a compressed body probably holds. A hint only: a sender can make up what the frame says, so the caller
 * bounds it and asks for the memory before it takes it.
 */
export function expectedSize(wire: Buffer, coding: "gzip" | "deflate" | "zstd"): number {
  const told = wire.length < MIN_FRAME_BYTES ? null : toldBy(wire, coding);
  return told ?? wire.length * USUAL_RATIO;
}

function toldBy(wire: Buffer, coding: "gzip" | "deflate" | "zstd"): number | null {
  if (coding === "zstd") return zstdContentSize(wire);
  // A gzip member ends in its size modulo 2^32.
  return coding === "gzip"
    ? Math.min(wire.readUInt32LE(wire.length - 4), wire.length * DEFLATE_MAX_RATIO)
    : null;
}

const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;

/** Frame_Content_Size of RFC 8878, which an encoder that streams leaves out. */
function zstdContentSize(wire: Buffer): number | null {
  const descriptor = wire[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0);
  switch (descriptor >> 6) {
    case 0:
      return single ? (wire[at] ?? 0) : null;
    case 1:
      return wire.readUInt16LE(at) + 256;
    case 2:
      return wire.readUInt32LE(at);
    default:
      return wire.readUInt32LE(at) + wire.readUInt32LE(at + 4) * 2 ** 32;
  }
}
