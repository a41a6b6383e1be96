import { EverSeen } from "./seen.ts";
import { FamilyTable } from "./families.ts";
import { identityOf } from "./identity.ts";
import type { Shape } from "./shape.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { SNAPSHOT_VERSION, type MinerChanges, type Template } from "./template.ts";
import { markedText, mergedText } from "./template-text.ts";
import {
  DOUBLING_WORTH_MS,
  idOf,
  isBefore,
  newNode,
  nodeOf,
  NONE,
  rootOf,
  sequenceOf,
  shown,
  stateOf,
  worth,
  type Node,
} from "./template-node.ts";
import { WordSequence } from "./word-sequence.ts";
import { traitsOf } from "./word-traits.ts";

export interface MinerOptions {
  /** Templates kept, those that became part of others included. */
  readonly maxTemplates: number;
  /** Constant words that count of one line. */
  readonly maxWords: number;
  /** Of the ever-seen set. */
  readonly maxSeenBytes: number;
}

export const DEFAULT_MINER_OPTIONS: MinerOptions = {
  maxTemplates: 10_000,
  maxWords: 48,
  maxSeenBytes: 1 << 20,
};

/** This share of the templates goes at once, the least valuable first: going costs a look at all that stay. */
const EVICTED_SHARE = 1 / 8;
/** Of templates that nothing was counted for, so many may go: a flood of lines that never repeat stays cheap. */
const UNCOUNTED_SHARE = 1 / 2;

/**
 * How much different words must weigh in one place until it counts as a variable: the fewer words a line has, the
 * more each says. An index is a number of words; more of them need no more than the last.
 */
const OPEN_WEIGHTS: readonly number[] = [Infinity, Infinity, 36, 18, 12];

export interface Learned {
  readonly id: string;
  /** True where nothing like it was ever seen in this series. */
  readonly isNew: boolean;
}

/**
 * The templates of one series. A template is a sequence of constant words; templates that are the same but for one
 * place become one when that place has seen too many words for a fixed set. What becomes one depends on which shapes
 * were seen, not on their order, so ids do not depend on it either.
 */
export class TemplateMiner {
  readonly #options: MinerOptions;
  #nodes: Node[] = [];
  readonly #byId = new Map<string, Node>();
  readonly #families = new FamilyTable();
  readonly #seen: EverSeen;
  readonly #changed = new Set<Node>();
  #removed: string[] = [];
  #evicted = 0;

