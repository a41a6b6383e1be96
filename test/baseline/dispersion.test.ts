import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Dispersion } from "../../src/baseline/dispersion.ts";

const BUCKET_MS = 300_000;
const PRIOR = { kappa: 0.1, phi: 0.04 };
const WEEK = 2_016;

/** Deviations of exactly the variance `mu (1 + kappa) + phi mu²`, above and below in turn. */
function learnt(kappa: number, phi: number, muOf: (bucket: number) => number, buckets = WEEK): Dispersion {
  const dispersion = new Dispersion(BUCKET_MS, PRIOR);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const mu = muOf(bucket);
    const off = Math.sqrt(mu * (1 + kappa) + phi * mu * mu);
    dispersion.learn(mu + (bucket % 2 === 0 ? off : -off), mu, 1);
  }
  return dispersion;
}

const daily = (bucket: number): number => 40 * (1.1 + Math.sin((2 * Math.PI * bucket) / 288));

describe("the spread", () => {
  test("tells records in clusters from a rate that varies, where the mean changes", () => {
    const clusters = learnt(6, 0, daily).spread();
    expect(clusters.kappa).toBeGreaterThan(3);
    expect(clusters.phi).toBeLessThan(0.07);
    const noise = learnt(0, 0.2, daily).spread();
    expect(noise.phi).toBeGreaterThan(0.15);
    expect(noise.kappa).toBeLessThan(1.5);
  });

  test.for([
    [2, 0],
    [0, 0.3],
    [1, 0.1],
  ] as const)("has the variance that was seen: kappa %d, phi %d", ([kappa, phi]) => {
    const found = learnt(kappa, phi, () => 30).spread();
    const variance = (of: { kappa: number; phi: number }): number => 30 * (1 + of.kappa) + of.phi * 900;
    expect(variance(found) / variance({ kappa, phi })).toBeCloseTo(1, 0);
  });

  test("of the first day, when nothing was known, is forgotten within a week", () => {
    const dispersion = new Dispersion(BUCKET_MS, PRIOR);
    for (let bucket = 0; bucket < 288; bucket++) dispersion.learn(bucket % 2 === 0 ? 300 : 0, 100, 1);
    expect(dispersion.spread().phi).toBeGreaterThan(0.3);
    for (let bucket = 0; bucket < 6 * 288; bucket++) dispersion.learn(bucket % 2 === 0 ? 110 : 90, 100, 1);
    expect(dispersion.spread().phi).toBeLessThan(0.03);
  });

  test("is the prior's while nothing was learnt, and wider by what is added", () => {
    const { kappa, phi } = new Dispersion(BUCKET_MS, PRIOR).spread(0.3);
    expect([kappa, phi]).toEqual([expect.closeTo(0.1), expect.closeTo(0.34)]);
  });

  test("is finite and not negative whatever was counted, and the same after a restart", () => {
    const count = fc.tuple(fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0, max: 1e5, noNaN: true }));
    fc.assert(
      fc.property(fc.array(count, { maxLength: 60 }), (counts) => {
        const dispersion = new Dispersion(BUCKET_MS, PRIOR);
        for (const [x, mu] of counts) dispersion.learn(x, mu, 1);
        const { kappa, phi } = dispersion.spread();
        expect(kappa >= 0 && phi >= 0 && Number.isFinite(kappa + phi)).toBe(true);
        const next = new Dispersion(BUCKET_MS, PRIOR);
        next.restore(dispersion.toJson());
        expect(next.spread()).toEqual({ kappa, phi });
      }),
    );
  });
});
