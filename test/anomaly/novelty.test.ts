import { describe, expect, test } from "vitest";
import type { Look } from "../../src/anomaly/finding.ts";
import { novelty } from "../../src/anomaly/novelty.ts";
import { SeriesModel } from "../../src/baseline/series-model.ts";
import { seriesKey } from "../../src/log/series.ts";
import { gridOf } from "../../src/window/grid.ts";
import { series, T0 } from "../support/log-records.ts";

const GRID = gridOf(300_000, 10_000);
const STEP_MS = GRID.stepMs;
const NOW_MS = Math.floor(T0 / STEP_MS) * STEP_MS;
const STEP = NOW_MS / STEP_MS - 1;

interface Case {
  readonly templates: number;
  readonly recordsEach?: number;
  readonly total?: number;
  readonly watchedBuckets?: number;
  readonly arrivals?: number;
  readonly minutesAgo?: number;
  readonly deployedMinutesAgo?: number;
}

/** A service that knows `arrivals` templates, with `templates` more of the last minutes. */
function shop({
  templates,
  recordsEach = 2,
  total = 200,
  watchedBuckets = 2_000,
  arrivals = 10,
  minutesAgo = 5,
  deployedMinutesAgo,
}: Case): SeriesModel {
  const model = new SeriesModel(seriesKey(series("shop")), series("shop"), GRID, NOW_MS - 1e9);
  model.watchedBuckets = watchedBuckets;
  const firstMs = NOW_MS - minutesAgo * STEP_MS;
  for (let n = 0; n < templates; n++) model.pattern(`new ${n}`, firstMs)?.add(STEP - 1, recordsEach);
  model.newcomers = arrivals + templates;
  model.total.add(NOW_MS / GRID.paneMs - 2, total);
  if (deployedMinutesAgo !== undefined) model.deployedMs = NOW_MS - deployedMinutesAgo * STEP_MS;
  return model;
}

function look(isOpen = false): Look {
  return {
    grid: GRID,
    nowMs: NOW_MS,
    pane: NOW_MS / GRID.paneMs - 1,
    step: STEP,
    isStep: true,
    tau: 6,
    continuousSinceMs: 0,
    warm: true,
    isOpen: () => isOpen,
    textOf: (_key, pattern) => pattern,
  };
}

describe("many templates that never came before", () => {
  test("are a finding that says how many, their share, and which came first", () => {
    const found = novelty(shop({ templates: 20 }), look());
    expect(found).toMatchObject({ category: "new_pattern", observed: 20, weak: false, pattern: "new 0" });
    expect(found?.description).toContain("20 templates in 15 minutes that never came before, 20.0 %");
    expect(found?.onsetMs).toBe(NOW_MS - 5 * STEP_MS);
  });

  test.for<[string, Case]>([
    ["too few", { templates: 5 }],
    ["of a service that is not known for a day", { templates: 20, watchedBuckets: 200 }],
    ["after a new version", { templates: 20, deployedMinutesAgo: 30 }],
    ["a small share of what it logs", { templates: 20, total: 2_000 }],
    ["too few records", { templates: 6, recordsEach: 1, total: 20 }],
    ["of a service that has new ones all the time", { templates: 20, arrivals: 10_000 }],
    ["that came longer ago", { templates: 20, minutesAgo: 20 }],
  ])("are none: %s", ([, given]) => {
    expect(novelty(shop(given), look())).toBeNull();
  });

  test("are still one long after a new version", () => {
    expect(novelty(shop({ templates: 20, deployedMinutesAgo: 90 }), look())).not.toBeNull();
  });

  test("keep what is open open when fewer come, but open nothing", () => {
    expect(novelty(shop({ templates: 4, total: 20 }), look(true))).toMatchObject({ weak: true });
  });
});

test("a template that turned out to be another is no new one", () => {
  const model = shop({ templates: 20 });
  for (let n = 0; n < 16; n++) model.rename(`new ${n}`, "known");
  expect(model.freshPatterns(0).length).toBeLessThanOrEqual(5);
});

test("a restart remembers what is new", () => {
  const model = shop({ templates: 20 });
  const next = SeriesModel.restore(JSON.parse(JSON.stringify(model.toJson())), GRID);
  expect(next.freshPatterns(0)).toHaveLength(20);
  expect(novelty(next, look())?.description).toBe(novelty(model, look())?.description);
});
