import type { SeverityNumber } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import { Head } from "./head.ts";
import { FieldScan, type FieldKind } from "./header-field.ts";
import { acceptHeaders } from "./header-rules.ts";
import {
  childFor,
  countChild,
  fade,
  headerNode,
  prune,
  substituteFor,
  type HeaderNode,
} from "./header-tree.ts";
import type { DateOrder, TimeScan } from "./time-scan.ts";
import type { Timeline } from "./timeline.ts";

export const MAX_FIELDS = 16;
/** Fields over all layouts that are kept; text without headers would make ever more. */
export const MAX_NODES = 512;
/** Beyond it older lines count half, so that a new layout is seen as soon as in the beginning. */
const MAX_COUNTED_LINES = 1_024;
const ORDERS: readonly DateOrder[] = ["dmy", "mdy", "ymd"];

/** How the lines of one source begin: learned from some of them, then asked for each. */
export class HeaderGrammar {
  readonly head = new Head();
  readonly #field = new FieldScan();
  readonly #kinds: FieldKind[] = [];
  readonly #starts = new Uint16Array(MAX_FIELDS);
  readonly #ends = new Uint16Array(MAX_FIELDS);
  #root: HeaderNode = headerNode("word");
  #nodes = 0;
  #order: DateOrder | null = null;
  /** Of the line being read, of which it is not yet known whether it is header. */
  readonly #soFar = { timed: false, timeMs: Number.NaN, severity: 0, levelField: -1 };

  /** Of the line read last: fields that are header. */
  size = 0;
  /** Index of the message in the head. */
  messageStart = 0;
  /** NaN: the header has no time, or not enough of one. */
  timeMs: EpochMs = Number.NaN;
  severity: SeverityNumber = 0;
  /** The level's own word stands in this field; -1 for none. */
  levelField = -1;
  /** The header went on as far as any that was learned. */
  complete = false;
  /** Is there a time in it? */
  timed = false;

  /** Is any header known? */
  get known(): boolean {
    return this.#root.deeper;
  }

  /** Fields over all layouts known so far. */
  get nodes(): number {
    return this.#nodes;
  }

  kind(index: number): FieldKind {
    return this.#kinds[index] ?? "word";
  }

  /** Where the field's value begins, without its brackets. */
  start(index: number): number {
    return this.#starts[index] ?? 0;
  }

  /** Where it ends, without its brackets and colon. */
  end(index: number): number {
    return this.#ends[index] ?? 0;
  }

