import { describe, expect, test } from "vitest";
import { count, duration, list, percent, times } from "../../src/anomaly/words.ts";

describe("numbers for people", () => {
  test.for<[string, string]>([
    [percent(0.15), "15.0 %"],
    [percent(0.0004), "0.0 %"],
    [percent(1), "100.0 %"],
    [count(0), "0"],
    [count(999), "999"],
    [count(1_234_567), "1,234,567"],
    [count(7.6), "7.6"],
    [count(1_000.4), "1,000"],
    [times(null), ""],
    [times(15.3), " (15 times as much)"],
    [times(5.25), " (5.3 times as much)"],
    [times(5), " (5 times as much)"],
    [duration(300_000), "5 minutes"],
    [duration(60_000), "60 seconds"],
    [duration(90_000), "90 seconds"],
    [duration(1_000), "1 second"],
    [list(["a", "b"]), "a, b"],
    [list([]), ""],
    [list(["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d, e and 2 more"],
  ])("%j is %j", ([written, expected]) => {
    expect(written).toBe(expected);
  });
});
