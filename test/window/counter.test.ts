import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LEVELS } from "../../src/log/severity.ts";
import { MAX_LATE_MS } from "../../src/log/time.ts";
import { MAX_PATTERNS_PER_PANE, OTHER_PATTERNS, type WindowDelta } from "../../src/window/delta.ts";
import { MAX_EXAMPLE_LENGTH } from "../../src/window/samples.ts";
import { BUCKET_MS, Counting } from "../support/counting.ts";
import { logBatch, logRecord, series, T0 } from "../support/log-records.ts";

function total(deltas: readonly WindowDelta[]): number {
  return deltas
    .flatMap((delta) => delta.series)
    .flatMap(({ levels }) => levels)
    .reduce((sum, count) => sum + count, 0);
}

describe("counting into panes", () => {
  test("puts each record into the pane of its own time", () => {
    const counting = new Counting();
    counting.add(T0 + 25_000, logRecord(T0), logRecord(T0 + 9_999), logRecord(T0 + 10_000), logRecord(NaN));
    const deltas = counting.take();
    const panes = new Map(deltas.map((delta) => [delta.paneStartMs - T0, total([delta])]));
    expect(Object.fromEntries(panes)).toEqual({ 0: 2, 10000: 1, 20000: 1 });
  });

  test("counts by service and level, and error records by template", () => {
    const counting = new Counting();
    counting.add(
      T0,
      logRecord(T0, { service: "cart", level: "ERROR", body: "order 1 failed" }),
      logRecord(T0, { service: "cart", level: "FATAL", body: "order 2 failed" }),
      logRecord(T0, { service: "cart", level: "WARN", body: "order 3 slow" }),
      logRecord(T0, { service: "shop", level: "" }),
    );
    const [delta] = counting.take();
    const counts = (...levels: string[]): number[] =>
      LEVELS.map((level) => levels.filter((one) => one === level).length);
    expect(delta?.series).toEqual([
      {
        series: series("cart"),
        levels: counts("error", "fatal", "warn"),
        patterns: [
          { pattern: "order <num> failed", total: 2, warnings: 0, errors: 1, fatals: 1, tracedErrors: 2 },
          { pattern: "order <num> slow", total: 1, warnings: 1, errors: 0, fatals: 0, tracedErrors: 0 },
        ],
        templates: [["order <num> failed", 2]],
        samples: [
          {
            template: "order <num> failed",
            firstSeenAtMs: T0,
            lastSeenAtMs: T0,
            severity: 21,
            examples: ["order 1 failed", "order 2 failed"],
          },
        ],
        lag: { count: 3, sumMs: 0, minMs: 0, maxMs: 0 },
      },
      {
        series: series("shop"),
        levels: counts("unspecified"),
        patterns: [
          { pattern: "order <num> placed", total: 1, warnings: 0, errors: 0, fatals: 0, tracedErrors: 0 },
        ],
        templates: [],
        samples: [],
        lag: { count: 1, sumMs: 0, minMs: 0, maxMs: 0 },
      },
    ]);
  });

  test("says how long records took to come, where they arrived, late ones included", () => {
    const counting = new Counting();
    counting.add(T0 + 20_000, logRecord(T0), logRecord(T0 + 21_000), logRecord(T0 - 200_000), logRecord(NaN));
    const arrived = counting.take().find(({ paneStartMs }) => paneStartMs === T0 + 20_000);
    expect(arrived?.series).toMatchObject([
      { lag: { count: 3, sumMs: 239_000, minMs: -1_000, maxMs: 220_000 }, late: 1 },
    ]);
  });

  test("hands out only panes that changed, each time as they stand in full, under a higher version", () => {
    const counting = new Counting();
    const { counter } = counting;
    counter.add(logBatch(T0, 2), T0);
    expect(counting.take()).toMatchObject([{ paneStartMs: T0, version: 1 }]);
    expect(counting.take()).toEqual([]);
    counter.add(logBatch(T0, 3), T0);
    const again = counting.take();
    expect(again).toMatchObject([{ paneStartMs: T0, version: 2, replica: "one", epoch: T0 }]);
    expect(total(again)).toBe(5);
  });

  test("keeps no text without the redactor: neither templates nor examples", () => {
    const counting = new Counting((text) => text.replaceAll(/hunter\w*/g, "<secret>"));
    counting.add(T0, logRecord(T0, { level: "ERROR", body: "login 17 with hunter2 failed" }));
    const counted = counting.counter.take();
    const kept = [counted.panes, counted.shapes, counting.naming.deltas(counted)];
    expect(JSON.stringify(kept)).not.toContain("hunter");
    expect(JSON.stringify(kept)).toContain("login <num> with <secret> failed");
  });

  test("keeps a short piece of a long line", () => {
    const counting = new Counting();
    counting.add(T0, logRecord(T0, { level: "ERROR", body: "x".repeat(1_000_000) }));
    const [sample] = counting.take()[0]?.series[0]?.samples ?? [];
    expect(sample?.examples.map(({ length }) => length)).toEqual([MAX_EXAMPLE_LENGTH + 1]);
  });

  test("a delta that was handed out does not change any more", () => {
    const { counter } = new Counting();
    counter.add(logBatch(T0, 2, { level: "ERROR" }), T0);
    const taken = counter.take();
    const copy = structuredClone(taken);
    counter.add(logBatch(T0, 3, { level: "ERROR" }), T0);
    expect(taken).toEqual(copy);
  });

  test("an empty request is input without records", () => {
    const counting = new Counting();
    expect(counting.add(T0)).toBe(0);
    expect(counting.take()).toMatchObject([{ paneStartMs: T0, input: true, series: [] }]);
  });
});

