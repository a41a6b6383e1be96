import type { LogRecord } from "../../log/batch.ts";
import { levelIndex, LEVELS, type Level } from "../../log/severity.ts";
import { seriesKey, type Series } from "../../log/series.ts";
import type { EpochMs } from "../../log/time.ts";
import { BodyHeader } from "../../source/body-header.ts";
import { TemplateMiner } from "../../template/miner.ts";
import { ShapeScanner } from "../../template/shape-scanner.ts";
import { tokenise } from "../../template/shape.ts";
import { ANY } from "../../template/template-text.ts";

const MAX_EXAMPLE_CHARS = 2_000;
/** Shapes known by their hash; more, and they are asked for again. */
const MAX_SHAPES = 1 << 18;
/** Templates counted one by one in each series; further ones are counted together. */
export const MAX_PATTERNS = 200_000;
/** The id under which those are counted. */
export const OTHER = "other";

/** One template and what was counted for it. */
export interface Pattern {
  readonly id: string;
  readonly template: string;
  readonly series: Series;
  readonly count: number;
  /** Records per level; levels without any are left out. */
  readonly levels: Readonly<Partial<Record<Level, number>>>;
  /** Null where no record of it has a time. */
  readonly firstSeenMs: EpochMs | null;
  readonly lastSeenMs: EpochMs | null;
  /** Different lines of it, as they came. */
  readonly examples: readonly string[];
}

/** Where one record went; asked of the book for what it is called now. */
export interface Ticket {
  readonly id: string;
  /** The template's text when its first record came. */
  readonly text: string;
  readonly miner: TemplateMiner;
}

interface Tally extends Ticket {
  /** By index into `LEVELS`. */
  readonly levels: number[];
  readonly examples: string[];
  count: number;
  firstMs: EpochMs;
  lastMs: EpochMs;
}

interface SeriesBook {
  readonly series: Series;
  readonly miner: TemplateMiner;
  readonly header: BodyHeader;
  /** From a shape's hash to the id that it was given. */
  readonly shapes: Map<number, string>;
  readonly tallies: Map<string, Tally>;
}

/** The patterns of stored logs, series by series, mined as the service mines them. */
export class PatternBook {
  readonly #maxExamples: number;
  readonly #scanner = new ShapeScanner();
  readonly #maxPatterns: number;
  readonly #books = new Map<string, SeriesBook>();

  constructor(maxExamples: number, maxPatterns = MAX_PATTERNS) {
    this.#maxExamples = maxExamples;
    this.#maxPatterns = maxPatterns;
  }

  /** Counts the record. `bare`: its body is the message alone; else a header may still stand in it. */
  add(record: LogRecord, bare: boolean): Ticket {
    const book = this.#bookOf(record.series);
    const nowMs = Number.isFinite(record.timeMs) ? record.timeMs : 0;
    const start = bare ? 0 : book.header.messageStart(record.body, nowMs);
    const severity = record.severity > 0 || start === 0 ? record.severity : book.header.severity;
    const id = this.#idOf(start === 0 ? record.body : record.body.slice(start), book, nowMs);
    book.miner.observe(id, 1, nowMs);
    const full = book.tallies.size >= this.#maxPatterns && !book.tallies.has(id);
    const tally = tallyOf(book, full ? OTHER : id);
    countRecord(tally, record, levelIndex(severity));
    this.#keepExample(tally, record.body);
    return tally;
  }

  #idOf(message: string, { miner, shapes }: SeriesBook, nowMs: EpochMs): string {
    const scanner = this.#scanner;
    const bytes = scanner.scanText(message);
    const known = miner.resolve(shapes.get(scanner.key) ?? "");
    if (known !== null) return known;
    const { id } = miner.learn(tokenise(scanner, bytes), nowMs);
    if (shapes.size >= MAX_SHAPES) shapes.clear();
    shapes.set(scanner.key, id);
    return id;
  }

  #keepExample({ examples }: Tally, body: string): void {
    if (examples.length >= this.#maxExamples) return;
    const example = body.slice(0, MAX_EXAMPLE_CHARS);
    // A copy: a slice would keep the whole read alive that the line was cut from.
    if (!examples.includes(example)) examples.push(Buffer.from(example).toString());
  }

  #bookOf(series: Series): SeriesBook {
    const key = seriesKey(series);
    let book = this.#books.get(key);
    if (book === undefined) {
      const miner = new TemplateMiner();
      book = { series, miner, header: new BodyHeader(), shapes: new Map(), tallies: new Map() };
      this.#books.set(key, book);
    }
    return book;
  }

  /** How many series there are: with several, a list must say whose a pattern is. */
  get series(): number {
    return this.#books.size;
  }

  /** All patterns as they are now, the most frequent first; equally frequent ones by their text. */
  patterns(): readonly Pattern[] {
    const found = [...this.#books.values()].flatMap((book) => patternsOf(book, this.#maxExamples));
    return found.toSorted((a, b) => b.count - a.count || (a.template < b.template ? -1 : 1));
  }
}

/** The id and text by which the record's pattern goes now; one that had to make room keeps its last. */
export function assignmentOf({ id, text, miner }: Ticket): {
  readonly pattern: string;
  readonly template: string;
} {
  const template = miner.template(id);
  return { pattern: template?.id ?? id, template: template?.text ?? text };
}

function tallyOf({ miner, tallies }: SeriesBook, id: string): Tally {
  let tally = tallies.get(id);
  if (tally === undefined) {
    const text = miner.template(id)?.text ?? ANY;
    const times = { firstMs: Number.POSITIVE_INFINITY, lastMs: Number.NEGATIVE_INFINITY };
    tally = { id, text, miner, levels: LEVELS.map(() => 0), examples: [], count: 0, ...times };
    tallies.set(id, tally);
  }
  return tally;
}

function countRecord(tally: Tally, { timeMs }: LogRecord, level: number): void {
  tally.count++;
  tally.levels[level] = (tally.levels[level] ?? 0) + 1;
  if (!Number.isFinite(timeMs)) return;
  tally.firstMs = Math.min(tally.firstMs, timeMs);
  tally.lastMs = Math.max(tally.lastMs, timeMs);
}

/** What was counted under ids that became one is added up. */
function patternsOf({ series, tallies }: SeriesBook, maxExamples: number): readonly Pattern[] {
  const groups = Map.groupBy(tallies.values(), (tally) => assignmentOf(tally).pattern);
  return [...groups].map(([id, group]) => {
    const [first] = group;
    const firstMs = Math.min(...group.map((tally) => tally.firstMs));
    const lastMs = Math.max(...group.map((tally) => tally.lastMs));
    return {
      id,
      template: first === undefined ? "" : assignmentOf(first).template,
      series,
      count: group.reduce((sum, tally) => sum + tally.count, 0),
      levels: levelsOf(group),
      firstSeenMs: Number.isFinite(firstMs) ? firstMs : null,
      lastSeenMs: Number.isFinite(lastMs) ? lastMs : null,
      examples: [...new Set(group.flatMap(({ examples }) => examples))].slice(0, maxExamples),
    };
  });
}

function levelsOf(group: readonly Tally[]): Pattern["levels"] {
  const counts = LEVELS.map(
    (level, i) => [level, group.reduce((sum, tally) => sum + (tally.levels[i] ?? 0), 0)] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
