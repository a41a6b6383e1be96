import fc from "fast-check";
import { expect, test } from "vitest";
import { gridOf } from "../../src/window/grid.ts";
import { CountRings } from "../../src/window/rings.ts";

const GRID = gridOf(300_000, 10_000);

test("a window of 5 minutes in panes of 10 s has steps of a minute and buckets of five", () => {
  expect(GRID).toMatchObject({ panesPerStep: 6, stepMs: 60_000, bucketMs: 300_000 });
});

test("sums by pane and by step are those of the records, in whatever order they came", () => {
  const adds = fc.array(fc.tuple(fc.integer({ min: 1_000, max: 1_029 }), fc.integer({ min: 0, max: 50 })));
  fc.assert(
    fc.property(adds, (records) => {
      const rings = new CountRings(GRID);
      for (const [pane, count] of records) rings.add(pane, count);
      const sum = (from: number, to: number): number =>
        records.reduce((total, [pane, count]) => total + (pane >= from && pane <= to ? count : 0), 0);
      expect(rings.panes(1_029, 6)).toBe(sum(1_024, 1_029));
      expect(rings.panes(1_029, 30)).toBe(sum(1_000, 1_029));
      expect(rings.steps(Math.floor(1_019 / 6), 2)).toBe(sum(1_008, 1_019));
    }),
  );
});

test("what has left the rings is forgotten, and a pane from before takes nothing", () => {
  const rings = new CountRings(GRID);
  rings.add(1_000, 5);
  rings.add(1_000 + GRID.keptPanes, 7);
  rings.add(1_000, 9);
  expect(rings.panes(1_000 + GRID.keptPanes, GRID.keptPanes)).toBe(7);
});

test("restored rings go on where they stood", () => {
  const rings = new CountRings(GRID);
  rings.add(1_000, 5);
  const restored = new CountRings(GRID);
  restored.restore(rings.toJson());
  for (const one of [rings, restored]) one.add(1_001, 2);
  expect(restored.toJson()).toEqual(rings.toJson());
});
