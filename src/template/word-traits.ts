import { finish } from "./word-hash.ts";
import { hasOpposite, isFunctionWord, nameWeight } from "./words.ts";

/** What is asked of a word each time that it stands in a line. */
export interface WordTraits {
  readonly first: number;
  readonly second: number;
  /** False where the word never is a variable by statistics. */
  readonly openable: boolean;
  readonly weight: number;
  readonly opposite: boolean;
  readonly functional: boolean;
}

/** Words remembered; a full memory starts afresh. */
const MAX_REMEMBERED = 32_768;
const remembered = new Map<string, WordTraits>();

/** A pure function of the word, remembered. */
export function traitsOf(word: string): WordTraits {
  const known = remembered.get(word);
  if (known !== undefined) return known;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  const opposite = hasOpposite(word);
  const functional = isFunctionWord(word);
  const traits: WordTraits = {
    first: half(word, 0x811c9dc5, 0x01000193),
    second: half(word, 0x3c6ef372, 0x2c1b3c6d),
    openable: !opposite && !functional,
    weight: nameWeight(word),
    opposite,
    functional,
  };
  remembered.set(ownCopy(word), traits);
  return traits;
}

/** A string that does not hold on to the line that it was cut from. */
export function ownCopy(text: string): string {
  return Array.from(text).join("");
}

function half(word: string, seed: number, prime: number): number {
  let hash = seed;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), prime);
  return finish(hash);
}