  constructor(options: Partial<MinerOptions> = {}) {
    this.#options = { ...DEFAULT_MINER_OPTIONS, ...options };
    this.#seen = new EverSeen(this.#options.maxSeenBytes);
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** Templates that had to go so far. */
  get evicted(): number {
    return this.#evicted;
  }

  learn(shape: Shape, nowMs: number): Learned {
    const { words, tokens, masked } = identityOf(shape);
    const opened = new Set<number>();
    const { maxWords } = this.#options;
    const places = tokens.slice(0, maxWords);
    let sequence = new WordSequence(words.slice(0, maxWords));
    let node = this.#byId.get(idOf(sequence.hash));
    for (
      let open = this.#openPlace(sequence);
      node === undefined && open >= 0;
      open = this.#openPlace(sequence)
    ) {
      opened.add(places[open] ?? -1);
      places.splice(open, 1);
      sequence = sequence.without(open);
      node = this.#byId.get(idOf(sequence.hash));
    }
    const marked = markedText(shape, masked, opened);
    const known = node !== undefined;
    const wasSeen = known || this.#seen.has(sequence.hash.high, sequence.hash.low);
    const settled =
      node ??
      this.#create(sequence, marked, nowMs, (index) => {
        opened.add(places[index] ?? -1);
        return markedText(shape, masked, opened);
      });
    const root = rootOf(settled);
    root.lastSeenMs = Math.max(root.lastSeenMs, nowMs);
    const merged = mergedText(root.marked, marked);
    if (merged !== root.marked) {
      root.marked = merged;
      this.#changed.add(root);
    }
    return { id: root.id, isNew: !wasSeen && root === settled };
  }

  /** The first place that is known to hold a variable; -1 where none is. */
  #openPlace(sequence: WordSequence): number {
    return sequence.words.findIndex((word, index) => {
      if (!traitsOf(word).openable) return false;
      const { high, low } = sequence.family(index);
      const slot = this.#families.find(high, low);
      return slot >= 0 && this.#families.isOpen(slot);
    });
  }

  #create(sequence: WordSequence, marked: string, nowMs: number, opening: (index: number) => string): Node {
    if (this.#nodes.length >= this.#options.maxTemplates) this.#evict();
    const node = newNode(sequence, marked, nowMs);
    this.#keep(node);
    this.#changed.add(node);
    for (const index of this.#join(sequence)) this.#open(sequence, index, opening(index), nowMs);
    return node;
  }

  #keep(node: Node): void {
    this.#nodes.push(node);
    this.#byId.set(node.id, node);
  }

  /** Makes the last template a member of its families; returns the places in which it was one word too many. */
  #join(sequence: WordSequence): number[] {
    const member = this.#nodes.length - 1;
    const enough = OPEN_WEIGHTS[Math.min(sequence.words.length, OPEN_WEIGHTS.length - 1)] ?? Infinity;
    if (enough === Infinity) return [];
    return sequence.words.flatMap((word, index) => {
      const { openable, weight } = traitsOf(word);
      if (!openable) return [];
      const { high, low } = sequence.family(index);
      const slot = this.#families.add(high, low, member, weight);
      return this.#families.weight(slot) >= enough && !this.#families.isOpen(slot) ? [index] : [];
    });
  }

  /** The place holds a variable: all members of the family become the template without it. */
  #open(sequence: WordSequence, index: number, marked: string, nowMs: number): void {
    const { high, low } = sequence.family(index);
    const slot = this.#families.find(high, low);
    if (slot < 0 || this.#families.isOpen(slot)) return;
    this.#families.open(slot);
    const members = this.#families.members(slot).flatMap((member) => this.#nodes[member] ?? []);
    const reduced = sequence.without(index);
    const target = this.#byId.get(idOf(reduced.hash)) ?? this.#create(reduced, marked, nowMs, () => marked);
    target.opened = [...target.opened, index];
    this.#changed.add(target);
    for (const member of members) this.#unite(member, target);
  }

  /** One group of two; it goes by the one of fewest words, so its name does not depend on the order of joining. */
  #unite(one: Node, other: Node): void {
    const [first, second] = [rootOf(one), rootOf(other)];
    if (first === second) return;
    const [root, child] = isBefore(first, second) ? [first, second] : [second, first];
    child.became = root;
    root.count += child.count;
    root.lastSeenMs = Math.max(root.lastSeenMs, child.lastSeenMs);
    root.aliases = [...root.aliases, child.id, ...child.aliases];
    child.aliases = NONE;
    this.#changed.add(root);
    this.#changed.add(child);
  }

  /** Counts records of a template: what was counted most and last is kept longest. */
  observe(id: string, count: number, nowMs: number): void {
    const node = this.#byId.get(id);
    if (node === undefined) return;
    const root = rootOf(node);
    root.count += count;
    root.lastSeenMs = Math.max(root.lastSeenMs, nowMs);
    // Stored when its worth has changed, not with every record.
    if (root.count >= root.storedCount * 2 || nowMs - root.storedSeenMs >= DOUBLING_WORTH_MS)
      this.#changed.add(root);
  }

  /** The id that `id` goes by now; null where it is not known, or no longer. */
  resolve(id: string): string | null {
    const node = this.#byId.get(id);
    return node === undefined ? null : rootOf(node).id;
  }

  template(id: string): Template | null {
    const node = this.#byId.get(id);
    return node === undefined ? null : shown(rootOf(node));
  }

  *templates(): Iterable<Template> {
    for (const node of this.#nodes) if (node.became === null) yield shown(node);
  }

  /** The least valuable templates go, as at the bound. */
  shrink(): void {
    this.#evict();
  }

  #evict(): void {
    const roots = this.#nodes.filter(({ became }) => became === null);
    roots.sort((a, b) => worth(a) - worth(b) || (a.id < b.id ? -1 : 1));
    const evicted = this.#nodes.length * EVICTED_SHARE;
    const uncounted = this.#nodes.length * UNCOUNTED_SHARE;
    let going = 0;
    const gone = new Set<Node>();
    for (const root of roots) {
      if (going >= (root.count === 0 ? uncounted : evicted)) break;
      gone.add(root);
      going += 1 + root.aliases.length;
    }
    const kept: Node[] = [];
    for (const node of this.#nodes) {
      if (gone.has(rootOf(node))) this.#forget(node);
      else kept.push(node);
    }
    this.#rebuild(kept);
  }

  #forget(node: Node): void {
    const { high, low } = sequenceOf(node).hash;
    this.#seen.add(high, low);
    this.#byId.delete(node.id);
    this.#changed.delete(node);
    if (node.isStored) this.#removed.push(node.id);
    this.#evicted += 1;
  }

  #rebuild(nodes: readonly Node[]): void {
    this.#nodes = [];
    this.#families.clear();
    for (const node of nodes) {
      this.#keep(node);
      const sequence = sequenceOf(node);
      this.#join(sequence);
    }
    for (const node of nodes) for (const index of node.opened) this.#reopen(node, index);
  }

  /** A family stays open when its members are gone. */
  #reopen(node: Node, index: number): void {
    const { high, low } = sequenceOf(node).familyWith(index);
    const slot = this.#families.find(high, low);
    this.#families.open(slot >= 0 ? slot : this.#families.add(high, low, this.#nodes.indexOf(node), 0));
  }

  /** What changed since the last call; everything at the first. */
  takeChanges(): MinerChanges {
    const templates = [...this.#changed].map(stateOf);
    for (const node of this.#changed) {
      node.isStored = true;
      node.storedCount = node.count;
      node.storedSeenMs = node.lastSeenMs;
    }
    this.#changed.clear();
    const removed = this.#removed.filter((id) => !this.#byId.has(id));
    this.#removed = [];
    const seen = this.#seen.takeChanged().map((layer) => ({ ...layer, bits: toBase64(layer.bits) }));
    return { version: SNAPSHOT_VERSION, templates, removed, seen };
  }

  /** Takes in what was stored; into an empty miner, before the first line. */
  restore({ templates, seen }: MinerChanges): void {
    for (const layer of seen) this.#seen.restore({ ...layer, bits: fromBase64(layer.bits) });
    const nodes = templates.map(nodeOf);
    const byId = new Map(nodes.map((node) => [node.id, node]));
    for (const [index, { became }] of templates.entries()) {
      const node = nodes[index];
      if (node !== undefined && became !== null) node.became = byId.get(became) ?? null;
    }
    for (const node of nodes) {
      if (node.became === null) continue;
      const root = rootOf(node);
      root.aliases = [...root.aliases, node.id];
    }
    this.#rebuild(nodes);
  }
}
