import { describe, expect, test } from "vitest";
import { rankMembers, type RankSource } from "../../src/alert/rank.ts";
import { keyOf, tracked } from "../support/findings.ts";
import { T0 } from "../support/log-records.ts";

function ranked(change: Partial<RankSource>): readonly string[] {
  const source: RankSource = {
    members: [],
    firstErrors: new Map(),
    samplesOf: () => [],
    fromMs: T0,
    blamed: [],
    ...change,
  };
  return rankMembers(source).map(({ service }) => service);
}

const late = { onsetMs: T0 + 60_000 };

describe("suspects", () => {
  test("who began first stands before who is off more", () => {
    expect(ranked({ members: [tracked({ ...late, score: 3 }, "shop"), tracked({}, "cart")] })).toEqual([
      "cart",
      "shop",
    ]);
  });

  test("who erred first in shared traces stands before who erred at the same time", () => {
    const members = [tracked({}, "cart"), tracked({}, "shop")];
    expect(ranked({ members, firstErrors: new Map([[keyOf("shop"), 4]]) })).toEqual(["shop", "cart"]);
  });

  test("a new error speaks against its service", () => {
    const members = [tracked({}, "cart"), tracked({ category: "new_pattern" }, "shop")];
    expect(ranked({ members })).toEqual(["shop", "cart"]);
  });

  test("a finding that points to another service speaks for that one", () => {
    const suspects = [
      { seriesKey: keyOf("pay"), service: "pay", weight: 1, because: "all goes to it" },
      { seriesKey: keyOf("shop"), service: "shop", weight: 0.3, because: "some goes to it" },
    ];
    const source = {
      members: [tracked({ suspects }, "shop")],
      firstErrors: new Map(),
      fromMs: T0,
      blamed: [],
    };
    const [first, second] = rankMembers({ ...source, samplesOf: () => [] });
    expect(first).toMatchObject({ service: "pay" });
    expect(first?.because).toContain("all goes to it");
    expect(second).toMatchObject({ service: "shop" });
  });

  test("who the errors of the evidence blame is a suspect, also without a finding of its own", () => {
    const blamed = [
      { service: "pay", share: 0.9, onsetMs: T0 },
      { service: "shop", share: 0.1, onsetMs: T0 },
    ];
    const members = [tracked({ ...late, category: "error_spike" }, "shop")];
    expect(ranked({ members, blamed })).toEqual(["pay", "shop"]);
    const both = [tracked({}, "cart"), tracked({}, "pay")];
    expect(ranked({ members: both, blamed })[0]).toBe("pay");
  });

  test("errors say nothing of where a slow or silent service's trouble began", () => {
    const members = [tracked({ category: "slow_trace" }, "shop")];
    expect(ranked({ members, blamed: [{ service: "pay", share: 1, onsetMs: T0 }] })).toEqual(["shop"]);
  });

  test("what all services together show names nobody", () => {
    expect(ranked({ members: [tracked({}, "(all services)")] })).toEqual([]);
  });
});
