/** Only buffers with memory of their own are as large: never a piece of Node's pools or of a socket's reads. */
const MIN_BYTES = 256 * 1024;

/**
 * Gives a large buffer's memory back at once; it is empty from then on. The garbage collector would get to it some
 * hundreds of megabytes later, so that what the byte budget counts as free would still be there.
 */
export function freeNow({ buffer }: Buffer): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < MIN_BYTES || buffer.detached) return;
  buffer.transfer(0);
}
