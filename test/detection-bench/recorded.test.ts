import { describe, expect, test } from "vitest";
import { severityFromText } from "../../src/log/severity.ts";
import type { TimedRecord } from "../../src/replay/time-order.ts";
import { leaveOut } from "../bench/detection/leave-out.ts";
import { verdictOf } from "../bench/detection/bars.ts";
import { BackgroundErrors } from "../bench/detection/real/background.ts";
import {
  falsePerHour,
  foundIn,
  namedWithin,
  scoreTimeline,
  type Labelled,
} from "../bench/detection/real/rates.ts";
import { logRecord } from "../support/log-records.ts";
import { alarmAt, at, NOON_MS } from "./support.ts";

const TIMELINE: Labelled = {
  name: "bed",
  faults: [{ startMs: at(10), endMs: at(20), kind: "crash", services: ["payment"] }],
  quiet: [
    { startMs: at(0), endMs: at(10) },
    { startMs: at(20), endMs: at(60) },
  ],
};

describe("recorded faults", () => {
  test.for([
    ["a second before the label", 10 - 1 / 60, 1, 0],
    ["two seconds before it is false", 10 - 2 / 60, 0, 1],
    ["a minute after the end", 21, 1, 0],
    ["later than that is false", 21.1, 0, 1],
    ["in time without a label nothing", 70, 0, 0],
  ] as const)("an alert %s", ([, minute, found, isFalse]) => {
    const score = scoreTimeline([alarmAt(minute, ["cart"])], TIMELINE);
    expect([foundIn(score), score.falseHits.length]).toEqual([found, isFalse]);
  });

  test("are named by the suspects of the first alert that found them", () => {
    const alarms = [
      alarmAt(12, ["cart"], { suspects: ["cart", "payment"] }),
      alarmAt(13, ["payment"]),
      alarmAt(30, ["cart"]),
    ];
    const score = scoreTimeline(alarms, TIMELINE);
    expect([namedWithin(score, 1), namedWithin(score, 3)]).toEqual([0, 1]);
    expect(falsePerHour(score)).toBeCloseTo(1 / (50 / 60));
  });
});

describe("background errors", () => {
  const records: TimedRecord[] = Array.from({ length: 20_000 }, (_, i) => {
    const atMs = NOON_MS + i;
    return { atMs, record: logRecord(atMs, { service: i % 2 === 0 ? "cart" : "payment" }) };
  });

  test("are two harmless templates on 0.5 to 2 % of a service's records, the same for the same seed", () => {
    const mixed = new BackgroundErrors(1).mixedInto(records);
    expect(new BackgroundErrors(1).mixedInto(records)).toEqual(mixed);
    for (const service of ["cart", "payment"]) {
      const added = mixed.filter(
        ({ record }) => record.series.service === service && record.severity === severityFromText("ERROR"),
      );
      expect(added.length).toBeGreaterThan(0.003 * 10_000);
      expect(added.length).toBeLessThan(0.023 * 10_000);
      expect(new Set(added.map(({ record }) => record.body.replace(/\d+/g, "0"))).size).toBe(2);
    }
  });
});

test("leaving one group out shows which one carries a figure", () => {
  const items = [
    { bed: "a", found: 1 },
    { bed: "a", found: 1 },
    { bed: "b", found: 0 },
  ];
  const result = leaveOut({
    figure: "recall",
    dimension: "bed",
    items,
    groupOf: ({ bed }) => bed,
    value: (left) => left.reduce((sum, { found }) => sum + found, 0) / left.length,
    interval: { low: 0.5, high: 1 },
  });
  expect(result.rows).toEqual([
    { group: "a", value: 0 },
    { group: "b", value: 1 },
  ]);
  expect(result.isStable).toBe(false);
});

test.for([
  ["higher", 0.98, "ambition"],
  ["higher", 0.94, "gate"],
  ["higher", 0.9, "MISSED"],
  ["higher", Number.NaN, "not measured"],
] as const)("%s than the bar at %d: %s", ([better, value, verdict]) => {
  expect(verdictOf({ name: "recall", better, gate: 0.93, ambition: 0.97, value, from: "" })).toBe(verdict);
});
