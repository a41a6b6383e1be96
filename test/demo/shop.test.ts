import { describe, expect, test } from "vitest";
import { SHOP_SERVICES, type ShopLine } from "../../src/demo/line.ts";
import { SeededRandom } from "../../src/demo/random.ts";
import { Shop, SHOP_STEP_MS, type ShopPhase } from "../../src/demo/shop.ts";

function run(shop: Shop, seconds: number, phase?: ShopPhase): ShopLine[] {
  if (phase !== undefined) shop.setPhase(phase);
  return Array.from({ length: (seconds * 1_000) / SHOP_STEP_MS }, () => shop.step()).flat();
}

function errorRate(lines: readonly ShopLine[]): number {
  return lines.filter((line) => line.level === "ERROR").length / lines.length;
}

/** The last 10 s at every second. */
function windows(lines: readonly ShopLine[], fromMs: number, toMs: number): ShopLine[][] {
  const found: ShopLine[][] = [];
  for (let endMs = fromMs + 10_000; endMs <= toMs; endMs += 1_000) {
    found.push(lines.filter((line) => line.atMs >= endMs - 10_000 && line.atMs < endMs));
  }
  return found;
}

const SEEDS = [1, 2, 3, 42, 2_024];

describe("the simulated shop", () => {
  test("the same seed and the same phases give the same lines, another seed others", () => {
    const story = (seed: number): ShopLine[] => {
      const shop = new Shop(seed);
      return [...run(shop, 5), ...run(shop, 5, "broken"), ...run(shop, 5, "recovering")];
    };
    expect(story(7)).toEqual(story(7));
    expect(story(7)).not.toEqual(story(8));
  });

  test("lines come in order of time, each within its step", () => {
    const shop = new Shop(1);
    for (let step = 0; step < 300; step++) {
      const times = shop.step().map((line) => line.atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const atMs of times) expect(Math.floor(atMs / SHOP_STEP_MS)).toBe(step);
    }
  });

  test.for(SEEDS)("with seed %d a healthy shop gives no rule a reason, in any window", (seed) => {
    const all = windows(run(new Shop(seed), 60), 0, 60_000);
    const sizes = all.map((lines) => lines.length);
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.8);
    for (const lines of all) {
      expect(new Set(lines.map((line) => line.service)).size).toBe(SHOP_SERVICES.length);
      expect(errorRate(lines)).toBeLessThan(0.03);
    }
  });

  test.for(SEEDS)("with seed %d the break lifts the error rate far over 5 % within seconds", (seed) => {
    const shop = new Shop(seed);
    const healthy = run(shop, 28);
    const broken = run(shop, 20, "broken");
    const lines = [...healthy, ...broken];
    const soon = lines.filter((line) => line.atMs >= 28_000 + 6_000 - 10_000 && line.atMs < 28_000 + 6_000);
    expect(errorRate(soon)).toBeGreaterThan(0.05);
    const [end] = windows(lines, 38_000, 48_000);
    expect(errorRate(end ?? [])).toBeGreaterThan(0.2);
    expect(end?.length).toBeLessThan(3 * 300 * 2);
  });

  test("payment fails first, checkout and frontend follow", () => {
    const shop = new Shop(5);
    run(shop, 20);
    const broken = run(shop, 15, "broken");
    const firstError = (service: string): number =>
      broken.find((line) => line.service === service && line.level === "ERROR")?.atMs ?? Infinity;
    expect(firstError("payment")).toBeLessThan(firstError("checkout"));
    expect(firstError("checkout")).toBeLessThan(firstError("frontend"));
    expect(firstError("frontend")).toBeLessThan(28_000);
  });

  test("the recovery ends the errors within ten seconds", () => {
    const shop = new Shop(9);
    run(shop, 5);
    run(shop, 10, "broken");
    run(shop, 10, "recovering");
    expect(errorRate(run(shop, 10))).toBeLessThan(0.03);
  });
});

describe("seeded random numbers", () => {
  test("are spread over their range and the same for the same seed", () => {
    const random = new SeededRandom(3);
    const values = Array.from({ length: 10_000 }, () => random.next());
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
    expect(new SeededRandom(3).next()).toBe(values[0]);
  });

  test("poisson arrivals have the mean that was asked for", () => {
    const random = new SeededRandom(4);
    const counts = Array.from({ length: 10_000 }, () => random.poisson(1.6));
    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeCloseTo(1.6, 1);
  });
});
