import { describe, expect, test } from "vitest";
import { SharedPatterns } from "../../src/anomaly/shared-patterns.ts";
import { PatternState } from "../../src/baseline/pattern-model.ts";
import { SeriesModel } from "../../src/baseline/series-model.ts";
import { gridOf } from "../../src/window/grid.ts";

const GRID = gridOf(300_000, 10_000);

/** A service with 1,000 learnt records that logged the pattern alone so many times. */
function service(name: string, alone: number): SeriesModel {
  const model = new SeriesModel(name, { environment: "prod", namespace: "", service: name }, GRID, 0);
  model.errorShare.learn([200, 1_000, 1_000, 1_000], [0, 0, 0, 0], [200, 1_000, 1_000, 1_000], 1);
  const pattern = model.pattern("p", 0);
  if (pattern !== null) pattern.alone = alone;
  return model;
}

describe("patterns that services share", () => {
  test("what two other services log alone has their rate per record here", () => {
    const shared = new SharedPatterns();
    const pattern = new PatternState("p", 0);
    for (const other of [service("a", 4), service("b", 2)]) shared.add(pattern, other);
    expect(shared.perRecord(pattern, service("c", 0))).toBeCloseTo(6 / 2_000);
  });

  test("one other service, or the service itself, says nothing", () => {
    const shared = new SharedPatterns();
    const pattern = new PatternState("p", 0);
    const [own, other] = [service("own", 9), service("other", 9)];
    shared.add(pattern, own);
    shared.add(pattern, other);
    expect(shared.perRecord(pattern, own)).toBe(0);
  });
});
