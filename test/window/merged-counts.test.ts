import { expect, test } from "vitest";
import { batchOf } from "../../src/log/batch.ts";
import { PaneCounter } from "../../src/window/counter.ts";
import { MAX_PATTERNS_PER_PANE, OTHER_PATTERNS } from "../../src/window/delta.ts";
import { MergedCounts } from "../../src/window/merged-counts.ts";
import { logRecord, T0 } from "../support/log-records.ts";

const OPTIONS = {
  replica: "one",
  epoch: T0,
  bucketMs: 10_000,
  maxServices: 100,
  redact: (text: string): string => text,
  onRenamed: (): void => {},
};

test("lines that found no room are no reason to ask for all shapes again, also where they belong to traces", () => {
  const counts = new MergedCounts(OPTIONS);
  const counter = new PaneCounter(OPTIONS, counts.registry);
  const letters = (i: number): string =>
    [i, i / 26, i / 676].map((n) => String.fromCharCode(97 + (Math.floor(n) % 26))).join("");
  const records = Array.from({ length: MAX_PATTERNS_PER_PANE + 50 }, (_, i) => ({
    ...logRecord(T0, { body: `came to ${letters(i)} by ${letters(i * 7)}` }),
    traceId: (i + 1).toString(16).padStart(32, "0"),
  }));
  counter.add(batchOf(records), T0);
  const [delta] = counts.merge("one", T0, counter.take(), T0);
  const others = delta?.series[0]?.patterns?.find(({ pattern }) => pattern === OTHER_PATTERNS);
  expect(others?.total).toBe(50);
  expect(counts.templates.takeMissing()).toBe(false);
});
