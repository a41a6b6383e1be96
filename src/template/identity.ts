import type { Shape } from "./shape.ts";
import { traitsOf } from "./word-traits.ts";
import { isNull } from "./words.ts";

/** What makes a template: its constant words in their order. Variables, their types and punctuation do not count. */
export interface Identity {
  readonly words: readonly string[];
  /** Per word the index of its token in the shape. */
  readonly tokens: readonly number[];
  /** Per token of the shape: true where it is a word that is taken for a variable by its place or form. */
  readonly masked: readonly boolean[];
}

/** Longest list element that repeats, in words: `iar <hex>, dear <hex>` is two. */
const MAX_REPEATED_WORDS = 4;

export function identityOf(shape: Shape): Identity {
  const masked = shape.texts.map(
    (text, index) => shape.variable[index] === false && isVariableWord(shape, index, text),
  );
  maskLists(shape, masked);
  const words: string[] = [];
  const tokens: number[] = [];
  for (const [index, text] of shape.texts.entries()) {
    if (shape.variable[index] === true || masked[index] === true) continue;
    words.push(text);
    tokens.push(index);
    dropRepeated(words, tokens);
  }
  return { words, tokens, masked };
}

/** A list's elements count once, however many there are. */
function dropRepeated(words: string[], tokens: number[]): void {
  for (let period = 1; period <= MAX_REPEATED_WORDS && period * 2 <= words.length; period++) {
    let same = true;
    for (let back = 1; same && back <= period; back++) {
      same = words[words.length - back] === words[words.length - back - period];
    }
    if (!same) continue;
    words.length -= period;
    tokens.length -= period;
    return;
  }
}

const OPENING = /["'`[({<]$/;
const QUOTE_BEFORE = /["'`]$/;
const QUOTE_BEHIND = /^["'`]/;
const ALL_CAPITALS = /^[A-Z][A-Z_-]+$/;
const THROWN = /(?:Exception|Error)$/;
const DOTTED = /^[\w$-]+(?:\.[\w$-]+)+$/;
const LOWER_DOTTED = /^[a-z\d_-]+(?:\.[a-z\d_-]+)+$/;
const PLACES = new Set("for from to at on host by via".split(" "));
const ACTORS = new Set("user username login account".split(" "));
const ACTOR_PLACES = new Set("for by user as of invalid illegal unknown".split(" "));
const SOURCES = new Set("from by".split(" "));
const PARTICIPLE = /(?:ed|ing)$/;

function isVariableWord(shape: Shape, index: number, word: string): boolean {
  if (isNull(word)) return true;
  const before = shape.gaps[index] ?? "";
  const behind = shape.gaps[index + 1] ?? "";
  if (isQuoted(before, behind)) return !traitsOf(word).opposite;
  if (before.endsWith("=")) return !ALL_CAPITALS.test(word) && !traitsOf(word).opposite;
  if (DOTTED.test(word)) return isVariableName(shape, index, word, before, behind);
  if (word.includes(",")) return true;
  if (isAddressGroup(shape, index, word, before, behind) || isHostOfPort(shape, index, behind)) return true;
  return isActor(shape, index, word, before, behind);
}

/** One word in quotes is a value; one with a colon behind its quote is a key. */
function isQuoted(before: string, behind: string): boolean {
  return QUOTE_BEFORE.test(before) && QUOTE_BEHIND.test(behind) && !/^["'`]\s?[:=]/.test(behind);
}

/** Hosts, classes, files: by what surrounds them, or by how many parts they have. */
function isVariableName(shape: Shape, index: number, word: string, before: string, behind: string): boolean {
  const last = word.slice(word.lastIndexOf(".") + 1);
  if (THROWN.test(word) || ALL_CAPITALS.test(last)) return false;
  if (behind === ":" && shape.variable[index + 1] === true) return true;
  if (/[([]$/.test(before) && /^[)\]]/.test(behind) && shape.variable[index - 1] === true) return true;
  if (word.indexOf(".") !== word.lastIndexOf(".")) return true;
  return LOWER_DOTTED.test(word) && PLACES.has(wordBefore(shape, index));
}

/** Who does it: `for root from <ip>`, `user alice`, `for user alice`. */
function isActor(shape: Shape, index: number, word: string, before: string, behind: string): boolean {
  if (!/^[: ]*$/.test(before) || traitsOf(word).functional) return false;
  const previous = wordBefore(shape, index);
  const isActorNamed = ACTORS.has(previous);
  if (isActorNamed && ACTOR_PLACES.has(wordBefore(shape, index - 1).toLowerCase())) return true;
  if (traitsOf(word).opposite) return false;
  if (isSender(shape, index, previous, behind)) return true;
  if (!isActorNamed || PARTICIPLE.test(word)) return false;
  if (isLast(shape, index)) return !word.endsWith("s");
  return SOURCES.has(wordAt(shape, index + 1)) || OPENING.test(behind);
}

/** `for root from <ip>`. */
function isSender(shape: Shape, index: number, previous: string, behind: string): boolean {
  if (!ACTOR_PLACES.has(previous) || behind !== " ") return false;
  return SOURCES.has(wordAt(shape, index + 1)) && shape.variable[index + 2] === true;
}

function wordAt(shape: Shape, index: number): string {
  return shape.variable[index] === true ? "" : (shape.texts[index] ?? "");
}

function isLast(shape: Shape, index: number): boolean {
  return index === shape.texts.length - 1;
}

const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;

/** A group of a hardware or IPv6 address without a digit of its own: its neighbours are groups, too. */
function isAddressGroup(shape: Shape, index: number, word: string, before: string, behind: string): boolean {
  if (!HEX_GROUP.test(word)) return false;
  const isGroup = (at: number): boolean =>
    shape.variable[at] === true || HEX_GROUP.test(shape.texts[at] ?? "");
  return (before === ":" && isGroup(index - 1)) || (behind === ":" && isGroup(index + 1));
}

/** `host:80`, at the beginning or where a place is named. */
function isHostOfPort(shape: Shape, index: number, behind: string): boolean {
  if (behind !== ":" || shape.variable[index + 1] !== true) return false;
  return index === 0 || PLACES.has(wordBefore(shape, index));
}

function wordBefore(shape: Shape, index: number): string {
  return wordAt(shape, index - 1);
}

/** `[a, b, c]`: the elements of a list in brackets, where each is one token and none a sentence's part. */
function maskLists(shape: Shape, masked: boolean[]): void {
  let open = -1;
  for (let index = 0; index <= shape.texts.length; index++) {
    const gap = shape.gaps[index] ?? "";
    if (open >= 0 && gap !== ", " && gap !== ",") {
      if (/^["'`]?[\])}]/.test(gap) && index - open > 1) masked.fill(true, open, index);
      open = -1;
    }
    if (/[[({]["'`]?$/.test(gap)) open = index;
  }
  for (const [index, isVariable] of shape.variable.entries()) if (isVariable) masked[index] = false;
}
