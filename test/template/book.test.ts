import { describe, expect, test } from "vitest";
import { OTHER, TemplateBook, type BookOptions } from "../../src/template/book.ts";
import { shapeOf } from "../support/template-mining.ts";

const NOW_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Words that nothing takes for a variable by their form. */
const WORDS = ["amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath", "inlet", "jade"];
const word = (index: number): string =>
  `${WORDS[index % 10]}${WORDS[Math.floor(index / 10) % 10]}${WORDS[Math.floor(index / 100) % 10]}`;

/** A book, and lines told to it. */
class Told {
  readonly book: TemplateBook;
  readonly keys = new Map<string, number>();

  constructor(options: BookOptions = { stored: true }) {
    this.book = new TemplateBook(options);
  }

  learn(series: string, line: string, nowMs = NOW_MS): string {
    const key = this.keys.get(line) ?? this.keys.size;
    this.keys.set(line, key);
    this.book.learn(series, key, shapeOf(line), nowMs);
    this.book.takeRenamed();
    return this.book.idOf(series, key) ?? OTHER;
  }

  /** Lines that are not one template. */
  fill(series: string, count: number, nowMs = NOW_MS): void {
    for (let i = 0; i < count; i++) this.learn(series, `${word(i)} ${word(i * 7)} ${word(i * 3)}`, nowMs);
  }
}

/** A second process, with what the first one stored. */
function restarted(first: Told): Told {
  const next = new Told();
  for (const series of first.book.unsettled()) first.book.settle(series);
  for (const [series, changes] of first.book.takeUnsaved())
    next.book.restore(series, structuredClone(changes), NOW_MS);
  return next;
}

describe("what was learned survives", () => {
  test("a restart: the same id, the time it was first seen, its count, and nothing to store anew", () => {
    const first = new Told();
    const id = first.learn("a", "order 7 shipped");
    first.book.observe("a", id, 5, NOW_MS);
    const next = restarted(first);
    expect(next.book.size).toBe(1);
    expect(next.learn("a", "order 8 shipped", NOW_MS + DAY_MS)).toBe(id);
    expect(next.book.template("a", id)).toMatchObject({ createdAtMs: NOW_MS, count: 5 });
    expect(next.book.takeUnsaved()).toEqual(new Map());
  });

  test("ids that became others still resolve, and a word never seen goes where the others went", () => {
    const first = new Told();
    const ids = Array.from({ length: 60 }, (_, i) => first.learn("a", `mailbox of ${word(i)} was opened`));
    const merged = first.book.resolve("a", ids[0] ?? "");
    expect(merged).not.toBe(ids[0]);
    const next = restarted(first);
    for (const id of ids) expect(next.book.resolve("a", id)).toBe(merged);
    expect(next.learn("a", "mailbox of zephyrinus was opened")).toBe(merged);
  });

  test("what could not be stored comes again, with what changed since", () => {
    const told = new Told();
    const one = told.learn("a", "order 7 shipped");
    told.book.settle("a");
    const unsaved = told.book.takeUnsaved();
    const two = told.learn("a", "card refused");
    told.book.returnUnsaved(unsaved);
    const again = told.book.takeUnsaved().get("a");
    expect(new Set(again?.templates.map(({ id }) => id))).toEqual(new Set([one, two]));
  });

  test("nothing is handed out of a series before it is known what is stored of it", () => {
    const told = new Told();
    told.learn("a", "order 7 shipped");
    expect(told.book.unsettled()).toEqual(["a"]);
    expect(told.book.takeUnsaved()).toEqual(new Map());
    told.book.settle("a");
    expect(told.book.unsettled()).toEqual([]);
    expect(told.book.takeUnsaved().size).toBe(1);
  });

  test("what is stored takes the place of what was learned meanwhile; known lines keep their ids", () => {
    const first = new Told();
    const id = first.learn("a", "order 7 shipped");
    const other = first.learn("a", "card refused");
    first.book.settle("a");
    const stored = first.book.takeUnsaved().get("a");
    const next = new Told();
    expect(next.learn("a", "order 9 shipped", NOW_MS + 5)).toBe(id);
    if (stored !== undefined) next.book.restore("a", stored, NOW_MS);
    expect(next.book.idOf("a", 0)).toBe(id);
    expect(next.book.template("a", id)?.createdAtMs).toBe(NOW_MS);
    expect(next.book.templates("a").map((template) => template.id)).toContain(other);
    expect([next.book.size, next.book.unsettled()]).toEqual([2, []]);
  });

  test("a book that stores nothing keeps nothing to be stored", () => {
    const told = new Told({});
    told.learn("a", "order 7 shipped");
    told.book.settle("a");
    expect(told.book.takeUnsaved()).toEqual(new Map());
  });
});

describe("the bound on all series together", () => {
  test("series that fell silent are put aside, the longest silent first; a busy one is left alone", () => {
    const told = new Told({ stored: true, maxInAll: 100 });
    told.fill("oldest", 30, NOW_MS - 60 * MINUTE_MS);
    told.fill("older", 30, NOW_MS - 30 * MINUTE_MS);
    told.fill("busy", 60, NOW_MS);
    told.book.makeRoom(NOW_MS);
    const held = ["oldest", "older", "busy"].map((key) => told.book.templates(key).length);
    expect(held[0]).toBe(0);
    expect(held[1]).toBeGreaterThan(20);
    expect(held[2]).toBeGreaterThan(50);
    expect(told.book.size).toBeLessThanOrEqual(100);
  });

  test("a series put aside has the same ids when it comes back, and is asked for in the store", () => {
    const told = new Told({ stored: true, maxInAll: 10 });
    const id = told.learn("a", "order 7 shipped", NOW_MS - 60 * MINUTE_MS);
    told.book.settle("a");
    told.fill("b", 12);
    told.book.makeRoom(NOW_MS);
    expect([told.book.idOf("a", 0), told.book.takeMissing()]).toEqual([null, true]);
    expect(told.learn("a", "order 8 shipped")).toBe(id);
    expect(told.book.unsettled()).toContain("a");
  });

  test("where all are busy the largest loses its least valuable templates", () => {
    const told = new Told({ stored: true, maxInAll: 200 });
    const kept = told.learn("small", "order 7 shipped");
    told.fill("flood", 400);
    told.book.makeRoom(NOW_MS);
    expect(told.book.size).toBeLessThanOrEqual(200);
    expect(told.book.template("small", kept)).not.toBeNull();
    const held = ["small", "flood"].map((key) => told.book.templates(key).length);
    expect(held[0]).toBe(1);
    expect(held[1]).toBeGreaterThan(90);
  });

  test("counted templates outlive those that nothing was counted for", () => {
    const told = new Told({ maxInAll: 50 });
    const common = told.learn("a", "order 7 shipped", NOW_MS - MINUTE_MS);
    told.book.observe("a", common, 1_000, NOW_MS - MINUTE_MS);
    told.fill("a", 300);
    told.book.makeRoom(NOW_MS);
    expect(told.book.template("a", common)).not.toBeNull();
  });
});
