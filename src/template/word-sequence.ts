import { finish } from "./word-hash.ts";
import { traitsOf } from "./word-traits.ts";

/** More words of a line never count. */
export const MAX_SEQUENCE_WORDS = 64;

const FIRST_BASE = 0x9e3779b1 | 0;
const SECOND_BASE = 0x85ebca6b | 0;

/** 64 bits that name a sequence of words, as two signed halves. */
export interface SequenceHash {
  readonly high: number;
  readonly low: number;
}

/**
 * The hashes of a sequence of words and of it without each one of them, in one go (a polynomial hash, so that a word
 * can be left out without going over the others again). A fixed function of the words: ids are made of it.
 */
export class WordSequence {
  readonly words: readonly string[];
  /** Per word the two sums without it; last, the sums of the whole. */
  readonly #sums: Int32Array;

  constructor(words: readonly string[]) {
    this.words = words.length > MAX_SEQUENCE_WORDS ? words.slice(0, MAX_SEQUENCE_WORDS) : words;
    this.#sums = new Int32Array(this.words.length * 2 + 2);
    for (const [at, word] of this.words.entries()) halves[at] = traitsOf(word).first;
    sumsWithout(this.words.length, FIRST_POWERS, this.#sums, 0);
    for (const [at, word] of this.words.entries()) halves[at] = traitsOf(word).second;
    sumsWithout(this.words.length, SECOND_POWERS, this.#sums, 1);
  }

  get hash(): SequenceHash {
    const count = this.words.length;
    return {
      high: finish(this.#sum(count, 0) + count),
      low: finish(this.#sum(count, 1) + count),
    };
  }

  /** What all sequences share that are this one but for the word at `index`. */
  family(index: number): SequenceHash {
    return familyHash(this.#sum(index, 0), this.#sum(index, 1), index);
  }

  /** The family of all sequences that are this one with a word more at `index`. */
  familyWith(index: number): SequenceHash {
    const count = this.words.length;
    return familyHash(this.#sum(count, 0), this.#sum(count, 1), index);
  }

  without(index: number): WordSequence {
    return new WordSequence(this.words.toSpliced(index, 1));
  }

  #sum(index: number, lane: number): number {
    return this.#sums[index * 2 + lane] ?? 0;
  }
}

function familyHash(first: number, second: number, index: number): SequenceHash {
  return {
    high: finish(first + Math.imul(index + 1, FIRST_BASE)),
    low: finish(second ^ Math.imul(index + 1, SECOND_BASE)),
  };
}

function powersOf(base: number): Int32Array {
  const powers = new Int32Array(MAX_SEQUENCE_WORDS + 1).fill(1);
  for (let at = 0; at < MAX_SEQUENCE_WORDS; at++) powers[at + 1] = Math.imul(powers[at] ?? 1, base);
  return powers;
}

const FIRST_POWERS = powersOf(FIRST_BASE);
const SECOND_POWERS = powersOf(SECOND_BASE);
/** Room that every call uses and none keeps. */
const halves = new Int32Array(MAX_SEQUENCE_WORDS);
const suffixes = new Int32Array(MAX_SEQUENCE_WORDS + 1);

/** Per word the sum of the others, as though they stood one after the other; then the sum of all. */
function sumsWithout(count: number, powers: Int32Array, sums: Int32Array, lane: number): void {
  suffixes[count] = 0;
  for (let at = count - 1; at >= 0; at--) {
    suffixes[at] = Math.imul(halves[at] ?? 0, powers[count - 1 - at] ?? 1) + (suffixes[at + 1] ?? 0);
  }
  let prefix = 0;
  const base = powers[1] ?? 1;
  for (let at = 0; at < count; at++) {
    sums[at * 2 + lane] = Math.imul(prefix, powers[count - 1 - at] ?? 1) + (suffixes[at + 1] ?? 0);
    prefix = (Math.imul(prefix, base) + (halves[at] ?? 0)) | 0;
  }
  sums[count * 2 + lane] = prefix;
}
