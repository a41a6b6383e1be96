import type { ShapeScanner } from "./shape-scanner.ts";
import { CONTINUED, WORD, type TokenScanner } from "./token-scanner.ts";
import { wildcardOf } from "./variable-type.ts";
import { wordHash } from "./word-hash.ts";

/** Longer words are cut, their hash behind. */
export const MAX_WORD_CHARS = 96;
/** More between two tokens is not kept. */
export const MAX_GAP_CHARS = 24;
/** A run of variables longer than this is shown as one. */
const MAX_RUN = 12;

/**
 * A line's shape for the miner: its words, and wildcards where its variables were; no variable's value. Plain data,
 * to be posted from a worker to the thread that mines.
 */
export interface Shape {
  /** The shape's hash, as the scanner gave it. */
  readonly high: number;
  readonly low: number;
  /** What stands before each token; blanks as one. */
  readonly gaps: readonly string[];
  /** Words as they are; variables as their typed wildcard. */
  readonly texts: readonly string[];
  /** True where the token is a variable. */
  readonly variable: readonly boolean[];
}

const decoder = new TextDecoder();

/** The shape of the body that `scanner` read last; `bytes` must still hold it. */
export function tokenise(scanner: ShapeScanner, bytes: Uint8Array): Shape {
  const { scanned } = scanner;
  const gaps: string[] = [];
  const texts: string[] = [];
  const variable: boolean[] = [];
  const text = textOf(bytes, scanned.gapStarts[0] ?? 0, scanned.tailEnd);
  for (let index = 0; index < scanned.tokens;) {
    gaps.push(gapBefore(scanned, text, index));
    if (scanned.kinds[index] === WORD) {
      texts.push(cutWord(text(scanned.starts[index] ?? 0, scanned.ends[index] ?? 0)));
      variable.push(false);
      index += 1;
      continue;
    }
    let last = index;
    while (last + 1 < scanned.tokens && scanned.kinds[last + 1] === CONTINUED) last += 1;
    texts.push(runText(scanned, text, index, last));
    variable.push(true);
    index = last + 1;
  }
  gaps.push(cleanGap(text(scanned.tailStart, scanned.tailEnd)).trimEnd());
  return { high: scanned.high, low: scanned.low, gaps, texts, variable };
}

type TextAt = (start: number, end: number) => string;

/** One decoding for the line where it is ASCII, so that offsets into the text are those into the bytes. */
function textOf(bytes: Uint8Array, from: number, to: number): TextAt {
  const whole = decoder.decode(bytes.subarray(from, to));
  let isAscii = whole.length === to - from;
  for (let at = from; isAscii && at < to; at++) isAscii = (bytes[at] ?? 0) < 0x80;
  if (isAscii) return (start, end) => whole.slice(start - from, end - from);
  return (start, end) => decoder.decode(bytes.subarray(start, end));
}

function cutWord(word: string): string {
  if (word.length <= MAX_WORD_CHARS) return word;
  return `${word.slice(0, MAX_WORD_CHARS)}~${(wordHash(word) >>> 0).toString(16)}`;
}

function cleanGap(gap: string): string {
  const clean = gap.replace(/\s+/g, " ");
  const cut = clean.length > MAX_GAP_CHARS ? clean.slice(0, MAX_GAP_CHARS) : clean;
  // oxlint-disable-next-line no-control-regex -- what a terminal would obey is not shown
  return cut.replace(/[\u0000-\u001f\u007f]/g, "");
}

/** Variables in a row: one wildcard where they are one value together, as a date and a time are. */
function runText(scanned: TokenScanner, text: TextAt, first: number, last: number): string {
  const { starts, ends } = scanned;
  const start = starts[first] ?? 0;
  if (first === last) return wildcardOf(text(start, ends[first] ?? 0));
  const whole = wildcardOf(cleanRun(text(start, ends[last] ?? 0)));
  if (whole !== "<*>" && whole !== "<path>" && whole !== "<url>") return whole;
  if (last - first >= MAX_RUN) return "<*>";
  return pieces(scanned, text, first, last);
}

function cleanRun(run: string): string {
  return run.replace(/\s+/g, " ");
}

function pieces(scanned: TokenScanner, text: TextAt, first: number, last: number): string {
  let shown = "";
  for (let index = first; index <= last;) {
    const start = scanned.starts[index] ?? 0;
    let to = last;
    // The longest stretch that is one value.
    while (to > index && !isOne(cleanRun(text(start, scanned.ends[to] ?? 0)))) to -= 1;
    if (index > first) shown += gapBefore(scanned, text, index);
    shown += wildcardOf(cleanRun(text(start, scanned.ends[to] ?? 0)));
    index = to + 1;
  }
  return shown;
}

/** Between stretches of a record that are not neighbours, a blank; never what was left out. */
function gapBefore(scanned: TokenScanner, text: TextAt, index: number): string {
  const from = scanned.gapStarts[index] ?? 0;
  const gap = text(from, scanned.starts[index] ?? 0);
  return cleanGap(index > 0 && from !== scanned.ends[index - 1] ? ` ${gap.trimStart()}` : gap);
}

function isOne(run: string): boolean {
  const type = wildcardOf(run);
  return (
    type === "<time>" ||
    type === "<duration>" ||
    type === "<size>" ||
    (type === "<num>" && !run.includes(" "))
  );
}
