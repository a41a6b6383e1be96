import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binomialSurprise, lnGamma, surpriseAbove, surpriseBelow } from "../../src/baseline/tail.ts";

/** P(X = k) by the definition, for small counts. */
function mass(k: number, mu: number, r: number): number {
  const p = r / (r + mu);
  return Math.exp(lnGamma(k + r) - lnGamma(r) - lnGamma(k + 1) + r * Math.log(p) + k * Math.log1p(-p));
}

function sum(from: number, to: number, mu: number, r: number): number {
  let total = 0;
  for (let k = from; k <= to; k++) total += mass(k, mu, r);
  return total;
}

const means = fc.double({ min: 0.01, max: 50, noNaN: true });
const spreads = fc.record({
  kappa: fc.double({ min: 0, max: 5, noNaN: true }),
  phi: fc.double({ min: 0.01, max: 1, noNaN: true }),
});

describe("negative-binomial tails", () => {
  test("both sides agree with the sum of the masses", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), means, spreads, (k, mu, spread) => {
        const r = mu / (spread.kappa + spread.phi * mu);
        const below = sum(0, k, mu, r);
        fc.pre(below > 1e-12 && below < 1 - 1e-9);
        expect(surpriseBelow(k, mu, spread)).toBeCloseTo(-Math.log10(below), 5);
        expect(surpriseAbove(k + 1, mu, spread)).toBeCloseTo(-Math.log10(1 - below), 3);
      }),
    );
  });

  test("more is never less surprising", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), means, spreads, (k, mu, spread) => {
        expect(surpriseAbove(k + 1, mu, spread)).toBeGreaterThanOrEqual(surpriseAbove(k, mu, spread) - 1e-9);
      }),
    );
  });

  test("nothing where nothing was expected is no surprise, something is", () => {
    expect(surpriseAbove(0, 5, { kappa: 0, phi: 0 })).toBe(0);
    expect(surpriseAbove(1, 0, { kappa: 0, phi: 0 })).toBe(Infinity);
    expect(surpriseBelow(0, 20, { kappa: 0, phi: 0 })).toBeCloseTo(20 / Math.LN10, 3);
  });
});

test.for([
  [10, 20, 0.05, 7.945],
  [0, 20, 0.05, 0],
  [20, 20, 0.5, 6.02],
])("%d of %d at %d is a surprise of %d", ([k = 0, n = 0, p = 0, expected = 0]) => {
  expect(binomialSurprise(k, n, p)).toBeCloseTo(expected, 2);
});
