import { describe, expect, test } from "vitest";
import { isLone, learningUntilMs, needsCompany } from "../../src/anomaly/first-day.ts";
import { SeriesModel } from "../../src/baseline/series-model.ts";
import { DAY_MS } from "../../src/log/time.ts";
import { gridOf } from "../../src/window/grid.ts";
import { series, T0 } from "../support/log-records.ts";

const GRID = gridOf(300_000, 10_000);

function service(name: string, erredAlone: number): SeriesModel {
  const model = new SeriesModel(name, series(name), GRID, T0);
  model.erredAlone = erredAlone;
  return model;
}

/** Four services, so many of which err every day. */
function environment(erring: number): readonly SeriesModel[] {
  return [0, 1, 2, 3].map((n) => service(`s${n}`, n < erring ? 3 : 2));
}

describe("a lone error of a service that is hardly known", () => {
  test.for([
    ["is news where no service errs every day", 0, 3_600_000, false],
    ["needs company where others err every day", 1, 3_600_000, true],
    ["is judged by its own past after a day", 4, DAY_MS, false],
  ] as const)("%s", ([, erring, ageMs, expected]) => {
    const models = environment(erring);
    const [model = service("none", 0)] = models;
    expect(needsCompany(model, models, T0 + ageMs)).toBe(expected);
  });
});

/** Errors of so many records each, of patterns that came so often before. */
function erred(
  ...counts: readonly (readonly [count: number, episodes: number])[]
): Parameters<typeof isLone>[0] {
  return counts.map(([count, episodes]) => ({ count, fatal: false, pattern: { episodes } }));
}

describe("an error is alone", () => {
  test.for([
    ["a new pattern, twice", erred([2, 0]), 0, true],
    ["a new pattern, repeatedly", erred([3, 0]), 0, false],
    ["a new pattern with a known one", erred([1, 0], [1, 2]), 0, false],
    ["a new pattern with another service's", erred([1, 0]), 1, false],
    ["a known pattern, three times", erred([3, 1]), 0, true],
    ["a known pattern, repeatedly", erred([4, 1]), 0, false],
    ["two known patterns", erred([1, 1], [2, 3]), 0, true],
    ["two known patterns with another service's", erred([1, 1], [2, 3]), 1, false],
    ["one that is fatal", [{ count: 1, fatal: true, pattern: { episodes: 3 } }], 0, false],
  ] as const)("%s", ([, own, others, expected]) => {
    expect(isLone(own, others)).toBe(expected);
  });
});

test("a series is in its first day until a day after its first record", () => {
  const model = service("cart", 0);
  expect(learningUntilMs(model, T0 + 1)).toBe(T0 + DAY_MS);
  expect(learningUntilMs(model, T0 + DAY_MS)).toBeNull();
  expect(learningUntilMs(undefined, T0)).toBeNull();
});
