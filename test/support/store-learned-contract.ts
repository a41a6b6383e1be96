import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { LearnedStore } from "../../src/store/learned-store.ts";
import { SNAPSHOT_VERSION, type MinerChanges, type TemplateState } from "../../src/template/template.ts";
import { HOSTILE_TEXT, HOSTILE_TEXT_STORED, NOW_MS } from "./store-samples.ts";

export function templateState(id: string, changes: Partial<TemplateState> = {}): TemplateState {
  return {
    id,
    words: `order ${id}`,
    marked: `order ${id} <num>`,
    createdAtMs: NOW_MS - 1,
    lastSeenMs: NOW_MS,
    count: 3,
    became: null,
    opened: [],
    ...changes,
  };
}

export function minerChanges(
  templates: readonly TemplateState[],
  changes: Partial<MinerChanges> = {},
): MinerChanges {
  return { version: SNAPSHOT_VERSION, templates, removed: [], seen: [], ...changes };
}

const sorted = (changes: MinerChanges | undefined): MinerChanges | undefined =>
  changes && { ...changes, templates: changes.templates.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };

/** What every store of learned templates promises. `open` gives an empty one. */
export function learnedStoreContract(name: string, open: () => Promise<LearnedStore>): void {
  describe(`learned store: ${name}`, () => {
    let store: LearnedStore;
    beforeEach(async () => {
      store = await open();
    });
    const save = (key: string, changes: MinerChanges): Promise<void> => store.save(new Map([[key, changes]]));
    const load = async (key: string): Promise<MinerChanges | undefined> =>
      sorted((await store.load([key])).get(key));

    test("an empty store has no series, and saving nothing is nothing", async () => {
      await store.save(new Map());
      expect(await store.series()).toEqual([]);
      expect(await store.load([])).toEqual(new Map());
      expect(await store.load(["a"])).toEqual(new Map());
    });

    test("templates and layers come back as they were saved, each series apart", async () => {
      const a = minerChanges([templateState("1", { opened: [0, 2] }), templateState("2", { became: "1" })], {
        seen: [
          { index: 0, keys: 9, bits: "AAEC" },
          { index: 1, keys: 1, bits: "" },
        ],
      });
      const b = minerChanges([templateState("1", { marked: "other", lastSeenMs: NOW_MS + 0.5 })]);
      await store.save(
        new Map([
          ["a", a],
          ["b", b],
        ]),
      );
      expect(await load("a")).toEqual(a);
      expect(await load("b")).toEqual(b);
      expect([...(await store.load(["a", "none", "b"])).keys()]).toEqual(["a", "b"]);
    });

    test("only what changed is written: the rest stays, what was removed goes", async () => {
      await save(
        "a",
        minerChanges([templateState("1"), templateState("2"), templateState("3")], {
          seen: [{ index: 0, keys: 1, bits: "AA==" }],
        }),
      );
      const changed = templateState("2", { became: "1", count: 9 });
      const seen = [{ index: 0, keys: 2, bits: "AQ==" }];
      await save("a", minerChanges([changed, templateState("4")], { removed: ["3", "unknown"], seen }));
      expect(await load("a")).toEqual(
        minerChanges([templateState("1"), changed, templateState("4")], { seen }),
      );
    });

    test("saving the same twice is saving it once", async () => {
      await save("a", minerChanges([templateState("1"), templateState("2")]));
      const changes = minerChanges([templateState("1", { count: 7 })], { removed: ["2"] });
      await save("a", changes);
      await save("a", changes);
      expect(await load("a")).toEqual(minerChanges([templateState("1", { count: 7 })]));
    });

    test("series are listed with their size, the latest seen first; an older save does not make them older", async () => {
      await save("late", minerChanges([templateState("1", { lastSeenMs: NOW_MS + 9 }), templateState("2")]));
      await save("early", minerChanges([templateState("1", { lastSeenMs: NOW_MS - 9 })]));
      await save("late", minerChanges([templateState("3", { lastSeenMs: 5 })], { removed: ["2"] }));
      await save("late", minerChanges([], { removed: ["3"] }));
      expect(await store.series()).toEqual([
        { seriesKey: "late", templates: 1, lastSeenMs: NOW_MS + 9 },
        { seriesKey: "early", templates: 1, lastSeenMs: NOW_MS - 9 },
      ]);
    });

    test("text that Postgres cannot hold is saved with the replacement character, names of series included", async () => {
      await save(HOSTILE_TEXT, minerChanges([templateState("1", { marked: HOSTILE_TEXT })]));
      expect(await load(HOSTILE_TEXT)).toEqual(
        minerChanges([templateState("1", { marked: HOSTILE_TEXT_STORED })]),
      );
    });

    test("more templates, longer ones, and more series than fit one statement are saved and loaded", async () => {
      const many = Array.from({ length: 6_000 }, (_, i) => templateState(String(i).padStart(6, "0")));
      const long = Array.from({ length: 40 }, (_, i) =>
        templateState(`long ${i}`, { marked: "é".repeat(50_000) }),
      );
      const all = minerChanges([...many, ...long]);
      const keys = Array.from({ length: 1_201 }, (_, i) => `series ${i}`);
      await store.save(
        new Map([["a", all], ...keys.map((key) => [key, minerChanges([templateState("1")])] as const)]),
      );
      expect(await load("a")).toEqual(sorted(all));
      expect((await store.load(keys)).size).toBe(keys.length);
      await save("a", minerChanges([], { removed: many.map(({ id }) => id) }));
      expect((await load("a"))?.templates).toHaveLength(long.length);
    });

    test("in whatever grouping changes come, the last of each template counts", async () => {
      const change = fc.record({
        key: fc.constantFrom("a", "b"),
        id: fc.constantFrom("1", "2", "3"),
        count: fc.option(fc.integer({ min: 1, max: 9 })),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
          store = await open();
          const known = new Map<string, number>();
          for (const { key, id, count } of changes) {
            if (count === null) known.delete(key + id);
            else known.set(key + id, count);
            await save(
              key,
              count === null
                ? minerChanges([], { removed: [id] })
                : minerChanges([templateState(id, { count })]),
            );
          }
          const loaded = await store.load(["a", "b"]);
          const found = [...loaded].flatMap(([key, { templates }]) =>
            templates.map(({ id, count }) => [key + id, count] as const),
          );
          expect(new Map(found)).toEqual(known);
        }),
        { numRuns: 15 },
      );
    });
  });
}
