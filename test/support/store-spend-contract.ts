import { beforeEach, describe, expect, test } from "vitest";
import type { Change } from "../../src/alert/change.ts";
import { DatabaseChanges } from "../../src/store/database-changes.ts";
import { DatabaseSpend } from "../../src/store/database-spend.ts";
import type { Database } from "../../src/store/database.ts";
import { aiSpending, changes } from "../../src/store/schema.ts";

const DAY = "2026-11-22";
const MONTH = "2026-11";

function change(id: string, atMs: number, title = id): Change {
  return {
    id,
    kind: "deploy",
    atMs,
    service: null,
    environment: null,
    version: null,
    ref: null,
    title,
    files: [],
    diff: null,
    source: "api",
  };
}

/** What spending and changes promise on any Postgres. */
export function spendContract(name: string, open: () => Database): void {
  describe(`spending on ${name}`, () => {
    const limits = (day: number, month: number) => [
      { period: DAY, limitUsd: day },
      { period: MONTH, limitUsd: month },
    ];
    beforeEach(() => open().run((orm) => orm.delete(aiSpending)));

    test("1,000 reservations at once never pass the limit, and use it up", async () => {
      const [one, other] = [new DatabaseSpend(open()), new DatabaseSpend(open())];
      const taken = await Promise.all(
        Array.from({ length: 1_000 }, (_, i) => (i % 2 === 0 ? one : other).reserve(limits(100, 1_000), 0.5)),
      );
      expect(taken.filter(Boolean)).toHaveLength(200);
    }, 60_000);

    test("where one period is full, nothing is taken from the other", async () => {
      const store = new DatabaseSpend(open());
      expect(await store.reserve(limits(10, 1), 2)).toBe(false);
      expect(await store.reserve(limits(1, 10), 2)).toBe(false);
      expect(await store.reserve(limits(1, 1), 1)).toBe(true);
    });

    test("settling replaces the reservation by what was spent", async () => {
      const store = new DatabaseSpend(open());
      expect(await store.reserve(limits(1, 1), 1)).toBe(true);
      await store.settle([DAY, MONTH], 1, 0.25);
      expect(await store.spent(DAY)).toBe(0.25);
      expect(await store.reserve(limits(1, 1), 0.8)).toBe(false);
      expect(await store.reserve(limits(1, 1), 0.75)).toBe(true);
    });

    test("nothing is spent in a period that nobody knows", async () => {
      expect(await new DatabaseSpend(open()).spent("2020-01-01")).toBe(0);
    });
  });

  describe(`changes on ${name}`, () => {
    beforeEach(() => open().run((orm) => orm.delete(changes)));

    test("the newest come back, newest last; a repeated id replaces nothing", async () => {
      const store = new DatabaseChanges(open());
      await store.add([change("b", 2), change("a", 1), change("c", 3)]);
      await store.add([change("c", 9, "again"), change("d", 4)]);
      await store.add([]);
      expect(await store.recent(3)).toEqual([change("b", 2), change("c", 3), change("d", 4)]);
    });

    test("what is older than the bound is forgotten", async () => {
      const store = new DatabaseChanges(open());
      await store.add([change("a", 1), change("b", 2)]);
      await store.purge(2);
      expect(await store.recent(10)).toEqual([change("b", 2)]);
    });
  });
}
