import { describe, expect, test } from "vitest";
import { newReadCounts } from "../../src/replay/counts.ts";
import { TimeOrder } from "../../src/replay/time-order.ts";
import { replayRecord } from "../support/replay-record.ts";

const T0 = Date.parse("2024-01-15T10:00:00Z");
const Y2099 = Date.parse("2099-01-01T00:00:00Z");

/** Seconds after T0 at which each record comes. */
function places(timesMs: readonly number[], chunk = timesMs.length): { at: number[]; untimed: number } {
  const counts = newReadCounts();
  const order = new TimeOrder(counts);
  const placed = [];
  for (let i = 0; i < timesMs.length; i += chunk) {
    placed.push(...order.push(timesMs.slice(i, i + chunk).map((timeMs) => replayRecord(timeMs))));
  }
  placed.push(...order.end());
  return { at: placed.map((item) => (item.atMs - T0) / 1_000), untimed: counts.untimed };
}

const s = (seconds: number): number => T0 + seconds * 1_000;

describe("a record's place in time", () => {
  test("is its own time, small disorder included", () => {
    expect(places([s(0), s(2), s(1), s(3)]).at).toEqual([0, 2, 1, 3]);
  });

  test("is that of the record before where it has none", () => {
    expect(places([s(0), NaN, s(5), NaN, 0]).at).toEqual([0, 0, 5, 5, 5]);
  });

  test("is nowhere before the first record with a time; such records are counted", () => {
    expect(places([NaN, NaN, s(1)])).toEqual({ at: [1], untimed: 2 });
    expect(places([NaN])).toEqual({ at: [], untimed: 1 });
  });

  test("follows a gap of hours", () => {
    expect(places([s(0), s(36_000), s(36_001), s(36_002)]).at).toEqual([0, 36_000, 36_001, 36_002]);
  });

  test("does not follow one record of 2099, wherever it stands", () => {
    expect(places([s(0), Y2099, s(1), s(2)]).at).toEqual([0, 0, 1, 2]);
    expect(places([Y2099, s(1), s(2)]).at).toEqual([1, 1, 2]);
    expect(places([Y2099, Y2099 + 5, s(1), s(2), s(3), s(4), s(5)]).at.slice(2)).toEqual([1, 2, 3, 4, 5]);
  });

  test("does not depend on the size of the reads", () => {
    const times = Array.from({ length: 200 }, (_, i) => (i % 17 === 3 ? Y2099 : s(i * 10 - (i % 5) * 12)));
    const whole = places(times);
    for (const chunk of [1, 7, 64]) expect(places(times, chunk)).toEqual(whole);
  });
});
