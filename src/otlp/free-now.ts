/** Only buffers with memory of their own are as large: never a piece of Node's pools or of a socket's reads. */
const MIN_BYTES = 256 * 1024;

/** Whether its memory is nobody else's, so that it can be given back, or to another thread. */
export function ownsMemory({ buffer }: Buffer): boolean {
  return buffer instanceof ArrayBuffer && buffer.byteLength >= MIN_BYTES;
}

/**
 * Gives a large buffer's memory back at once; it is empty from then on. The garbage collector would get to it some
 * hundreds of megabytes later, so that what the byte budget counts as free would still be there.
 */
export function freeNow({ buffer }: Buffer): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < MIN_BYTES || buffer.detached) return;
  buffer.transfer(0);
}

/** A chunk that came over a socket; smaller ones are not worth the call. */
const MIN_CHUNK_BYTES = 4 * 1024;

/**
 * The same for a chunk whose content was copied. Left to the garbage collector, the chunks of large bodies make it walk
 * the whole heap every hundred requests.
 */
export function freeChunk(chunk: Buffer): void {
  const { buffer } = chunk;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === chunk.length;
  if (whole && chunk.length >= MIN_CHUNK_BYTES) buffer.transfer(0);
}
