import type { Shape } from "./shape.ts";
import { traitsOf } from "./word-traits.ts";
import { isQuotedKey, isVariableWord } from "./variable-words.ts";

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
/** A line of so many `key=value` is the dump of a state: what is true or false in it is no event. */
const MIN_DUMP_PAIRS = 4;

export function identityOf(shape: Shape): Identity {
  const isDump = shape.gaps.filter((gap) => gap.endsWith("=")).length >= MIN_DUMP_PAIRS;
  const masked = shape.texts.map(
    (text, index) => shape.variable[index] === false && isVariableWord(shape, index, text, isDump),
  );
  maskRuns(shape, masked, LIST);
  maskRuns(shape, masked, QUOTED);
  const identity = withMasked(shape, masked);
  // A line of nothing but names is told by its names.
  return identity.words.length > 0 ? identity : withMasked(shape, masked.fill(false));
}

function withMasked(shape: Shape, masked: readonly boolean[]): Identity {
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

/** Tokens in a row that are one value: where such a run begins, goes on and ends, by what stands between. */
interface Run {
  readonly opens: RegExp;
  readonly goesOn: RegExp;
  readonly closes: RegExp;
}

/** `[a, b, c]`: the elements of a list in brackets, where each is one token and none a sentence's part. */
const LIST: Run = { opens: /[[({]["'`]?$/, goesOn: /^["'`]?,\s?["'`]?$/, closes: /^["'`]?[\])}]/ };
/** `"a:b"`: no blank in it, and no key. */
const QUOTED: Run = { opens: /(?:^|[\s=(,[:])["'`]$/, goesOn: /^[^\s"'`=]+$/, closes: /^["'`]/ };

function maskRuns(shape: Shape, masked: boolean[], run: Run): void {
  let open = -1;
  for (let index = 0; index <= shape.texts.length; index++) {
    const gap = shape.gaps[index] ?? "";
    if (open >= 0 && index > open && !run.goesOn.test(gap)) {
      const isValue = run.closes.test(gap) && !isQuotedKey(shape.gaps[open] ?? "", gap);
      if (isValue && index - open > 1) maskBetween(shape, masked, open, index);
      open = -1;
    }
    if (run.opens.test(gap)) open = index;
  }
}

function maskBetween(shape: Shape, masked: boolean[], from: number, to: number): void {
  for (let index = from; index < to; index++) {
    if (shape.variable[index] === false && !traitsOf(shape.texts[index] ?? "").opposite) masked[index] = true;
  }
}
