import { describe, expect, test } from "vitest";
import { SeriesModel } from "../../src/baseline/series-model.ts";
import { seriesKey } from "../../src/log/series.ts";
import { gridOf } from "../../src/window/grid.ts";
import { series, T0 } from "../support/log-records.ts";

const GRID = gridOf(300_000, 10_000);

function model(): SeriesModel {
  const shop = series("shop");
  return new SeriesModel(seriesKey(shop), shop, GRID, T0);
}

describe("a template that goes by another id", () => {
  test("is as well known under the new one", () => {
    const shop = model();
    const known = shop.pattern("old", T0);
    known?.learn(5, 100, 1, 1);
    known?.add(7, 3);
    shop.rename("old", "new");
    expect(shop.patterns.has("old")).toBe(false);
    const now = shop.patterns.get("new");
    expect([now?.pattern, now?.learnt, now?.sum(7, 1)]).toEqual(["new", 5, 3]);
  });

  test("does not replace one that knows more", () => {
    const shop = model();
    shop.pattern("old", T0)?.learn(1, 10, 1, 1);
    for (let i = 0; i < 3; i++) shop.pattern("new", T0)?.learn(9, 10, 1, 1);
    shop.rename("old", "new");
    expect(shop.patterns.get("new")?.buckets).toBe(3);
  });

  test("that nobody knows changes nothing", () => {
    const shop = model();
    shop.rename("old", "new");
    expect(shop.patterns.size).toBe(0);
  });
});
