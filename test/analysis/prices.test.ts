import { describe, expect, test } from "vitest";
import {
  costUsd,
  isPriced,
  LIST_PRICES,
  parsePrices,
  priceOf,
  worstCaseUsd,
} from "../../src/analysis/prices.ts";

const LIST = parsePrices(LIST_PRICES) ?? [];
const MILLION = { input: 1e6, output: 0, cacheWrite: 0, cacheRead: 0 };

describe("a price list", () => {
  test.for<[string, string, readonly number[]]>([
    ["all four prices", "m=2/10/2.5/0.1", [2, 10, 2.5, 0.1]],
    ["caches by the usual factors where nobody says", "m=4/20", [4, 20, 5, 0.4]],
    ["no price at all as none", "m=0/0", [0, 0, 0, 0]],
  ])("reads %s", ([, text, expected]) => {
    const { input, output, cacheWrite, cacheRead } = priceOf(parsePrices(text) ?? [], "m", 1);
    expect([input, output, cacheWrite, cacheRead]).toEqual(expected);
  });

  test.for([
    "",
    "m",
    "m=",
    "m=1",
    "m=a/b",
    "m=1/2/3/4/5",
    "=1/2",
    "m>x=1/2",
    "m=-1/2",
    "m=1/2,",
    "m=999999/1",
  ])("refuses %j", (text) => {
    expect(parsePrices(text)).toBeNull();
  });

  test("the longest name that a model begins with decides, then the length of the prompt", () => {
    const prices = parsePrices("a=1/1, a-b=2/2, a-b>1000=7/7") ?? [];
    const input = (model: string, tokens: number): number => priceOf(prices, model, tokens).input;
    expect([input("a-x", 1), input("a-b-2026", 1_000), input("a-b-2026", 1_001)]).toEqual([1, 2, 7]);
  });

  test("a model without a price is counted as the dearest", () => {
    expect(isPriced(LIST, "somebody-elses")).toBe(false);
    expect(priceOf(LIST, "somebody-elses", 1)).toMatchObject({ input: 10, output: 50 });
    expect(priceOf(parsePrices("x=90/1") ?? [], "y", 1)).toMatchObject({ input: 90, output: 50 });
  });

  test("the worst case is never below what a call costs", () => {
    for (const model of ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "unknown"]) {
      for (const input of [100, 99_000, 150_000]) {
        const usage = { input, output: 500, cacheWrite: 0, cacheRead: 0 };
        const worst = worstCaseUsd(LIST, model, input, 500);
        expect(worst).toBeGreaterThanOrEqual(costUsd(LIST, model, usage));
        expect(worst).toBeGreaterThanOrEqual(costUsd(LIST, model, { ...usage, input: 0, cacheWrite: input }));
      }
    }
  });

  test("a long prompt to the smallest model is dearer", () => {
    expect(costUsd(LIST, "claude-haiku-5-5", { ...MILLION, input: 100_000 })).toBeCloseTo(0.01);
    expect(costUsd(LIST, "claude-haiku-5-5", MILLION)).toBeCloseTo(0.5);
  });
});
