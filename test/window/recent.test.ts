import { expect, test } from "vitest";
import type { LogRecord } from "../../src/log/batch.ts";
import { countBetween } from "../../src/window/recent-template.ts";
import {
  MAX_RECENT_TEMPLATES_PER_SERIES,
  RecentRecords,
  type AnnouncedChange,
} from "../../src/window/recent.ts";
import { MAX_LINES_PER_SERIES } from "../../src/window/recent-lines.ts";
import type { WindowDelta } from "../../src/window/delta.ts";
import { logRecord, series } from "../support/log-records.ts";

const START_MS = Date.UTC(2026, 0, 1);
const SHOP = series("shop");

/** An error of `shop` unless told otherwise. */
function record(atMs: number, body: string, more: Partial<LogRecord> = {}): LogRecord {
  return { ...logRecord(START_MS + atMs, { level: "ERROR", body }), ...more };
}

function recorder(onChange?: (change: AnnouncedChange) => void): RecentRecords {
  return new RecentRecords({
    redact: (text) => text.replaceAll("hunter2", "<secret>"),
    textOf: (_key, id) => id,
    ...(onChange === undefined ? {} : { onChange }),
  });
}

/** Stands for a miner. */
function maskedOf(body: string): string {
  return body.replaceAll("hunter2", "<secret>").replaceAll(/\d+/g, "<num>");
}

function feed(recent: RecentRecords, records: readonly LogRecord[]): void {
  for (const one of records) recent.observe(one, maskedOf(one.body));
}

test("a template is known by its first and last sight and its count per minute", () => {
  const recent = recorder();
  feed(recent, [record(0, "failed 1"), record(61_000, "failed 2"), record(62_000, "failed 3")]);
  const [known] = [...recent.templates("production")];
  expect(known).toMatchObject({ template: "failed <num>", count: 3, firstSeenAtMs: START_MS });
  expect(known && countBetween(known, START_MS + 60_000, START_MS + 120_000)).toBe(2);
  expect(known && countBetween(known, START_MS, START_MS + 60_000)).toBe(1);
});

test("what is older than the memory is not counted, and what is not seen any more is forgotten", () => {
  const recent = recorder();
  feed(recent, [record(0, "old"), record(0, "kept"), record(7_300_000, "kept")]);
  recent.expire(START_MS + 7_300_000);
  const known = [...recent.templates("production")];
  expect(known.map(({ template }) => template)).toEqual(["kept"]);
  expect(known.map((one) => countBetween(one, START_MS, START_MS + 7_400_000))).toEqual([1]);
});

test("nothing is handed out that the redactor would mask", () => {
  const recent = recorder();
  feed(recent, [record(0, "login with hunter2 failed")]);
  expect(JSON.stringify([...recent.templates("production")])).not.toContain("hunter2");
});

test("any number of templates keeps to the bound, and warnings go before errors", () => {
  const recent = recorder();
  const word = (i: number): string =>
    `x${String.fromCharCode(97 + (i % 26))}${String.fromCharCode(97 + (Math.floor(i / 26) % 26))}y`;
  feed(recent, [record(0, "the error that matters")]);
  for (let i = 0; i < 600; i++) feed(recent, [record(1_000 * (i + 1), `noise ${word(i)}`, { severity: 13 })]);
  const known = [...recent.templates("production")];
  expect(known.length).toBeLessThanOrEqual(MAX_RECENT_TEMPLATES_PER_SERIES);
  expect(known.map(({ template }) => template)).toContain("the error that matters");
});

test("a template that became another's is one with it", () => {
  const recent = recorder();
  feed(recent, [
    record(0, "failed for ann"),
    record(61_000, "failed for bob"),
    record(62_000, "failed for all"),
  ]);
  recent.rename("production\u001f\u001fshop", "failed for ann", "failed for all");
  recent.rename("production\u001f\u001fshop", "failed for bob", "failed for all");
  const known = [...recent.templates("production")];
  expect(known).toMatchObject([{ template: "failed for all", count: 3, firstSeenAtMs: START_MS }]);
  expect(known.map((one) => countBetween(one, START_MS, START_MS + 60_000))).toEqual([1]);
});

test("a deployment that is sent as an event is told; the evaluation of a flag is none", () => {
  const told: string[] = [];
  const recent = recorder(({ eventName }) => told.push(eventName));
  feed(recent, [
    record(0, "deployed", { eventName: "deployment.finished", severity: 9 }),
    record(1, "flag", { eventName: "feature_flag.evaluation", severity: 9 }),
  ]);
  expect(told).toEqual(["deployment.finished"]);
});

test("what another counter saw is taken over once, however often it is told", () => {
  const recent = recorder();
  const sample = {
    template: "boom",
    firstSeenAtMs: START_MS,
    lastSeenAtMs: START_MS,
    severity: 17,
    examples: ["boom"],
  };
  const delta = (count: number, version: number): WindowDelta => ({
    replica: "a",
    epoch: 1,
    paneStartMs: START_MS,
    version,
    input: true,
    late: 0,
    series: [{ series: SHOP, levels: [], templates: [["boom", count]], samples: [sample] }],
  });
  for (const one of [delta(3, 1), delta(3, 1), delta(5, 2)]) recent.absorb(one);
  expect([...recent.templates("production")]).toMatchObject([{ template: "boom", count: 5 }]);
});

test("a version that was never there is a deployment; the first one, and one that comes back, are none", () => {
  const told: string[] = [];
  const recent = recorder(({ body }) => told.push(body));
  const versions = ["1", "2", "1", "2"];
  feed(
    recent,
    versions.map((version) => record(0, "x", { resource: new Map([["service.version", version]]) })),
  );
  expect(told).toEqual(["shop logs as version 2 for the first time"]);
});

test.for<[string, readonly number[], number]>([
  ["its first sight", [0], 0],
  ["the first after a pause", [0, 1_000, 400_000, 401_000], 400_000],
  ["the first after a pause that came out of order", [0, 400_000, 399_000], 399_000],
  ["its first sight where it never pauses", [0, 200_000, 400_000, 600_000], 0],
])("a template has been there since %s", ([, timesMs, expected]) => {
  const recent = recorder();
  feed(
    recent,
    timesMs.map((atMs) => record(atMs, "failed")),
  );
  expect([...recent.templates("production")]).toMatchObject([{ burstSinceMs: START_MS + expected }]);
});

test("counts of panes are exact: what was not looked at is added to what was", () => {
  const recent = recorder();
  const key = "production\u001f\u001fshop";
  feed(recent, [record(0, "failed 1"), record(1_000, "failed 2")]);
  recent.counted(key, "failed <num>", 50, START_MS);
  recent.counted(key, "failed <num>", 3, START_MS);
  recent.counted(key, "never looked at", 9, START_MS);
  const [known, ...others] = [...recent.templates("production")];
  expect(others).toEqual([]);
  expect(known?.count).toBe(53);
  expect(known && countBetween(known, START_MS, START_MS + 60_000)).toBe(53);
});

test("the last records of each series are kept, and no more of them than there is room for", () => {
  const recent = recorder();
  for (let i = 0; i < 1_000; i++) feed(recent, [record(i, `line ${i}`)]);
  const lines = recent.lines.of("production");
  expect(lines).toHaveLength(MAX_LINES_PER_SERIES);
  expect(lines.at(-1)?.body).toBe("line 999");
  recent.expire(START_MS + 40 * 60_000);
  expect(recent.lines.of("production")).toEqual([]);
});
