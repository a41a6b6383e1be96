/** FNV's prime and another odd constant: the two halves of a hash take different paths. */
const PRIME = 0x01000193;
const ODD = 0x2c1b3c6d;
export const WORD_SEED = 0x811c9dc5 | 0;
export const SECOND_SEED = 0x3c6ef372;

/** One more byte of a word, first half. */
export function addByte(half: number, byte: number): number {
  return Math.imul(half ^ byte, PRIME);
}

/** One more byte of a word, second half. */
export function addByteSecond(half: number, byte: number): number {
  return (Math.imul(half, ODD) + byte) | 0;
}

/** One more token of a line. */
export function addToken(half: number, token: number): number {
  return Math.imul((half << 5) ^ (half >>> 27) ^ token, 0x9e3779b1 | 0);
}

export function addTokenSecond(half: number, token: number): number {
  return Math.imul((half << 13) ^ (half >>> 19) ^ token, 0x85ebca6b | 0);
}

/** MurmurHash3's finaliser: every bit of a half depends on every other. */
export function finish(half: number): number {
  let mixed = half ^ (half >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

const encoder = new TextEncoder();

/** The first half of a word's hash, as the scanner computes it over the word's bytes. */
export function wordHash(word: string): number {
  let half = WORD_SEED;
  for (const byte of encoder.encode(word)) half = addByte(half, byte);
  return half;
}

/** A small set of words, asked by the first half of their hash. */
export class WordSet {
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(words: readonly string[]) {
    let size = 64;
    while (size < words.length * 8) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(size);
    for (const word of words) {
      const hash = wordHash(word);
      let slot = hash & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = hash;
    }
  }

  has(hash: number): boolean {
    let slot = hash & this.#mask;
    for (;;) {
      const held = this.#slots[slot];
      if (held === hash) return true;
      if (held === 0) return false;
      slot = (slot + 1) & this.#mask;
    }
  }
}
