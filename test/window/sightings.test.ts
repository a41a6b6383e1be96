import { describe, expect, test } from "vitest";
import type { TracedRecord } from "../../src/window/counted.ts";
import { gapBucket, MAX_TRACES_PER_PANE } from "../../src/window/delta.ts";
import { Sightings } from "../../src/window/sightings.ts";
import { logRecord, series, T0 } from "../support/log-records.ts";

const SHOP = series("shop");
const PATTERNS = ["begun", "asked", "done"];

function line(traceId: string, agoMs: number, key = 0, isError = false): TracedRecord {
  return { series: SHOP, traceId, timeMs: T0 + agoMs, key, isError };
}

function sightings(): Sightings {
  return new Sightings(
    { replica: "one", epoch: 1, redact: (text) => text.replace("hunter2", "<secret>") },
    10_000,
  );
}

function patternOf(_series: string, shape: number): string {
  return PATTERNS[shape] ?? "";
}

test("types of exceptions are counted of errors alone, redacted", () => {
  const seen = sightings();
  const thrown = (level: string, type: string): void =>
    seen.record({ ...logRecord(T0, { level }), attributes: new Map([["exception.type", type]]) });
  thrown("ERROR", "TimeoutException");
  thrown("FATAL", "TimeoutException");
  thrown("ERROR", "hunter2");
  thrown("WARN", "RetriedException");
  expect(seen.take()[0]?.series[0]?.exceptions).toEqual([
    ["TimeoutException", 2],
    ["<secret>", 1],
  ]);
});

describe("lines of traces", () => {
  test("steps from one line of a trace to the next are counted by their templates and time", () => {
    const seen = sightings();
    seen.traced([line("a", 900, 2), line("a", 0, 0), line("b", 0, 0)], patternOf);
    seen.traced([line("b", 2_000, 2)], patternOf);
    const [delta] = seen.take();
    expect(delta?.series[0]?.traceGaps).toEqual([
      {
        from: "begun",
        to: "done",
        buckets: [
          [gapBucket(900), 1],
          [gapBucket(2_000), 1],
        ],
      },
    ]);
  });

  test("a line that comes late is no step back", () => {
    const seen = sightings();
    seen.traced([line("a", 900, 2)], patternOf);
    seen.traced([line("a", 0, 0)], patternOf);
    expect(seen.take()[0]?.series[0]?.traceGaps).toEqual([]);
  });

  test("who erred first in a trace is told, and traces that erred have room before others", () => {
    const seen = sightings();
    const quiet = Array.from({ length: MAX_TRACES_PER_PANE }, (_, i) => line(`quiet-${i}`, i));
    seen.traced([...quiet, line("bad", 500, 0), line("bad", 600, 1, true), line("late", 700)], patternOf);
    const traces = seen.take()[0]?.series[0]?.traces ?? [];
    expect(traces).toHaveLength(MAX_TRACES_PER_PANE);
    expect(traces.find(({ traceId }) => traceId === "bad")?.firstErrorMs).toBe(T0 + 600);
    expect(traces.some(({ traceId }) => traceId === "late")).toBe(false);
  });

  test("a delta that was handed out does not change, and comes again only when something was seen", () => {
    const seen = sightings();
    seen.traced([line("a", 0)], patternOf);
    const first = seen.take();
    const copy = structuredClone(first);
    expect(seen.take()).toEqual([]);
    seen.traced([line("a", 1, 1)], patternOf);
    expect(first).toEqual(copy);
    expect(seen.take()).toMatchObject([{ version: 2, input: false, paneStartMs: T0 }]);
  });
});

test("versions and callees are those of the records that were looked at", () => {
  const seen = sightings();
  const record = logRecord(T0);
  seen.record({
    ...record,
    resource: new Map([["service.version", "2.1"]]),
    attributes: new Map([["peer.service", "pay"]]),
  });
  seen.record(record);
  expect(seen.take()[0]?.series).toMatchObject([{ versions: [["2.1", 1]], peers: [["pay", 1]] }]);
});
