import { beforeEach, describe, expect, test } from "vitest";
import type { Change } from "../../src/alert/change.ts";
import type { HeldSpending, SpendLimit, SpendStore } from "../../src/analysis/budget.ts";
import { DatabaseChanges } from "../../src/store/database-changes.ts";
import type { Database } from "../../src/store/database.ts";
import { changes } from "../../src/store/analysis-schema.ts";

const DAY = "2026-11-22";
const MONTH = "2026-11";
const NOW_MS = Date.UTC(2026, 10, 22, 12);
const LATER_MS = NOW_MS + 420_000;

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

let next = 0;

function held(usd: number, expiresAtMs = LATER_MS, day = DAY): HeldSpending {
  next += 1;
  return { id: `reservation ${next}`, day, usd, expiresAtMs };
}

function limits(day: number, month: number): readonly SpendLimit[] {
  return [
    { period: DAY, limitUsd: day },
    { period: MONTH, limitUsd: month },
  ];
}

/** What spending promises; `open` empties it and hands out as many replicas as are asked for. */
export function spendContract(name: string, open: () => Promise<() => SpendStore>): void {
  describe(`spending on ${name}`, () => {
    let replica: () => SpendStore;
    beforeEach(async () => {
      replica = await open();
    });

    test("1,000 reservations at once never pass the limit, and use it up", async () => {
      const [one, other] = [replica(), replica()];
      const taken = await Promise.all(
        Array.from({ length: 1_000 }, (_, i) =>
          (i % 2 === 0 ? one : other).reserve(held(0.5), limits(100, 1_000), NOW_MS),
        ),
      );
      expect(taken.filter(Boolean)).toHaveLength(200);
    }, 60_000);

    test("300 that reserve and settle at once never pass it, and all that was spent is known", async () => {
      const replicas = [replica(), replica()];
      let spent = 0;
      const one = async (i: number): Promise<void> => {
        const store = replicas[i % 2] ?? replica();
        const mine = held(0.5);
        if (!(await store.reserve(mine, limits(30, 1_000), NOW_MS))) return;
        spent += 0.25;
        await store.settle(mine, 0.25);
      };
      await Promise.all(Array.from({ length: 300 }, (_, i) => one(i)));
      expect(spent).toBeLessThanOrEqual(30);
      expect(spent).toBeGreaterThanOrEqual(15);
      expect(await replica().spent(DAY)).toBe(spent);
      expect(await replica().spent(MONTH)).toBe(spent);
    }, 60_000);

    test("where one period is full, nothing is taken from the other", async () => {
      const store = replica();
      expect(await store.reserve(held(2), limits(10, 1), NOW_MS)).toBe(false);
      expect(await store.reserve(held(2), limits(1, 10), NOW_MS)).toBe(false);
      expect(await store.reserve(held(1), limits(1, 1), NOW_MS)).toBe(true);
    });

    test("settling replaces the reservation by what was spent", async () => {
      const store = replica();
      const mine = held(1);
      expect(await store.reserve(mine, limits(1, 1), NOW_MS)).toBe(true);
      await store.settle(mine, 0.25);
      expect(await store.spent(DAY)).toBe(0.25);
      expect(await store.reserve(held(0.875), limits(1, 1), NOW_MS)).toBe(false);
      expect(await store.reserve(held(0.75), limits(1, 1), NOW_MS)).toBe(true);
    });

    test("settled twice, it is spent once", async () => {
      const store = replica();
      const mine = held(1);
      await store.reserve(mine, limits(2, 2), NOW_MS);
      await store.settle(mine, 0.5);
      await store.settle(mine, 0.5);
      expect(await store.spent(DAY)).toBe(0.5);
    });

    test("what a process that died has reserved is free again once it has expired, and not before", async () => {
      await replica().reserve(held(1, LATER_MS), limits(1, 1), NOW_MS);
      expect(await replica().reserve(held(1), limits(1, 1), LATER_MS - 1)).toBe(false);
      expect(await replica().reserve(held(1, LATER_MS + 1), limits(1, 1), LATER_MS)).toBe(true);
    });

    test("what is settled after its time has been spent all the same", async () => {
      const store = replica();
      const mine = held(1, LATER_MS);
      await store.reserve(mine, limits(2, 2), NOW_MS);
      await store.settle(mine, 0.5);
      expect(await store.spent(MONTH)).toBe(0.5);
      expect(await store.reserve(held(1.75), limits(2, 2), LATER_MS + 1)).toBe(false);
    });

    test("a month counts what every day of it holds; a day only its own", async () => {
      const store = replica();
      const other = [
        { period: "2026-11-23", limitUsd: 1 },
        { period: MONTH, limitUsd: 1.5 },
      ];
      expect(await store.reserve(held(1), limits(1, 1.5), NOW_MS)).toBe(true);
      expect(await store.reserve(held(0.75, LATER_MS, "2026-11-23"), other, NOW_MS)).toBe(false);
      expect(await store.reserve(held(0.5, LATER_MS, "2026-11-23"), other, NOW_MS)).toBe(true);
    });

    test("nothing is spent in a period that nobody knows", async () => {
      expect(await replica().spent("2020-01-01")).toBe(0);
    });
  });
}

/** What changes promise on any Postgres. */
export function changesContract(name: string, open: () => Database): void {
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
