import { describe, expect, test } from "vitest";
import { batchOf } from "../../src/log/batch.ts";
import { logRecord, T0 } from "../support/log-records.ts";

describe("a batch over records", () => {
  const cart = logRecord(T0, { service: "cart", level: "ERROR", body: "refused" });
  const shop = logRecord(T0 + 1, { service: "shop" });
  const records = [cart, shop, { ...cart, timeMs: NaN }];

  test("has their times, severities and series as columns, each series once", () => {
    const batch = batchOf(records);
    expect(batch.size).toBe(3);
    expect([...batch.timesMs]).toEqual([T0, T0 + 1, NaN]);
    expect([...batch.severities]).toEqual([17, 9, 17]);
    expect(batch.series).toEqual([cart.series, shop.series]);
    expect([...batch.seriesIndexes]).toEqual([0, 1, 0]);
  });

  test("gives bodies and whole records on demand, and throws for one that is not there", () => {
    const batch = batchOf(records);
    expect(batch.body(0)).toBe("refused");
    expect(batch.record(1)).toBe(shop);
    expect(() => batch.record(3)).toThrow(RangeError);
  });

  test("of no records is empty", () => {
    expect(batchOf([])).toMatchObject({ size: 0, series: [] });
  });
});
