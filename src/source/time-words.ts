import { BLANK, isLetter, type Head } from "./head.ts";

const COMMA = 0x2c;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/** The longest are `Wednesday` and `September`. */
const MAX_NAME_CHARS = 9;

function threeLetters(a: number, b: number, c: number): number {
  return ((a | 0x20) << 16) | ((b | 0x20) << 8) | (c | 0x20);
}

function keysOf(words: readonly string[]): ReadonlyMap<number, number> {
  return new Map(
    words.map((word, i) => [threeLetters(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(2)), i + 1]),
  );
}

const MONTH_KEYS = keysOf(MONTHS);
const WEEKDAY_KEYS = keysOf(WEEKDAYS);

/** 1 to 12 for the first three letters of a month's English name in any case; 0 for anything else. */
export function monthAt(a: number, b: number, c: number): number {
  return isLetter(a) ? (MONTH_KEYS.get(threeLetters(a, b, c)) ?? 0) : 0;
}

const MONTH_CHARS = [7, 8, 5, 5, 3, 4, 4, 6, 9, 7, 8, 8];
const SHORT_CHARS = 3;

/** The index of the day that follows the name of `month` at `index`, short or in full; -1 where the word goes on otherwise. */
export function dayAfterMonth(head: Head, index: number, month: number): number {
  let end = index + SHORT_CHARS;
  while (isLetter(head.at(end)) && end - index <= MAX_NAME_CHARS) end++;
  const length = end - index;
  if (length !== SHORT_CHARS && length !== MONTH_CHARS[month - 1]) return -1;
  return head.at(end) === BLANK ? head.skipBlanks(end) : -1;
}

/** The index of what follows a weekday's name, its comma and blanks; `index` itself where no weekday stands. */
export function skipWeekday(head: Head, index: number): number {
  if (!WEEKDAY_KEYS.has(threeLetters(head.at(index), head.at(index + 1), head.at(index + 2)))) return index;
  let end = index + 3;
  while (isLetter(head.at(end)) && end - index < MAX_NAME_CHARS) end++;
  if (head.at(end) === COMMA) end++;
  return head.at(end) === BLANK ? head.skipBlanks(end) : index;
}

/** Names that mean one thing where they are written; IST and the like are several zones. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ["UTC", 0],
  ["GMT", 0],
  ["WET", 0],
  ["WEST", 60],
  ["CET", 60],
  ["CEST", 120],
  ["EET", 120],
  ["EEST", 180],
  ["MSK", 180],
  ["EST", -300],
  ["EDT", -240],
  ["CST", -360],
  ["CDT", -300],
  ["MST", -420],
  ["MDT", -360],
  ["PST", -480],
  ["PDT", -420],
  ["JST", 540],
  ["KST", 540],
  ["AEST", 600],
  ["AEDT", 660],
]);

/** Minutes east of UTC; null for a word that is no zone. */
export function namedZoneMinutes(name: string): number | null {
  return ZONES.get(name) ?? null;
}
