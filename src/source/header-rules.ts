import type { FieldKind } from "./header-field.ts";
import type { HeaderNode } from "./header-tree.ts";

/** A field that can also begin a message counts as header only where nearly every line has it. */
const MOST = 0.85;
/** Fewer lines prove nothing about what "every line" has. */
const ENOUGH_LINES = 4;
/** Levels in capitals and process ids speak for themselves, but a few lines may be quotations. */
const MANY = 0.2;
const SOME = 0.1;
const RARE = 0.02;

/** What stands between the last field that is certainly header and the one in question. */
interface Place {
  /** The last accepted node, or the root. */
  readonly anchor: HeaderNode;
  /** Fields since the anchor. */
  readonly run: number;
  /** Words since the anchor that could be a sentence's, less those that could not. */
  readonly plain: number;
  readonly timed: boolean;
  readonly leveled: boolean;
  /** A component, a mark or the like has ended the header, unless another one follows in it. */
  readonly sealed: boolean;
  readonly depth: number;
}

/** Marks the nodes at which a header ends; returns whether there is any. */
export function acceptHeaders(root: HeaderNode): boolean {
  const start: Place = {
    anchor: root,
    run: 0,
    plain: 0,
    timed: false,
    leveled: false,
    sealed: false,
    depth: 0,
  };
  return acceptBelow(root, start);
}

function acceptBelow(node: HeaderNode, place: Place): boolean {
  let any = false;
  for (const child of node.children) {
    const here = child.accepted || isHeader(child, place);
    if (here) child.accepted = true;
    const below = acceptBelow(child, here ? anchored(child, place) : passed(child, place));
    child.deeper ||= below;
    any ||= here || below;
  }
  node.deeper ||= any;
  return any;
}

function anchored(node: HeaderNode, place: Place): Place {
  const { kind } = node;
  return {
    anchor: node,
    run: 0,
    plain: 0,
    timed: place.timed || kind === "time",
    leveled: place.leveled || kind === "level" || kind === "letter" || node.form === "klog",
    sealed: kind === "time" || kind === "stream" ? false : place.sealed || SEALS.has(kind),
    depth: place.depth + 1,
  };
}

const SEALS: ReadonlySet<FieldKind> = new Set(["component", "structured", "name"]);

function passed(node: HeaderNode, place: Place): Place {
  const plain = node.kind === "word" && node.plain * 2 > node.count ? 1 : -1;
  return { ...place, run: place.run + 1, plain: place.plain + plain, depth: place.depth + 1 };
}

/** The share of the anchor's lines that have such a field within `maxRun` others. */
function share(kind: FieldKind, { anchor }: Place, maxRun: number): number {
  return reach(anchor, kind, maxRun) / Math.max(anchor.count, 1);
}

function reach(node: HeaderNode, kind: FieldKind, maxRun: number): number {
  let lines = 0;
  for (const child of node.children) {
    if (child.kind === kind) lines += child.count;
    else if (maxRun > 0) lines += reach(child, kind, maxRun - 1);
  }
  return lines;
}

function isHeader(node: HeaderNode, place: Place): boolean {
  return RULES[node.kind](node, place);
}

function isMost(node: HeaderNode, place: Place, maxRun: number): boolean {
  if (place.anchor.count < ENOUGH_LINES || node.count < place.anchor.count * RARE) return false;
  return share(node.kind, place, maxRun) >= MOST;
}

type Rule = (node: HeaderNode, place: Place) => boolean;

const never: Rule = () => false;

function begun({ timed, leveled }: Place): boolean {
  return timed || leveled;
}

const RULES: Readonly<Record<FieldKind, Rule>> = {
  time: isTime,
  priority: (_, { depth }) => depth === 0,
  level: isLevel,
  letter: isLetterLevel,
  stream: (_, { run, timed }) => run === 0 && timed,
  structured: (_, { run }) => run === 0,
  name: (_, { run, leveled }) => run === 0 && leveled,
  number: (node, place) => place.run === 0 && place.timed && !place.sealed && isMost(node, place, 0),
  bracket: isBracket,
  component: isComponent,
  closed: (node, place) =>
    place.run <= 3 &&
    begun(place) &&
    (place.run === 0 || place.anchor.form === "klog" || isMost(node, place, 3)),
  padded: (node, place) =>
    place.run === 0 && place.timed && place.leveled && !place.sealed && isMost(node, place, 0),
  piped: (node, place) => place.run === 0 && place.timed && isMost(node, place, 0),
  mark: isMark,
  word: never,
  date: never,
};

function isTime(node: HeaderNode, place: Place): boolean {
  const { anchor, run, timed, depth } = place;
  const part = share("time", place, run);
  if (depth === 0) {
    const vague = node.form === "epoch" || node.form === "none";
    return node.count >= anchor.count * (vague ? MANY : RARE);
  }
  if (timed && run === 0) return node.count >= anchor.count * SOME;
  if (timed) return run <= 2 && !place.sealed && place.plain <= 0 && isMost(node, place, 2);
  if (run >= 2 && place.plain > 0) return false;
  return run <= 5 && part >= 0.3;
}

function isLevel(node: HeaderNode, place: Place): boolean {
  const { anchor, run } = place;
  if (place.depth === 0) return node.strong > 0 && node.strong >= anchor.count * MANY;
  if (place.leveled) return false;
  if (run > 4 || (place.sealed && run > 0)) return false;
  const certain = node.strong * 2 > node.count;
  if (run === 0) return (certain && node.count >= anchor.count * SOME) || isMost(node, place, 0);
  if (!certain || node.count < anchor.count * RARE) return false;
  return share("level", place, 4) >= MOST && (anchor.count >= ENOUGH_LINES || place.plain <= 0);
}

/** One letter is a level only where every line has one. */
function isLetterLevel(node: HeaderNode, place: Place): boolean {
  const { leveled, timed, sealed, run } = place;
  if (leveled || sealed || run > 1) return false;
  if (node.strong > 0) return isMost(node, place, 0) || timed;
  return timed && isMost(node, place, 1);
}

function isBracket(node: HeaderNode, place: Place): boolean {
  if (place.sealed || place.run > 1 || (place.run === 1 && place.plain > 0)) return false;
  return (begun(place) || place.run === 0) && isMost(node, place, place.run);
}

function isComponent(node: HeaderNode, place: Place): boolean {
  const { anchor, run, sealed } = place;
  if (sealed || run > 1) return false;
  const processes = node.strong >= Math.max(1, node.count * SOME);
  if (!begun(place)) return run === 0 && processes && isMost(node, place, 0);
  if (run === 0) return isMost(node, place, 0) || (processes && node.count >= anchor.count * SOME);
  // One word before it is a host, or a thread; one message with a colon in it looks the same but never varies.
  if (processes) return node.count >= anchor.count * SOME;
  return isMost(node, place, 1) && node.values.size > 1;
}

function isMark(node: HeaderNode, place: Place): boolean {
  if (!begun(place) || place.run > 2 || place.sealed) return false;
  if (place.run === 0) return place.anchor.count < ENOUGH_LINES || share("mark", place, 0) >= MOST;
  return isMost(node, place, 2);
}
