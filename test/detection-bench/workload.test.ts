import { describe, expect, test } from "vitest";
import { HOUR_MS } from "./support.ts";
import { Deliveries } from "../bench/detection/workload/deliveries.ts";
import { PANE_MS } from "../bench/detection/workload/generator.ts";
import { workloadOf, type WorkloadSpec } from "../bench/detection/workload/workload.ts";
import { compareWithRecords } from "../bench/detection/same-alerts.ts";
import { seriesKey } from "../../src/log/series.ts";

const SPEC: WorkloadSpec = {
  generator: "B",
  seed: 7,
  services: 7,
  newServices: 1,
  trainDays: 0,
  testDays: 1,
  maxPerMinute: 60,
  hasPremises: true,
};

function said(spec: WorkloadSpec): string {
  const workload = workloadOf(spec);
  const deliveries = new Deliveries("test", workload.startMs);
  const lines: string[] = [];
  for (const pane of workload.panes()) {
    for (const delivery of deliveries.of(pane)) lines.push(JSON.stringify(delivery));
    if (lines.length > 2_000) break;
  }
  return lines.join("\n");
}

describe("a workload", () => {
  test.for(["A", "B"] as const)(
    "of generator %s is the same for the same seed, another for another",
    (generator) => {
      const first = said({ ...SPEC, generator });
      expect(said({ ...SPEC, generator })).toBe(first);
      expect(said({ ...SPEC, generator, seed: 8 })).not.toBe(first);
    },
  );

  test("puts no two faults into one service at once, and none outside the time with faults", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { events, testMs, endMs, profiles } = workloadOf({ ...SPEC, seed, testDays: 7 });
      const faults = events.filter((event) => event.role === "fault");
      for (const { index } of profiles) {
        const spans = faults
          .flatMap((fault) => fault.spans.filter(({ service }) => service === index))
          .toSorted((a, b) => a.startMs - b.startMs);
        for (const [i, span] of spans.entries()) {
          expect(span.startMs).toBeGreaterThanOrEqual(testMs + 2 * HOUR_MS);
          expect(span.endMs).toBeLessThanOrEqual(endMs);
          expect(span.startMs).toBeGreaterThanOrEqual(spans[i - 1]?.endMs ?? 0);
        }
      }
    }
  });

  test("knows the truth about its faults: a silent service wrote nothing where much was expected", () => {
    let silences = 0;
    for (let seed = 1; seed <= 4; seed++) {
      const workload = workloadOf({ ...SPEC, seed, services: 9, testDays: 4, maxPerMinute: 30 });
      for (const _ of workload.panes());
      for (const [fault, truths] of workload.truths) {
        for (const truth of truths.values()) expect(truth.minutes).toBeGreaterThan(0);
        if (fault.kind !== "silence") continue;
        silences += 1;
        for (const truth of truths.values()) {
          expect(truth.total).toBe(0);
          expect(truth.expectedTotal).toBeGreaterThan(0);
        }
      }
    }
    expect(silences).toBeGreaterThan(0);
  });

  test("is handed over in counts that add up, one delta per pane and source", () => {
    const workload = workloadOf(SPEC);
    const deliveries = new Deliveries("test", workload.startMs);
    const seen = new Set<string>();
    for (const pane of workload.panes()) {
      for (const { atMs, delta } of deliveries.of(pane)) {
        expect(atMs).toBeLessThanOrEqual(pane.startMs + PANE_MS);
        const id = `${delta.replica} ${delta.epoch} ${delta.paneStartMs}`;
        expect(seen.has(id)).toBe(false);
        seen.add(id);
        const keys = delta.series.map(({ series }) => seriesKey(series));
        expect(new Set(keys).size).toBe(keys.length);
        for (const { levels, patterns = [], templates } of delta.series) {
          const total = levels.reduce((sum, count) => sum + count, 0);
          expect(patterns.reduce((sum, pattern) => sum + pattern.total, 0)).toBe(total);
          const errors = patterns.reduce((sum, pattern) => sum + pattern.errors + pattern.fatals, 0);
          expect(templates.reduce((sum, [, count]) => sum + count, 0)).toBe(errors);
        }
      }
    }
    expect(seen.size).toBeGreaterThan(5_000);
  });

  test.for([
    ["the engine", "all"],
    ["the original rules", "classic"],
  ] as const)("gives the same alerts of %s as counts and record by record", async ([, detectors]) => {
    const { panes, records, recordCount } = await compareWithRecords(
      2,
      { TOCSIN_DETECTORS: detectors },
      { testDays: 0, maxPerMinute: 10 },
    );
    expect(recordCount).toBeGreaterThan(10_000);
    expect(panes.length).toBeGreaterThan(0);
    expect(records).toEqual(panes);
  });
});
