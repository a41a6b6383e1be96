import { describe, expect, test } from "vitest";
import { isDetectable, nbTail, noiseVariance } from "../bench/detection/oracle.ts";
import { bootstrap, wilson } from "../bench/detection/intervals.ts";
import { noTruth, type Truth } from "../bench/detection/workload/generator.ts";
import { drawService } from "../bench/detection/workload/service.ts";
import { Random } from "../bench/detection/random.ts";
import { faultOf } from "./support.ts";

describe("the oracle's tails", () => {
  test("are those of Poisson where nothing is overdispersed", () => {
    expect(nbTail(3, 1, 0, 0, true)).toBeCloseTo(1 - Math.exp(-1) * 2.5, 6);
    expect(nbTail(0, 2, 0, 0, false)).toBeCloseTo(Math.exp(-2), 6);
  });

  test("are those of the geometric distribution at size 1", () => {
    // Size 1 means phi = 1: P(X >= k) = (mean / (1 + mean))^k.
    expect(nbTail(5, 2, 0, 1, true)).toBeCloseTo((2 / 3) ** 5, 10);
    expect(nbTail(0, 2, 0, 1, false)).toBeCloseTo(1 / 3, 10);
  });

  test("are 1 on the wrong side", () => {
    expect(nbTail(1, 5, 0, 0.1, true)).toBe(1);
    expect(nbTail(9, 5, 0, 0.1, false)).toBe(1);
  });

  test("know noise that averages itself away over a long time", () => {
    expect(noiseVariance(0.2, 30, 1 / 6)).toBeCloseTo(0.04, 3);
    expect(noiseVariance(0.2, 30, 600)).toBeLessThan(0.005);
  });
});

describe("a fault is detectable", () => {
  const profile = { ...drawService("A", 0, new Random("oracle"), 1_000), clusterSize: 1 };
  const cases: readonly [what: string, kind: "silence" | "new_error_template" | "volume_spike", Partial<Truth>, boolean][] =
    [
      ["where 300 records were expected and none came", "silence", { expectedTotal: 300 }, true],
      ["not where 3 were expected and none came", "silence", { expectedTotal: 3 }, false],
      ["with 5 lines never seen before", "new_error_template", { novel: 5, expectedErrors: 50, errors: 50 }, true],
      ["not with one line never seen before", "new_error_template", { novel: 1, expectedErrors: 50, errors: 51 }, false],
      ["at ten times the volume", "volume_spike", { total: 5_000, expectedTotal: 500 }, true],
      ["not at a tenth more", "volume_spike", { total: 550, expectedTotal: 500 }, false],
    ]; // prettier-ignore
  test.for(cases)("%s", ([, kind, truth, isFound]) => {
    const truths = new Map([[0, { ...noTruth(), minutes: 30, ...truth }]]);
    expect(isDetectable(faultOf(kind, 0, 30, "cart"), truths, [profile])).toBe(isFound);
  });
});

describe("intervals", () => {
  // Four figures of Newcombe (1998), table I, and two of our own.
  test.for<[hits: number, tries: number, low: number, high: number]>([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [8, 10, 0.4902, 0.9433],
    [0, 0, 0, 1],
  ])("of shares are Wilson's: %d of %d is %d to %d", ([hits, tries, low, high]) => {
    expect(wilson(hits, tries).low).toBeCloseTo(low, 3);
    expect(wilson(hits, tries).high).toBeCloseTo(high, 3);
  });

  test("of groups are the same every time and hold the figure", () => {
    const mean = (drawn: readonly number[]): number => drawn.reduce((a, b) => a + b, 0) / drawn.length;
    const groups = [1, 2, 3, 4, 5, 6];
    const first = bootstrap(groups, "test", mean);
    expect(bootstrap(groups, "test", mean)).toEqual(first);
    expect(first.low).toBeLessThan(3.5);
    expect(first.high).toBeGreaterThan(3.5);
  });
});
