import type { Decompressed, DecompressLimits } from "./decompressed.ts";
import { freeNow } from "./free-now.ts";

const NOTHING = Buffer.alloc(0);

/**
 * Content that comes in chunks, where nobody can be believed about its size: the first chunk is kept as it is, one
 * that does not fit behind it moves all into a buffer twice as large. So nothing has to be joined in the end, and all
 * memory is asked for before it is written to.
 */
export class OutputBuffer {
  readonly #limits: DecompressLimits;
  #leased: number;
  #buffer: Buffer = NOTHING;
  /** A chunk whose content was moved: zlib may write behind it until it comes with another buffer. */
  #moved: Buffer = NOTHING;
  #size = 0;

  /** `leasedBytes` were asked for already, for the first chunk. */
  constructor(leasedBytes: number, limits: DecompressLimits) {
    this.#limits = limits;
    this.#leased = leasedBytes;
  }

  /** Null where it was kept. */
  append(chunk: Buffer): Decompressed | null {
    const needed = this.#size + chunk.length;
    if (needed > this.#limits.maxBytes) return { kind: "too_large" };
    if (this.#moved.buffer !== chunk.buffer) freeNow(this.#moved);
    if (this.#size === 0 && needed <= this.#leased) {
      this.#buffer = chunk;
    } else {
      if (needed > this.#buffer.length && !this.#makeRoom(needed, chunk)) return { kind: "over_budget" };
      chunk.copy(this.#buffer, this.#size);
      this.#moved = chunk;
    }
    this.#size = needed;
    return null;
  }

  /** What was kept; to be called once. Pages that nothing was written to cost no memory, so they are given back. */
  finish(): Decompressed {
    if (this.#moved.buffer !== this.#buffer.buffer) freeNow(this.#moved);
    this.#limits.shrink(this.#leased - this.#size);
    return { kind: "plain", bytes: this.#buffer.subarray(0, this.#size) };
  }

  #makeRoom(needed: number, chunk: Buffer): boolean {
    const { maxBytes, grow, shrink } = this.#limits;
    const doubled = Math.max(needed, Math.min(maxBytes, this.#buffer.length * 2));
    // Where a doubling does not fit any more, what is needed still may. The chunk itself is there as well.
    const capacity = [doubled, needed].find((bytes) => grow(bytes + chunk.length));
    if (capacity === undefined) return false;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#buffer.copy(larger, 0, 0, this.#size);
    shrink(this.#leased);
    if (this.#buffer.buffer !== chunk.buffer) freeNow(this.#buffer);
    this.#buffer = larger;
    this.#leased = capacity + chunk.length;
    return true;
  }
}
