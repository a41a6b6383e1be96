/** Two odd constants of well mixed bits: the two halves of a hash take different paths. */
const PRIME = 0x9e3779b1 | 0;
const ODD = 0x2c1b3c6d;
export const WORD_SEED = 0x811c9dc5 | 0;
export const SECOND_SEED = 0x3c6ef372;

/** Up to four more bytes of a word, first half. */
export function addChunk(half: number, chunk: number): number {
  const mixed = Math.imul(half ^ chunk, PRIME);
  return mixed ^ (mixed >>> 15);
}

/** Up to four more bytes of a word, second half. */
export function addChunkSecond(half: number, chunk: number): number {
  return (Math.imul(half ^ (half >>> 17), ODD) + chunk) | 0;
}

/** How many of four bytes, from the lowest, are ASCII letters: all four are looked at in a few operations. */
export function leadingLetters(four: number): number {
  const lower = four | 0x20202020;
  // A byte's top bit is set where it is at least "a"; in the second sum where it is beyond "z".
  const others = ~((lower + 0x1f1f1f1f) & ~(lower + 0x05050505) & ~four) & 0x80808080;
  return others === 0 ? 4 : (31 - Math.clz32(others & -others)) >>> 3;
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

/** The first half of a word's hash, as the scanner computes it: letters by four, any other byte by itself. */
export function wordHash(word: string): number {
  const bytes = encoder.encode(word);
  let half = WORD_SEED;
  for (let at = 0; at < bytes.length;) {
    const chunk = bytes.subarray(at, at + 4).reduce((sum, byte, offset) => sum | (byte << (offset * 8)), 0);
    const letters = leadingLetters(chunk);
    const taken = Math.max(1, letters);
    half = addChunk(half, letters === 4 ? chunk : chunk & ((1 << (taken * 8)) - 1));
    at += taken;
  }
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
