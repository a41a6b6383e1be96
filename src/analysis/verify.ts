import type { EvidencePack } from "./pack.ts";

/** What of an answer stands in the evidence, and what does not. */
export interface Checked {
  readonly text: string;
  /** Numbers that the evidence does not hold; marked in the text. */
  readonly unverified: readonly string[];
}

const MARK = "(not in the evidence)";

function normal(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s"'`“”„‘’\\]+/g, " ")
    .trim();
}

/** What tools have handed out beside the pack: texts by the ids of their items. */
export type SeenItems = ReadonlyMap<string, string>;

export const NOTHING_SEEN: SeenItems = new Map();

/** Every text and number of one item, as quotes are compared with it. */
export function itemTexts(pack: EvidencePack, seen: SeenItems): ReadonlyMap<string, string> {
  const texts = new Map(pack.evidence.map((item) => [item.id, normal(JSON.stringify(item))]));
  for (const [id, text] of seen) texts.set(id, `${texts.get(id) ?? ""} ${normal(text)}`);
  return texts;
}

const MIN_QUOTE_CHARS = 3;

/** Whether the item says so word for word; blanks, quotes and case aside. A cut quote is compared part by part. */
export function isQuoted(quote: string, itemText: string): boolean {
  const parts = quote
    .split(/…|\.{3}/)
    .map(normal)
    .filter((part) => part !== "");
  return (
    parts.length > 0 &&
    parts.every((part) => itemText.includes(part)) &&
    parts.some((part) => part.length >= MIN_QUOTE_CHARS)
  );
}

const NUMBER =
  /(?<![\w.:#-])\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.:#-])\d+(?:\.\d+)?(?=\s?(?:%|ms|s|min|h|m|x|×)?(?![\w.:-]*[:-]\d))/g;

function plain(text: string): string {
  return text.replace(/(?<=\d)[, ](?=\d{3})/g, "");
}

/** Numbers of the evidence, with what people make of them: shares as percent, ratios, rounded values. */
export function knownNumbers(pack: EvidencePack, seen: SeenItems): ReadonlySet<string> {
  const known = new Set<string>();
  const add = (value: number): void => {
    for (const digits of [0, 1, 2]) known.add(String(Number(value.toFixed(digits))));
    known.add(String(value));
  };
  const all = [JSON.stringify(pack), ...seen.values()].join(" ");
  for (const text of all.match(/\d+(?:\.\d+)?/g) ?? []) {
    const value = Number(text);
    add(value);
    if (value > 0 && value <= 1) add(value * 100);
    if (value >= 60 && value < 86_400) add(value / 60);
  }
  for (const { count, expected } of pack.evidence) {
    if (expected !== null && expected > 0) add(count / expected);
  }
  return known;
}

/** Below it a number is a word: "two services", "the first of 3". */
const SMALL = 3;

/** Marks the numbers that are nowhere in the evidence. */
export function checkNumbers(text: string, known: ReadonlySet<string>): Checked {
  const unverified: string[] = [];
  const marked = text.replace(NUMBER, (found) => {
    const value = Number(plain(found));
    if (value <= SMALL || known.has(String(value)) || known.has(plain(found))) return found;
    unverified.push(found);
    return `${found} ${MARK}`;
  });
  return { text: marked, unverified };
}
