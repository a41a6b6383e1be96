import { describe, expect, test } from "vitest";
import { DAY_MS } from "../../src/log/time.ts";
import { OTHER_SERVICE, SeriesRegistry } from "../../src/window/registry.ts";
import { series, T0 } from "../support/log-records.ts";

function size(registry: SeriesRegistry): number {
  return [...registry.all()].length;
}

describe("the known series", () => {
  test("are one object each", () => {
    const registry = new SeriesRegistry(10);
    expect(registry.intern(series("cart"), T0)).toBe(registry.intern(series("cart"), T0 + 1));
    expect(registry.intern(series("cart"), T0)).not.toBe(registry.intern(series("cart", "staging"), T0));
  });

  test("know when they were first and last seen", () => {
    const registry = new SeriesRegistry(10);
    registry.intern(series("cart"), T0);
    expect(registry.intern(series("cart"), T0 + 5)).toMatchObject({
      firstSeenAtMs: T0,
      lastSeenAtMs: T0 + 5,
    });
  });

  test("are forgotten after a silent day", () => {
    const registry = new SeriesRegistry(10);
    registry.intern(series("old"), T0);
    registry.intern(series("new"), T0 + 1);
    registry.expire(T0 + DAY_MS + 1);
    expect([...registry.all()].map((entry) => entry.series.service)).toEqual(["new"]);
  });
});

describe("beyond the bound", () => {
  test("further names share one series of their environment", () => {
    const registry = new SeriesRegistry(2);
    registry.intern(series("a"), T0);
    registry.intern(series("b", "staging"), T0);
    expect(registry.intern(series("c"), T0).series).toEqual(series(OTHER_SERVICE));
    expect(registry.intern(series("d"), T0)).toBe(registry.intern(series("c"), T0));
    expect(registry.intern(series("e", "staging"), T0).series).toEqual(series(OTHER_SERVICE, "staging"));
    expect(registry.overflowed).toBe(4);
  });

  test("known names keep their own", () => {
    const registry = new SeriesRegistry(1);
    registry.intern(series("a"), T0);
    registry.intern(series("b"), T0);
    expect(registry.intern(series("a"), T0).series).toEqual(series("a"));
  });

  test.for<[string, (i: number) => ReturnType<typeof series>]>([
    ["random services", (i) => series(`s${i}`)],
    ["random environments", (i) => series("s", `e${i}`)],
    ["random namespaces", (i) => series("s", "production", `n${i}`)],
    ["random environments under the shared name", (i) => series(OTHER_SERVICE, `e${i}`)],
    ["random namespaces under the shared name", (i) => series(OTHER_SERVICE, "production", `n${i}`)],
  ])("%s do not grow the memory", ([, nth]) => {
    const registry = new SeriesRegistry(5);
    for (let i = 0; i < 1_000; i++) registry.intern(nth(i), T0);
    // One shared series for each environment that was known at the bound.
    expect(size(registry)).toBeLessThanOrEqual(10);
  });
});
