import { expect, test } from "vitest";
import { OTHER, PatternBook, assignmentOf } from "../../../src/replay/patterns/pattern-book.ts";
import { parseBareLine } from "../../../src/source/text.ts";
import { SeriesTable } from "../../../src/source/series-table.ts";

test("more templates than the bound are counted together, and no record is lost", () => {
  const book = new PatternBook(1, 10);
  const table = new SeriesTable();
  const words = Array.from(
    { length: 40 },
    (_, i) => `w${String.fromCharCode(97 + (i % 26))}${"x".repeat(i)}`,
  );
  const tickets = words.map((word) => book.add(parseBareLine(word, table), true));
  const patterns = book.patterns();
  expect(patterns.length).toBeLessThanOrEqual(11);
  expect(patterns.reduce((sum, { count }) => sum + count, 0)).toBe(words.length);
  expect(patterns[0]?.id).toBe(OTHER);
  expect(tickets.slice(10).map((ticket) => assignmentOf(ticket).pattern)).toEqual(
    Array.from({ length: 30 }, () => OTHER),
  );
});
