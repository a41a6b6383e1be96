import { finish } from "./word-hash.ts";

const FIRST_BASE = 0x9e3779b1 | 0;
const SECOND_BASE = 0x85ebca6b | 0;

/** 64 bits that name a sequence of words, as two signed halves. */
export interface SequenceHash {
  readonly high: number;
  readonly low: number;
}

function half(word: string, seed: number, prime: number): number {
  let hash = seed;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), prime);
  return finish(hash);
}

/**
 * The hashes of a sequence of words and of it without each one of them, in one go (a polynomial hash, so that a word
 * can be left out without going over the others again). A fixed function of the words: ids are made of it.
 */
export class WordSequence {
  readonly words: readonly string[];
  readonly #first: WithoutOne;
  readonly #second: WithoutOne;

  constructor(words: readonly string[]) {
    this.words = words;
    this.#first = new WithoutOne(
      words.map((word) => half(word, 0x811c9dc5, 0x01000193)),
      FIRST_BASE,
    );
    this.#second = new WithoutOne(
      words.map((word) => half(word, 0x3c6ef372, 0x2c1b3c6d)),
      SECOND_BASE,
    );
  }

  get hash(): SequenceHash {
    return { high: this.#first.whole, low: this.#second.whole };
  }

  /** What all sequences share that are this one but for the word at `index`. */
  family(index: number): SequenceHash {
    return {
      high: finish(this.#first.without(index) + Math.imul(index + 1, FIRST_BASE)),
      low: finish(this.#second.without(index) ^ Math.imul(index + 1, SECOND_BASE)),
    };
  }

  /** The family of all sequences that are this one with a word more at `index`. */
  familyWith(index: number): SequenceHash {
    return {
      high: finish(this.#first.sum + Math.imul(index + 1, FIRST_BASE)),
      low: finish(this.#second.sum ^ Math.imul(index + 1, SECOND_BASE)),
    };
  }

  without(index: number): WordSequence {
    return new WordSequence(this.words.toSpliced(index, 1));
  }
}

/** A polynomial hash with its prefixes, suffixes and powers. */
class WithoutOne {
  readonly whole: number;
  readonly sum: number;
  readonly #prefix: Int32Array;
  readonly #suffix: Int32Array;
  readonly #power: Int32Array;

  constructor(words: readonly number[], base: number) {
    const count = words.length;
    this.#prefix = new Int32Array(count + 1);
    this.#suffix = new Int32Array(count + 1);
    this.#power = new Int32Array(count + 1).fill(1);
    for (let at = 0; at < count; at++) {
      this.#prefix[at + 1] = Math.imul(this.#prefix[at] ?? 0, base) + (words[at] ?? 0);
      this.#power[at + 1] = Math.imul(this.#power[at] ?? 1, base);
    }
    for (let at = count - 1; at >= 0; at--) {
      this.#suffix[at] =
        Math.imul(words[at] ?? 0, this.#power[count - 1 - at] ?? 1) + (this.#suffix[at + 1] ?? 0);
    }
    this.sum = this.#prefix[count] ?? 0;
    this.whole = finish(this.sum + count);
  }

  without(index: number): number {
    const behind = this.#power.length - 2 - index;
    return (
      (Math.imul(this.#prefix[index] ?? 0, this.#power[behind] ?? 1) + (this.#suffix[index + 1] ?? 0)) | 0
    );
  }
}
