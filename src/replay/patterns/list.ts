import { clip } from "../../analysis/printable.ts";
import type { Level } from "../../log/severity.ts";
import { formatTime, SECOND_MS, type EpochMs } from "../../log/time.ts";
import { singleLine } from "../../notify/wording.ts";
import { grouped } from "../summary.ts";
import type { Pattern } from "./pattern-book.ts";

/** Where no terminal says how wide it is, long templates are cut here. */
const MAX_TEMPLATE_CHARS = 240;
/** Narrower than this a template says nothing: then the line is longer than the terminal. */
const MIN_TEMPLATE_CHARS = 30;
const MAX_SERVICE_CHARS = 24;
/** A level that fewer records have is not named. */
const MIN_LEVEL_SHARE = 0.01;
const MAX_LEVELS = 2;

export interface ListLook {
  /** Null: no terminal. */
  readonly columns: number | null;
  readonly colours: boolean;
  /** Patterns shown; 0 for all. */
  readonly limit: number;
  /** Several services: each pattern says whose it is. */
  readonly services: boolean;
}

type Paint = (text: string, code: number) => string;

const DIM = 2;
const BOLD = 1;
const LEVEL_COLOURS: Readonly<Partial<Record<Level, number>>> = {
  fatal: 31,
  error: 31,
  warn: 33,
  debug: 2,
  trace: 2,
};

interface Column {
  readonly title: string;
  readonly right: boolean;
  readonly cell: (pattern: Pattern) => string;
  readonly colour: (pattern: Pattern) => number | null;
}

/** The patterns as a table for people: one line each, its examples below. */
export function listLines(patterns: readonly Pattern[], look: ListLook): readonly string[] {
  const shown = look.limit === 0 ? patterns : patterns.slice(0, look.limit);
  const total = patterns.reduce((sum, { count }) => sum + count, 0);
  const columns = columnsOf(shown, total, look);
  const widths = columns.map(({ title, cell }) =>
    Math.max(title.length, ...shown.map((one) => cell(one).length)),
  );
  const used = widths.reduce((sum, width) => sum + width + 2, 0);
  const room = look.columns === null ? MAX_TEMPLATE_CHARS : Math.max(look.columns - used, MIN_TEMPLATE_CHARS);
  const paint: Paint = (text, code) => (look.colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const left = (pattern: Pattern): string =>
    columns.map((column, i) => cellText(column, widths[i] ?? 0, pattern, paint)).join("  ");
  const heading = columns.map(({ title, right }, i) => pad(title, widths[i] ?? 0, right)).join("  ");
  const lines = shown.flatMap((pattern) => [
    `${left(pattern)}  ${template(pattern.template, room, paint)}`,
    ...pattern.examples.map((example) => paint(`${" ".repeat(used)}${oneLine(example, room)}`, DIM)),
  ]);
  return [paint(`${heading}  pattern`, BOLD), ...lines, ...remainder(patterns, shown, total)];
}

function remainder(all: readonly Pattern[], shown: readonly Pattern[], total: number): readonly string[] {
  const hidden = all.length - shown.length;
  if (hidden <= 0) return [];
  const records = total - shown.reduce((sum, { count }) => sum + count, 0);
  return [
    `… ${grouped(hidden)} more with ${grouped(records)} records (${percent(records, total)}); --limit 0 lists all`,
  ];
}

function columnsOf(shown: readonly Pattern[], total: number, look: ListLook): readonly Column[] {
  const plain = (): null => null;
  const timed = shown.some(({ lastSeenMs }) => lastSeenMs !== null);
  const leveled = shown.some((pattern) => levelText(pattern) !== "");
  const several = spansDays(shown);
  const time = (ms: EpochMs | null): string => (ms === null ? "" : shortTime(ms, several));
  const column = (
    title: string,
    right: boolean,
    cell: Column["cell"],
    colour: Column["colour"] = plain,
  ): Column => ({ title, right, cell, colour });
  return [
    column("count", true, ({ count }) => grouped(count)),
    column("share", true, ({ count }) => percent(count, total)),
    ...(leveled ? [column("level", false, levelText, levelColour)] : []),
    ...(timed
      ? [
          column(
            "first seen",
            false,
            ({ firstSeenMs }) => time(firstSeenMs),
            () => DIM,
          ),
          column(
            "last seen",
            false,
            ({ lastSeenMs }) => time(lastSeenMs),
            () => DIM,
          ),
        ]
      : []),
    ...(look.services
      ? [column("service", false, ({ series }) => clip(singleLine(series.service), MAX_SERVICE_CHARS))]
      : []),
  ];
}

function cellText({ cell, right, colour }: Column, width: number, pattern: Pattern, paint: Paint): string {
  const text = pad(cell(pattern), width, right);
  const code = colour(pattern);
  return code === null ? text : paint(text, code);
}

function pad(text: string, width: number, right: boolean): string {
  return right ? text.padStart(width) : text.padEnd(width);
}

function percent(part: number, whole: number): string {
  const share = (100 * part) / Math.max(whole, 1);
  if (share > 0 && share < 0.1) return "<0.1%";
  return `${share.toFixed(1)}%`;
}

/** The levels by frequency, `error 80%, warn` where there are several. */
function levelText({ levels, count }: Pattern): string {
  const found = sortedLevels(levels).filter(
    ([level, records]) => level !== "unspecified" && records >= count * MIN_LEVEL_SHARE,
  );
  const [only] = found;
  if (found.length === 1 && only !== undefined) return only[0];
  return found
    .slice(0, MAX_LEVELS)
    .map(([level, records]) => `${level} ${Math.round((100 * records) / count)}%`)
    .join(", ");
}

function sortedLevels(levels: Pattern["levels"]): readonly (readonly [string, number])[] {
  return Object.entries(levels).toSorted(([, a], [, b]) => b - a);
}

function levelColour({ levels }: Pattern): number | null {
  const [most] = sortedLevels(levels);
  return LEVEL_COLOURS[(most?.[0] ?? "info") as Level] ?? null;
}

function spansDays(patterns: readonly Pattern[]): boolean {
  const days = new Set(
    patterns
      .flatMap(({ firstSeenMs, lastSeenMs }) => [firstSeenMs, lastSeenMs])
      .filter((ms) => ms !== null)
      .map((ms) => formatTime(ms).slice(0, 10)),
  );
  return days.size > 1;
}

/** `11-09 20:36:15`; the clock alone where all is of one day. */
function shortTime(ms: EpochMs, withDay: boolean): string {
  const text = formatTime(Math.floor(ms / SECOND_MS) * SECOND_MS);
  return withDay ? `${text.slice(5, 10)} ${text.slice(11, 19)}` : text.slice(11, 19);
}

function oneLine(text: string, room: number): string {
  const line = singleLine(text);
  return line.length <= room ? line : `${line.slice(0, Math.max(room - 1, 1)).toWellFormed()}…`;
}

/** Wildcards stand back, so that the words are read first. */
function template(text: string, room: number, paint: Paint): string {
  return oneLine(text, room).replace(/<[a-z*][a-z0-9_*-]{0,15}>/g, (wildcard) => paint(wildcard, 36));
}