describe("records of another time", () => {
  test.for<[string, number, number]>([
    ["121 s old", T0 - 121_000, 1],
    ["of 1970", 1_000, 1],
    ["exactly 120 s old", T0 - 120_000, 0],
    ["from now", T0, 0],
    ["of 2099", Date.UTC(2099, 0, 1), 0],
    ["without a time", NaN, 0],
  ])("%s: %i of one is late", ([, timeMs, late]) => {
    expect(new Counting().add(T0, logRecord(timeMs))).toBe(late);
  });

  test("late ones are counted as late in the pane of now and never as records", () => {
    const counting = new Counting();
    expect(counting.add(T0, logRecord(T0 - 200_000, { level: "ERROR" }), logRecord(T0))).toBe(1);
    const deltas = counting.take();
    expect(deltas).toMatchObject([{ paneStartMs: T0, late: 1 }]);
    expect(total(deltas)).toBe(1);
    expect(deltas[0]?.series.flatMap(({ samples }) => samples)).toEqual([]);
  });

  test("future ones count 10 s ahead at most", () => {
    const counting = new Counting();
    counting.add(T0, logRecord(Date.UTC(2099, 0, 1)), logRecord(T0 + 60_000));
    const deltas = counting.take().filter((delta) => total([delta]) > 0);
    expect(deltas).toMatchObject([{ paneStartMs: T0 + 10_000 }]);
    expect(total(deltas)).toBe(2);
  });

  test("nothing gets lost: late and counted together are all that came", () => {
    const time = fc.oneof(
      fc.integer({ min: T0 - 300_000, max: T0 + 300_000 }),
      fc.constantFrom(NaN, 0, -1, 1_000, Infinity, Date.UTC(2099, 0, 1)),
    );
    fc.assert(
      fc.property(fc.array(time, { maxLength: 50 }), (times) => {
        const counting = new Counting();
        const late = counting.add(T0, ...times.map((timeMs) => logRecord(timeMs)));
        expect(late + total(counting.take())).toBe(times.length);
      }),
    );
  });
});

describe("the counter's bounds", () => {
  test("shapes beyond the bound share one entry and the total stays right", () => {
    const counting = new Counting();
    const count = MAX_PATTERNS_PER_PANE + 50;
    const word = (i: number): string =>
      String.fromCharCode(97 + (i % 26), 97 + (Math.floor(i / 26) % 26), 97 + (Math.floor(i / 676) % 26));
    counting.add(
      T0,
      ...Array.from({ length: count }, (_, i) =>
        logRecord(T0, { level: "ERROR", body: `failed in ${word(i)} of ${word(i * 7)}` }),
      ),
    );
    const deltas = counting.take();
    const templates = new Map(deltas[0]?.series[0]?.templates ?? []);
    expect(templates.size).toBeLessThanOrEqual(MAX_PATTERNS_PER_PANE + 1);
    expect(templates.get(OTHER_PATTERNS)).toBe(50);
    expect([...templates.values()].reduce((sum, n) => sum + n, 0)).toBe(count);
    expect(total(deltas)).toBe(count);
  });

  test("panes that no record can reach any more are forgotten", () => {
    const { counter } = new Counting();
    counter.add(logBatch(T0, 1), T0);
    counter.expire(T0 + BUCKET_MS + MAX_LATE_MS + BUCKET_MS);
    expect(counter.take().panes).toEqual([]);
  });

  test("hostile bodies and names are counted like others", () => {
    const counting = new Counting();
    counting.add(
      T0,
      logRecord(T0, { service: "__proto__", level: "ERROR", body: "__proto__" }),
      logRecord(T0, { service: "constructor", level: "ERROR", body: "x".repeat(1_000_000) }),
      logRecord(T0, { level: "ERROR", body: "" }),
    );
    expect(total(counting.take())).toBe(3);
  });
});

describe("the time of a record", () => {
  test.for<[string, number, number, boolean]>([
    ["the sender's time counts", T0 - 5_000, T0 - 5_000, false],
    ["none means now", NaN, T0, false],
    ["zero means now", 0, T0, false],
    ["a negative time means now", -5, T0, false],
    ["120 s ago is still in time", T0 - 120_000, T0 - 120_000, false],
    ["more than 120 s ago is late", T0 - 120_001, T0, true],
    ["1970 is late", 1_000, T0, true],
    ["10 s ahead stands", T0 + 10_000, T0 + 10_000, false],
    ["further ahead is clamped", T0 + 60_000, T0 + 10_000, false],
    ["2099 is clamped", Date.UTC(2099, 0, 1), T0 + 10_000, false],
  ])("%s", ([, senderMs, timeMs, late]) => {
    const counting = new Counting();
    counting.add(T0, logRecord(senderMs));
    const counted = counting.take().filter((delta) => total([delta]) > 0);
    const paneMs = Math.floor(timeMs / BUCKET_MS) * BUCKET_MS;
    expect(counted.map(({ paneStartMs }) => paneStartMs)).toEqual(late ? [] : [paneMs]);
  });
});
