import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ByteBudget } from "../../src/otlp/byte-budget.ts";
import type { Coding } from "../../src/otlp/content-encoding.ts";
import { aheadBytes, decodeBytes } from "../../src/otlp/intake.ts";

const LIMIT = 1_000_000;

function budget(): ByteBudget {
  return new ByteBudget(LIMIT);
}

/** Whether one request after the other through one budget gets all that it asks for. */
function paid(wireBytes: number, plainBytes: number, codings: readonly Coding[]): boolean {
  const lease = budget().lease();
  const ahead = aheadBytes({ encoding: "json", codings }, wireBytes, lease);
  if (!lease.grow(wireBytes + ahead)) return false;
  return codings.length === 0 || lease.grow(plainBytes + decodeBytes("json", plainBytes, lease));
}

describe("41 what JSON takes while it is decoded", () => {
  test("is asked for before the body is read: three times its length", () => {
    const lease = budget().lease();
    expect(aheadBytes({ encoding: "json", codings: [] }, 1_000, lease)).toBe(2_000);
    expect(aheadBytes({ encoding: "json", codings: ["gzip"] }, 1_000, lease)).toBe(2_000);
    expect(aheadBytes({ encoding: "protobuf", codings: [] }, 1_000, lease)).toBe(0);
    expect(decodeBytes("protobuf", 1_000, lease)).toBe(0);
  });

  test("never keeps a body out for ever: alone, up to half the budget is always taken", () => {
    const sizes = fc.tuple(
      fc.integer({ min: 0, max: LIMIT / 2 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(sizes, ([plainBytes, ratio]) => {
        expect(paid(Math.floor(plainBytes * ratio), plainBytes, ["gzip"])).toBe(true);
        expect(paid(plainBytes, plainBytes, [])).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
