import { describe, expect, test } from "vitest";
import { Continuity } from "../../src/window/continuity.ts";
import { T0 } from "../support/log-records.ts";

describe("continuous input", () => {
  test("has not begun before anything came", () => {
    const continuity = new Continuity(300_000);
    expect(continuity.paused(T0)).toBe(true);
    expect(continuity.sinceMs(T0)).toBeNull();
  });

  test.for<[string, number, number]>([
    ["60 s at a window of 5 minutes", 300_000, 60_000],
    ["less with a shorter one", 30_000, 6_000],
  ])("bears gaps of up to %s", ([, windowMs, gapMs]) => {
    const continuity = new Continuity(windowMs);
    continuity.input(T0);
    expect(continuity.paused(T0 + gapMs)).toBe(false);
    expect(continuity.paused(T0 + gapMs + 1)).toBe(true);
    continuity.input(T0 + gapMs);
    expect(continuity.sinceMs(T0 + gapMs)).toBe(T0);
  });

  test("starts anew when the clock is set back", () => {
    const continuity = new Continuity(300_000);
    continuity.input(T0 + 3_600_000);
    expect(continuity.sinceMs(T0)).toBeNull();
    continuity.input(T0);
    expect(continuity.sinceMs(T0 + 1)).toBe(T0);
    expect(continuity.paused(T0 + 60_001)).toBe(true);
  });

  test("starts anew after a pause", () => {
    const continuity = new Continuity(300_000);
    continuity.input(T0);
    expect(continuity.sinceMs(T0 + 60_001)).toBeNull();
    continuity.input(T0 + 60_001);
    expect(continuity.sinceMs(T0 + 60_002)).toBe(T0 + 60_001);
  });
});
