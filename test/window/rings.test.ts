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

/** What rings promise, one count for each pane. */
class PlainCounts {
  readonly panes = new Map<number, number>();
  newest = -1;

  add(pane: number, count: number): void {
    this.newest = Math.max(this.newest, pane);
    if (pane <= this.newest - GRID.keptPanes) return;
    this.panes.set(pane, (this.panes.get(pane) ?? 0) + count);
  }

  forgetFrom(pane: number): void {
    for (const known of this.panes.keys()) if (known >= pane) this.panes.delete(known);
  }

  sum(from: number, to: number): number {
    let sum = 0;
    for (const [pane, count] of this.panes) if (pane >= from && pane <= to) sum += count;
    return sum;
  }
}

test("sums of any stretch that is kept are those of plain counts, over pauses, restarts and recounts", () => {
  const { panesPerStep, keptPanes, keptSteps } = GRID;
  const move = fc.record({
    ahead: fc.oneof(fc.integer({ min: -30, max: 12 }), fc.constantFrom(57, 58, 59, 60, 383, 384, 400)),
    count: fc.integer({ min: 0, max: 100 }),
    after: fc.constantFrom("go on", "go on", "forget", "restart"),
  });
  const asked = fc.record({ ago: fc.nat(5), length: fc.integer({ min: 1, max: 60 }) });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), fc.array(asked, { maxLength: 5 }), (moves, questions) => {
      let rings = new CountRings(GRID);
      const plain = new PlainCounts();
      let pane = 1_002;
      for (const { ahead, count, after } of moves) {
        rings.add(pane + ahead, count);
        plain.add(pane + ahead, count);
        pane = Math.max(pane, pane + ahead);
        const step = Math.floor(plain.newest / panesPerStep);
        if (after === "forget") {
          rings.forgetFrom((step - 3) * panesPerStep);
          plain.forgetFrom((step - 3) * panesPerStep);
        } else if (after === "restart") {
          const json = rings.toJson();
          rings = new CountRings(GRID);
          rings.restore(json);
        }
        for (const { ago, length } of questions) {
          const [last, lastStep] = [plain.newest - ago, step - ago];
          const oldest = plain.newest - keptPanes + 1;
          expect(rings.panes(last, length)).toBe(plain.sum(Math.max(oldest, last - length + 1), last));
          const oldestStep = Math.max(step - keptSteps + 1, lastStep - length + 1);
          expect(rings.steps(lastStep, length)).toBe(
            plain.sum(oldestStep * panesPerStep, (lastStep + 1) * panesPerStep - 1),
          );
        }
      }
    }),
  );
});

test("what is taken back leaves no count below zero, and sums beyond 2³² stay right", () => {
  const rings = new CountRings(GRID);
  rings.add(1_000, 5);
  rings.add(1_001, 4_000_000_000);
  rings.add(1_000, -9);
  rings.add(1_002, 4_000_000_000);
  expect([1_000, 1_001, 1_002].map((pane) => rings.panes(pane, 1))).toEqual([
    0, 4_000_000_000, 4_000_000_000,
  ]);
});

test("rings that share their cells do not see each other's counts", () => {
  const cells = CountRings.cellsOf(GRID);
  const sums = new Uint32Array(2 * cells);
  const [one, other] = [new CountRings(GRID, sums, 0), new CountRings(GRID, sums, cells)];
  for (let pane = 1_000; pane < 1_200; pane++) one.add(pane, 3);
  other.add(1_100, 2);
  expect([one.steps(199, 60), other.steps(183, 60), other.panes(1_100, 30)]).toEqual([600, 2, 2]);
});
