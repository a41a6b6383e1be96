import fc from "fast-check";
import { expect, test } from "vitest";
import { Confirmation } from "../../src/alert/confirm.ts";
import { gridOf } from "../../src/window/grid.ts";
import { finding } from "../support/findings.ts";
import { T0 } from "../support/log-records.ts";

const GRID = gridOf(300_000, 10_000);
const QUIET_MS = 600_000;

test("what was seen once must be seen again a step later before it opens", () => {
  const confirmation = new Confirmation(GRID);
  expect(confirmation.judge([finding()], T0).confirmed).toEqual([]);
  expect(confirmation.judge([finding()], T0 + 50_000).confirmed).toEqual([]);
  expect(confirmation.judge([finding()], T0 + 60_000).confirmed).toHaveLength(1);
});

test("what is clear enough opens at once, what is weak opens nothing", () => {
  const confirmation = new Confirmation(GRID);
  expect(confirmation.judge([finding({ immediate: true })], T0).confirmed).toHaveLength(1);
  expect(confirmation.judge([finding({ key: "other", weak: true })], T0).confirmed).toEqual([]);
});

test("what was seen once and never again is told as dropped", () => {
  const confirmation = new Confirmation(GRID);
  confirmation.judge([finding()], T0);
  expect(confirmation.judge([], T0 + 120_000).dropped).toHaveLength(1);
});

test("a square wave opens and closes once per cycle when its quiet half is long enough, else it stays open", () => {
  const minutes = fc.integer({ min: 2, max: 40 });
  fc.assert(
    fc.property(minutes, minutes, (onMinutes, offMinutes) => {
      const confirmation = new Confirmation(GRID);
      const cycles = 4;
      let opened = 0;
      let closed = 0;
      let atMs = T0;
      for (let cycle = 0; cycle < cycles; cycle++) {
        for (const [length, isOn] of [
          [onMinutes, true],
          [offMinutes, false],
        ] as const) {
          for (const untilMs = atMs + length * 60_000; atMs < untilMs; atMs += 10_000) {
            const moved = confirmation.judge(isOn ? [finding()] : [], atMs);
            opened += moved.confirmed.length;
            closed += moved.closed.length;
          }
        }
      }
      const expected = offMinutes * 60_000 >= QUIET_MS ? [cycles, cycles] : [1, 0];
      expect([opened, closed]).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test("what looks at two minutes alone is over after two minutes without it", () => {
  const confirmation = new Confirmation(GRID);
  const slow = finding({ detector: "trace_gap", category: "slow_trace", immediate: true });
  confirmation.judge([slow], T0);
  expect(confirmation.judge([], T0 + 110_000).closed).toEqual([]);
  expect(confirmation.judge([], T0 + 120_000).closed).toHaveLength(1);
});

test("its worst moment stays known, with the time that it began", () => {
  const confirmation = new Confirmation(GRID);
  confirmation.judge([finding({ immediate: true })], T0);
  confirmation.judge([finding({ score: 3, onsetMs: T0 + 50_000 })], T0 + 60_000);
  confirmation.judge([finding({ score: 2 })], T0 + 120_000);
  expect(confirmation.open()).toMatchObject([{ peak: { score: 3, onsetMs: T0 }, newest: { score: 2 } }]);
});

test("time in which nothing could be seen closes nothing", () => {
  const confirmation = new Confirmation(GRID);
  confirmation.judge([finding({ immediate: true })], T0);
  confirmation.hold(QUIET_MS);
  expect(confirmation.judge([], T0 + QUIET_MS).closed).toEqual([]);
  expect(confirmation.judge([], T0 + 2 * QUIET_MS).closed).toHaveLength(1);
});
