import { describe, expect, test } from "vitest";
import type { TracedRecord } from "../../src/window/counted.ts";
import { gapBucket, MAX_TRACES_PER_PANE } from "../../src/window/delta.ts";
import { Sightings } from "../../src/window/sightings.ts";
import { seriesKey } from "../../src/log/series.ts";
import { logRecord, series, T0 } from "../support/log-records.ts";

const SHOP = series("shop");
const CART = series("cart");
const PATTERNS = ["begun", "asked", "done"];
/** All lines are in by then. */
const LATER = T0 + 60_000;

function line(traceId: string, agoMs: number, key = 0, isError = false, of = SHOP): TracedRecord {
  return { series: of, traceId, timeMs: T0 + agoMs, key, isError };
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
  expect(seen.take(LATER)[0]?.series[0]?.exceptions).toEqual([
    ["TimeoutException", 2],
    ["<secret>", 1],
  ]);
});

describe("lines of traces", () => {
  test("steps from one line of a trace to the next are counted by their templates and time", () => {
    const seen = sightings();
    seen.traced([line("a", 900, 2), line("a", 0, 0), line("b", 0, 0)], patternOf);
    seen.traced([line("b", 2_000, 2)], patternOf);
    const [delta] = seen.take(LATER);
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

  test("lines that services hand in at different times are put in order before they are counted", () => {
    const seen = sightings();
    seen.traced([line("a", 0, 0), line("a", 900, 2)], patternOf);
    expect(seen.take(T0 + 5_000)[0]?.series[0]?.traceGaps).toEqual([]);
    seen.traced([line("a", 300, 1, false, CART)], patternOf);
    const [delta] = seen.take(LATER);
    const gaps = delta?.series.map((counts) => [counts.series.service, counts.traceGaps]);
    expect(gaps).toEqual([
      ["shop", [{ from: "asked", to: "done", fromSeries: seriesKey(CART), buckets: [[gapBucket(600), 1]] }]],
      ["cart", [{ from: "begun", to: "asked", fromSeries: seriesKey(SHOP), buckets: [[gapBucket(300), 1]] }]],
    ]);
  });

  test("a line that comes after its turn is no step back", () => {
    const seen = sightings();
    seen.traced([line("a", 900, 2)], patternOf);
    expect(seen.take(LATER)[0]?.series[0]?.traceGaps).toEqual([]);
    seen.traced([line("a", 0, 0)], patternOf);
    expect(seen.take(LATER)[0]?.series[0]?.traceGaps).toEqual([]);
  });

  test("what a client does later under the same trace is no step", () => {
    const seen = sightings();
    seen.traced([line("a", 0, 0), line("a", 61_000, 1)], patternOf);
    expect(seen.take(LATER + 60_000).flatMap(({ series: all }) => all[0]?.traceGaps)).toEqual([]);
  });

  test("who erred first in a trace is told, and traces that erred have room before others", () => {
    const seen = sightings();
    const quiet = Array.from({ length: MAX_TRACES_PER_PANE }, (_, i) => line(`quiet-${i}`, i));
    seen.traced([...quiet, line("bad", 500, 0), line("bad", 600, 1, true), line("late", 700)], patternOf);
    const traces = seen.take(LATER)[0]?.series[0]?.traces ?? [];
    expect(traces).toHaveLength(MAX_TRACES_PER_PANE);
    expect(traces.find(({ traceId }) => traceId === "bad")?.firstErrorMs).toBe(T0 + 600);
    expect(traces.some(({ traceId }) => traceId === "late")).toBe(false);
  });

  test("a delta that was handed out does not change, and comes again only when something was seen", () => {
    const seen = sightings();
    seen.traced([line("a", 0)], patternOf);
    const first = seen.take(LATER);
    const copy = structuredClone(first);
    expect(seen.take(LATER)).toEqual([]);
    seen.traced([line("a", 1, 1)], patternOf);
    expect(first).toEqual(copy);
    expect(seen.take(LATER)).toMatchObject([{ version: 2, input: false, paneStartMs: T0 }]);
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
  expect(seen.take(LATER)[0]?.series).toMatchObject([{ versions: [["2.1", 1]], peers: [["pay", 1]] }]);
});

test("errors without a trace are tied by the request or the thing that they name", () => {
  const seen = sightings();
  const error = { ...logRecord(T0), severity: 17, traceId: null } as const;
  const body = "volume 15ad49c0-8b6d-4dc0-9648-457134469da8 failed";
  seen.record({ ...error, series: SHOP, body });
  seen.record({ ...error, series: CART, body, timeMs: T0 + 50 });
  seen.record({ ...error, series: CART, body, severity: 9 });
  const [delta] = seen.take(LATER);
  const [shop, cart] = (delta?.series ?? []).map(({ traces }) => traces);
  expect(shop).toMatchObject([{ firstErrorMs: T0 }]);
  expect(cart).toMatchObject([{ traceId: shop?.[0]?.traceId, firstErrorMs: T0 + 50 }]);
});
