/** What a unified diff does, as far as counting words can tell. */
export interface DiffTraits {
  /** The largest factor by which a value of the same name changed; 1 where none did. */
  readonly valueFactor: number;
  /** A condition, a limit, a wait or a retry is gone. */
  readonly guardRemoved: boolean;
  /** It asks something outside more often than before. */
  readonly reachesOut: boolean;
  /** Nothing but blanks, comments and order differ. */
  readonly cosmetic: boolean;
  /** Only what is logged or measured differs. */
  readonly onlyTells: boolean;
  /** What was removed stands again elsewhere. */
  readonly moved: boolean;
  readonly additive: boolean;
}

const MAX_DIFF_LINES = 400;
const MAX_LINE_CHARS = 400;

const COMMENT = /^\s*(?:\/\/|#(?!include|define)|--|\*|\/\*|<!--)/;
const WORD = /[A-Za-z_][A-Za-z0-9_]{1,60}/g;
/** A number of its own, with or without a unit; not the digits of a name. */
const NUMBER = /(?<![\w.])\d+(?:\.\d+)?(?=(?:ms|[smhd]|[kmg]i?b?)?(?!\w))/gi;

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["nanosecond", 1e-6],
  ["microsecond", 1e-3],
  ["millisecond", 1],
  ["ms", 1],
  ["second", 1_000],
  ["s", 1_000],
  ["minute", 60_000],
  ["m", 60_000],
  ["hour", 3_600_000],
  ["h", 3_600_000],
  ["day", 86_400_000],
  ["d", 86_400_000],
]);
const UNIT = /\b(nanosecond|microsecond|millisecond|second|minute|hour|day)s?\b|(?<=\d)(ms|[smhd])\b/gi;

/** Words that stand where software protects itself; fewer of one of them after a change means less protection. */
const GUARDS =
  /\b(?:if|unless|guard|assert\w*|limit|timeout|retr(?:y|ies)|catch|rescue|except|lock|leeway|tolerance|skew|backoff|\w*delay|sleep|validat\w*|throttle|semaphore)\b/gi;

/** Reaching out of the process: a database, another service, a queue, a file. */
const OUTSIDE =
  /\b(?:select\b.{0,200}\bfrom|insert\s+into|update\b.{0,80}\bset)\b|\b(?:query|queryrow|exec|execute|fetch\w*|dial|publish|lookup|getitem|findone|findall|http\.\w+|axios|requests\.\w+)\s*\(/gi;

const TELLING =
  /\b(?:log|logger|slog|console|fmt\.print\w*|log_\w+|metrics?_?|prometheus|counter|histogram|span|tracer|print\w*)\b\.?/i;

interface Sides {
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

function sides(diff: string): Sides {
  const removed: string[] = [];
  const added: string[] = [];
  for (const line of diff.split("\n", MAX_DIFF_LINES)) {
    const text = line.slice(1, MAX_LINE_CHARS);
    if (/^(?:---|\+\+\+)/.test(line) || COMMENT.test(text) || text.trim() === "") continue;
    if (line.startsWith("-")) removed.push(text);
    else if (line.startsWith("+")) added.push(text);
  }
  return { removed, added };
}

function words(lines: readonly string[]): Set<string> {
  return new Set(lines.flatMap((line) => line.match(WORD) ?? []));
}

/** The line without its values, so that two settings of one thing look the same. */
function skeleton(line: string): string {
  return line
    .replace(/\/\/.*$/, "")
    .replace(UNIT, "")
    .replace(NUMBER, "")
    .replace(/[\s:=]+/g, "");
}

function scaled(text: string): number[] {
  const unit = [...text.matchAll(UNIT)].at(-1);
  const scale = UNIT_MS.get((unit?.[1] ?? unit?.[2] ?? "").toLowerCase()) ?? 1;
  return (text.match(NUMBER) ?? []).map((found) => Number(found) * scale);
}

/** `name: 8`, `name = 15 * time.Minute`, `call(ctx, 300*ms)`: what a number is called. */
const NAMED = /([A-Za-z_][\w.]{0,80})\s?(?::=|=>|[:=(])([^={}:]{0,80})/g;

function namedValues(lines: readonly string[]): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const line of lines) {
    for (const [, name = "", rest = ""] of line.replace(/\/\/.*$/, "").matchAll(NAMED)) {
      const numbers = scaled(rest);
      if (numbers.length > 0 && !found.has(name)) found.set(name, numbers);
    }
    const numbers = scaled(line);
    if (numbers.length > 0) found.set(skeleton(line), numbers);
  }
  return found;
}

function factor(before: readonly number[], now: readonly number[]): number {
  return before.reduce((largest, value, i) => {
    const other = now[i] ?? value;
    if (value === other) return largest;
    const [low, high] = [Math.min(value, other), Math.max(value, other)];
    return Math.max(largest, low <= 0 ? 10 : high / low);
  }, 1);
}

/** The largest factor by which a value of one name changed; 1 where all values stayed. */
function valueFactor({ removed, added }: Sides): number {
  const after = namedValues(added);
  return [...namedValues(removed)].reduce((largest, [name, before]) => {
    const now = after.get(name);
    return now === undefined ? largest : Math.max(largest, factor(before, now));
  }, 1);
}

function tally(lines: readonly string[], pattern: RegExp): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    for (const word of line.match(pattern) ?? []) {
      const name = word.toLowerCase();
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

function fewer(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean {
  return [...before].some(([word, count]) => count > (now.get(word) ?? 0));
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function bag(lines: readonly string[]): string {
  return lines
    .map((line) => line.replace(/\s+/g, ""))
    .toSorted()
    .join("\n");
}

/** Reads a unified diff. Pure and bounded; a text that is no diff has no traits. */
export function diffTraits(diff: string): DiffTraits {
  const both = sides(diff);
  const { removed, added } = both;
  const after = words(added);
  const removedWords = [...words(removed)].filter((word) => !after.has(word));
  const changedFactor = valueFactor(both);
  return {
    valueFactor: changedFactor,
    guardRemoved: fewer(tally(removed, GUARDS), tally(added, GUARDS)),
    reachesOut: total(tally(added, OUTSIDE)) > total(tally(removed, OUTSIDE)),
    cosmetic: bag(removed) === bag(added),
    onlyTells: [...removed, ...added].every((line) => TELLING.test(line) || !/\w/.test(line)),
    moved: removed.length > 0 && removedWords.length === 0 && changedFactor === 1,
    additive: removed.length === 0,
  };
}
