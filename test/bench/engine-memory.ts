import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { closeBucket } from "../../src/baseline/learning.ts";
import { SeriesModel } from "../../src/baseline/series-model.ts";
import { seriesKey } from "../../src/log/series.ts";
import { gridOf } from "../../src/window/grid.ts";
import { series, T0 } from "../support/log-records.ts";
import type { Measured } from "./table.ts";

const GRID = gridOf(300_000, 10_000);
const SERVICES = 5_000;
const TEMPLATES_EACH = 10;
/** Grown up: buckets wait their full time before they are learnt. */
const BUCKETS = 36;
const SERVICE_BAR_BYTES = 7_000;
const TEMPLATE_BAR_BYTES = 350;

function settledBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A series that has logged, and erred now and then, for three hours. */
function modelOf(number: number, templates: number): SeriesModel {
  const named = series(`service-${number}`);
  const model = new SeriesModel(seriesKey(named), named, GRID, T0);
  const panesPerBucket = GRID.bucketMs / GRID.paneMs;
  const first = T0 / GRID.paneMs;
  for (let i = 0; i < BUCKETS * panesPerBucket; i++) {
    model.total.add(first + i, 7 + (i % 3));
    if (i % 9 === 0) model.errors.add(first + i, 1);
    const step = Math.floor((first + i) / GRID.panesPerStep);
    for (let t = 0; t < templates; t++) {
      model.pattern(PATTERNS[t] ?? "", T0)?.add(step, 1);
    }
    if ((i + 1) % panesPerBucket !== 0) continue;
    const endMs = (first + i + 1) * GRID.paneMs;
    closeBucket(model, GRID, endMs - GRID.bucketMs, false);
    model.expect(step, endMs);
  }
  return model;
}

/** Their texts belong to the miner. */
const PATTERNS = Array.from({ length: TEMPLATES_EACH }, (_, i) => `template ${i}`);

function bytesOf(templates: number): number {
  const models: SeriesModel[] = Array.from({ length: 100 }, (_, i) => modelOf(i, templates));
  models.length = 0;
  const before = settledBytes();
  for (let i = 0; i < SERVICES; i++) models.push(modelOf(i, templates));
  const bytes = settledBytes() - before;
  return models.length === 0 ? NaN : bytes / SERVICES;
}

/** What the engine keeps of a service and of a template; counts of panes that still fill are the windows'. */
export function engineMemory(): readonly Measured[] {
  const bare = bytesOf(0);
  const templates = (bytesOf(TEMPLATES_EACH) - bare) / TEMPLATES_EACH;
  const common = { unit: "B", better: "lower" } as const;
  const from = `of ${SERVICES.toLocaleString("en")} services`;
  return [
    {
      ...common,
      what: "model of one service",
      value: bare,
      from,
      against: { name: "bar", value: SERVICE_BAR_BYTES },
    },
    {
      ...common,
      what: "model of one template",
      value: templates,
      from: `${from} with ${TEMPLATES_EACH} each`,
      against: { name: "bar", value: TEMPLATE_BAR_BYTES },
    },
  ];
}
