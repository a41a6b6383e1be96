import { describe, expect, test } from "vitest";
import { ErrorSamples, MAX_EXAMPLES, MAX_SAMPLED_TEMPLATES } from "../../src/window/samples.ts";
import { T0 } from "../support/log-records.ts";

describe("error samples", () => {
  test("keep per template when it was seen, its gravest severity and a few lines", () => {
    const samples = new ErrorSamples();
    samples.observe("cart", "boom <num>", T0, 17, () => "boom 1");
    samples.observe("cart", "boom <num>", T0 + 5, 21, () => "boom 2");
    samples.observe("cart", "boom <num>", T0 + 3, 17, () => "boom 3");
    expect(samples.of("cart")).toEqual([
      {
        template: "boom <num>",
        firstSeenAtMs: T0,
        lastSeenAtMs: T0 + 5,
        severity: 21,
        examples: ["boom 1", "boom 2", "boom 3"],
      },
    ]);
    expect(samples.sample("cart", "boom <num>")?.severity).toBe(21);
    expect(samples.sample("cart", "other")).toBeUndefined();
    expect(samples.of("shop")).toEqual([]);
  });

  test("the first sight is the earliest event, in whatever order records come", () => {
    const samples = new ErrorSamples();
    samples.observe("cart", "boom", T0 + 9, 17, () => "boom");
    samples.observe("cart", "boom", T0, 17, () => "boom");
    expect(samples.sample("cart", "boom")).toMatchObject({ firstSeenAtMs: T0, lastSeenAtMs: T0 + 9 });
  });

  test("meet their bounds, and nothing is redacted that is not kept", () => {
    const samples = new ErrorSamples();
    let asked = 0;
    const example = (): string => `boom ${++asked}`;
    for (let i = 0; i < 10; i++) samples.observe("cart", "boom", T0, 17, example);
    expect(samples.sample("cart", "boom")?.examples).toHaveLength(MAX_EXAMPLES);
    expect(asked).toBe(MAX_EXAMPLES);
    for (let i = 0; i < 500; i++) samples.observe("cart", `t${i}`, T0 + 1 + i, 17, () => "x");
    expect(samples.of("cart")).toHaveLength(MAX_SAMPLED_TEMPLATES);
    expect(samples.sample("cart", "t499")).toBeDefined();
    expect(samples.sample("cart", "boom")).toBeUndefined();
  });

  test("of another counter are taken over, in any order and any number of times", () => {
    const one = new ErrorSamples();
    one.observe("cart", "boom", T0 + 5, 17, () => "boom 1");
    const other = new ErrorSamples();
    other.observe("cart", "boom", T0, 21, () => "boom 2");
    for (const sample of [...other.of("cart"), ...other.of("cart")]) one.merge("cart", sample);
    expect(one.of("cart")).toEqual([
      {
        template: "boom",
        firstSeenAtMs: T0,
        lastSeenAtMs: T0 + 5,
        severity: 21,
        examples: ["boom 1", "boom 2"],
      },
    ]);
  });

  test("forget what was not seen for long", () => {
    const samples = new ErrorSamples();
    samples.observe("cart", "old", T0, 17, () => "x");
    samples.observe("cart", "new", T0 + 10, 17, () => "x");
    samples.expire(T0 + 5);
    expect(samples.of("cart").map(({ template }) => template)).toEqual(["new"]);
  });
});
