import type { Template, TemplateState } from "./template.ts";
import { plainText } from "./template-text.ts";
import { WordSequence, type SequenceHash } from "./word-sequence.ts";
import { ownCopy } from "./word-traits.ts";

/** A template that was counted twice as often is worth as much as one that was seen this much later. */
export const DOUBLING_WORTH_MS = 3_600_000;

/** Most templates have no alias and no place opened. */
export const NONE: readonly never[] = [];

/** A template as the miner holds it. */
export interface Node {
  readonly id: string;
  readonly words: string;
  marked: string;
  readonly createdAtMs: number;
  lastSeenMs: number;
  count: number;
  became: Node | null;
  aliases: readonly string[];
  opened: readonly number[];
  isStored: boolean;
  /** Count and time as they were stored. */
  storedCount: number;
  storedSeenMs: number;
}

export function newNode(sequence: WordSequence, marked: string, nowMs: number): Node {
  const { words } = sequence;
  return {
    id: idOf(sequence.hash),
    words: words.length === 1 ? ownCopy(words[0] ?? "") : words.join(" "),
    marked,
    createdAtMs: nowMs,
    lastSeenMs: nowMs,
    count: 0,
    became: null,
    aliases: NONE,
    opened: NONE,
    isStored: false,
    storedCount: 0,
    storedSeenMs: nowMs,
  };
}

export function idOf({ high, low }: SequenceHash): string {
  return hex(high, 8) + hex(low, 8).slice(0, 4);
}

function hex(half: number, digits: number): string {
  return (half >>> 0).toString(16).padStart(digits, "0");
}

export function rootOf(node: Node): Node {
  let root = node;
  while (root.became !== null) root = root.became;
  return root;
}

export function isBefore(one: Node, other: Node): boolean {
  const [first, second] = [wordCount(one), wordCount(other)];
  return first === second ? one.id < other.id : first < second;
}

function wordCount({ words }: Node): number {
  return words === "" ? 0 : words.split(" ").length;
}

export function worth(node: Node): number {
  return node.lastSeenMs + DOUBLING_WORTH_MS * Math.log2(1 + node.count);
}

export function sequenceOf({ words }: Node): WordSequence {
  return new WordSequence(words === "" ? [] : words.split(" "));
}

export function shown({ id, marked, createdAtMs, lastSeenMs, count, aliases }: Node): Template {
  return { id, text: plainText(marked), createdAtMs, lastSeenMs, count, aliases: [...aliases] };
}

export function stateOf(node: Node): TemplateState {
  const { id, words, marked, createdAtMs, lastSeenMs, count, became, opened } = node;
  return {
    id,
    words,
    marked,
    createdAtMs,
    lastSeenMs,
    count,
    became: became?.id ?? null,
    opened: [...opened],
  };
}

export function nodeOf(state: TemplateState): Node {
  const { id, words, marked, createdAtMs, lastSeenMs, count } = state;
  const base = { id, words, marked, createdAtMs, lastSeenMs, count, became: null, aliases: NONE };
  return { ...base, opened: state.opened, isStored: true, storedCount: count, storedSeenMs: lastSeenMs };
}