  /** Adds what these lines show. What was header before stays header. */
  learn(lines: readonly string[]): void {
    if (this.#root.count > MAX_COUNTED_LINES) fade(this.#root);
    if (this.#nodes > MAX_NODES / 2) this.#nodes = prune(this.#root);
    this.#order = this.#learnOrder(lines) ?? this.#order;
    for (const line of lines) {
      this.head.load(line);
      this.#count();
    }
    acceptHeaders(this.#root);
  }

  #count(): void {
    const field = this.#field;
    field.begin(this.head, this.#order);
    let node = this.#root;
    node.count++;
    let begun = false;
    for (let fields = 0; fields < MAX_FIELDS && field.next(); fields++) {
      const value = (): string => this.head.text(field.valueStart, field.valueEnd);
      const child = countChild(node, field, begun, this.#nodes < MAX_NODES, value);
      if (child === null) return;
      if (child.count === 1) this.#nodes++;
      node = child;
      begun ||= field.kind === "time" || field.kind === "level";
    }
  }

  /** The order of day and month in which the most of these lines' dates exist; null where the usual one does. */
  #learnOrder(lines: readonly string[]): DateOrder | null {
    const fits = (order: DateOrder | null): number => lines.filter((line) => this.#fits(line, order)).length;
    const usual = fits(null);
    if (usual < 0 || !lines.some((line) => this.#hasNumbers(line))) return null;
    let best: DateOrder | null = null;
    let most = usual;
    for (const order of ORDERS) {
      const count = fits(order);
      if (count > most) {
        best = order;
        most = count;
      }
    }
    return best;
  }

  #hasNumbers(line: string): boolean {
    return this.#firstTime(line, null)?.form === "numbers";
  }

  #fits(line: string, order: DateOrder | null): boolean {
    const time = this.#firstTime(line, order);
    return time !== null && time.form === "numbers" && time.ordered;
  }

  #firstTime(line: string, order: DateOrder | null): TimeScan | null {
    this.head.load(line);
    const field = this.#field;
    field.begin(this.head, order);
    for (let fields = 0; fields < MAX_FIELDS && field.next(); fields++) {
      if (field.kind === "time") return field.time;
    }
    return null;
  }

  /** Reads the head that was loaded. True if it begins with a header; the fields above say what is in it. */
  read(timeline: Timeline): boolean {
    const field = this.#field;
    const so = this.#soFar;
    this.#reset();
    field.begin(this.head, this.#order);
    let node = this.#root;
    let extra = false;
    for (let depth = 0; depth < MAX_FIELDS && (depth === 0 || node.deeper) && field.next(); depth++) {
      const child =
        usable(childFor(node, field, so.timed || so.levelField >= 0)) ?? substituteFor(node, field);
      if (child === undefined) {
        if (depth === 0) this.#unknownTime(timeline);
        // `syslogd 1.4.1:` where others have one word: the next field decides.
        if (extra || !isWord(node.kind) || !isWord(field.kind)) break;
        extra = true;
        this.#kinds[depth] = field.kind;
        continue;
      }
      this.#take(child, depth, timeline);
      if (child.accepted && (!extra || ENDS.has(child.kind))) this.#end(child, depth);
      node = child;
    }
    return this.size > 0;
  }

  #reset(): void {
    const so = this.#soFar;
    so.timed = false;
    so.timeMs = Number.NaN;
    so.severity = 0;
    so.levelField = -1;
    this.size = 0;
    this.messageStart = 0;
    this.complete = false;
    this.#keep();
  }

  #keep(): void {
    const so = this.#soFar;
    this.timed = so.timed;
    this.timeMs = so.timeMs;
    this.severity = so.severity;
    this.levelField = so.levelField;
  }

  /** The field just read stands where `node` does in the tree. */
  #take(node: HeaderNode, depth: number, timeline: Timeline): void {
    const field = this.#field;
    const so = this.#soFar;
    this.#kinds[depth] = node.kind === "word" ? field.kind : node.kind;
    this.#starts[depth] = field.valueStart;
    this.#ends[depth] = field.valueEnd;
    if (field.kind === "time") {
      so.timed = true;
      if (Number.isNaN(so.timeMs)) so.timeMs = timeline.timeOf(field.time);
    }
    if (field.severity > 0 && node.kind !== "word") {
      so.severity = field.severity;
      so.levelField = depth;
    }
  }

  /** The header goes at least to here. */
  #end(node: HeaderNode, depth: number): void {
    this.size = depth + 1;
    this.messageStart = this.#field.end;
    this.complete = !node.deeper;
    this.#keep();
  }

  /** A time that no line began with before is a header all the same. */
  #unknownTime(timeline: Timeline): void {
    const field = this.#field;
    if (field.kind !== "time" || field.time.form === "epoch" || field.time.form === "none") return;
    this.#kinds[0] = "time";
    this.#starts[0] = field.valueStart;
    this.#ends[0] = field.valueEnd;
    this.size = 1;
    this.messageStart = field.end;
    this.timeMs = timeline.timeOf(field.time);
    this.timed = true;
  }
}

const WORDS: ReadonlySet<FieldKind> = new Set(["word", "padded", "number", "mark", "letter"]);

function isWord(kind: FieldKind): boolean {
  return WORDS.has(kind);
}

/** What may end a header that has one word more than those learned. */
const ENDS: ReadonlySet<FieldKind> = new Set(["mark", "component", "level", "closed"]);

function usable(node: HeaderNode | undefined): HeaderNode | undefined {
  return node !== undefined && (node.accepted || node.deeper) ? node : undefined;
}
