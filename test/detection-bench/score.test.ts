import { describe, expect, test } from "vitest";
import {
  falsePerWeek,
  precisionAt,
  precisionOf,
  recallOf,
  scoreRun,
  type Score,
} from "../bench/detection/score.ts";
import type { Alarm } from "../bench/detection/alarm.ts";
import type { WorkloadEvent } from "../bench/detection/workload/events.ts";
import { alarmAt, at, benignOf, faultOf, inputOf } from "./support.ts";

const BURST = faultOf("error_burst", 0, 30, "payment");

interface Case {
  readonly what: string;
  readonly alarms: readonly Alarm[];
  readonly events?: readonly WorkloadEvent[];
  readonly hits: number;
  readonly isFalse: number;
  readonly neutral?: number;
}

const CASES: readonly Case[] = [
  { what: "an alert during a fault finds it", alarms: [alarmAt(5, ["payment"])], hits: 1, isFalse: 0 },
  { what: "so does one 10 minutes after its end", alarms: [alarmAt(40, ["payment"])], hits: 1, isFalse: 0 },
  {
    what: "one 11 minutes after its end is an echo, no hit",
    alarms: [alarmAt(41, ["payment"])],
    hits: 0,
    isFalse: 0,
    neutral: 1,
  },
  { what: "one 46 minutes after its end is false", alarms: [alarmAt(76, ["payment"])], hits: 0, isFalse: 1 },
  { what: "one a minute before its start is false", alarms: [alarmAt(-1, ["payment"])], hits: 0, isFalse: 1 },
  { what: "one about another service is false", alarms: [alarmAt(5, ["cart"])], hits: 0, isFalse: 1 },
  {
    what: "one about all services at once finds it",
    alarms: [alarmAt(5, [], { points: [{ service: null, atMs: at(5) }] })],
    hits: 1,
    isFalse: 0,
  },
  {
    what: "one that opened on nothing and took the fault in later finds it and is false",
    alarms: [alarmAt(4, ["cart", "payment"])],
    hits: 1,
    isFalse: 1,
  },
  {
    what: "a note on our own input is nothing",
    alarms: [alarmAt(200, ["cart"], { category: "pipeline_issue" })],
    hits: 0,
    isFalse: 0,
  },
  {
    what: "a deployment that shifted the volume may be told once",
    alarms: [alarmAt(320, ["cart"]), alarmAt(350, ["cart"])],
    events: [benignOf("deploy_shift", 300, "cart")],
    hits: 0,
    isFalse: 1,
    neutral: 1,
  },
  {
    what: "services scaled out may not",
    alarms: [alarmAt(320, ["cart"])],
    events: [benignOf("scale_out", 300, "cart")],
    hits: 0,
    isFalse: 1,
  },
  {
    what: "the repetition of a fault is neither to be found nor false",
    alarms: [alarmAt(305, ["cart"])],
    events: [{ ...faultOf("poison", 300, 305, "cart"), isRepeated: true }],
    hits: 0,
    isFalse: 0,
    neutral: 1,
  },
  {
    what: "what lies outside the time is not scored",
    alarms: [alarmAt(-800, ["cart"])],
    hits: 0,
    isFalse: 0,
  },
];

function scored({ alarms, events = [] }: Pick<Case, "alarms" | "events">): Score {
  return scoreRun(alarms, inputOf([BURST, ...events]));
}

describe("scoring", () => {
  test.for(CASES)("$what", (item) => {
    const score = scored(item);
    expect(recallOf(score)).toEqual({ hits: item.hits, of: 1 });
    expect(score.falseAlarms).toHaveLength(item.isFalse);
    expect(score.neutral).toBe(item.neutral ?? 0);
  });

  test("counts what nobody could detect neither for nor against", () => {
    const input = { ...inputOf([BURST]), detectable: new Set<never>() };
    expect(recallOf(scoreRun([], input))).toEqual({ hits: 0, of: 0 });
  });

  test("finds a cascade by any of its services and ranks the one where it began", () => {
    const cascade = faultOf("cascade", 300, 320, "cart", "mailer", "payment");
    const alarm = alarmAt(302, ["mailer"], { suspects: ["mailer", "cart"] });
    const { faults, falseAlarms } = scored({ alarms: [alarm], events: [cascade] });
    expect(faults.find(({ kind }) => kind === "cascade")).toMatchObject({
      hitMs: at(302),
      culpritRank: 2,
      alarms: 1,
    });
    expect(falseAlarms).toEqual([]);
  });

  test("puts rates together: 1 of 1 found and 3 false in 3 service-days", () => {
    const alarms = [alarmAt(5, ["payment"]), ...[200, 300, 400].map((minute) => alarmAt(minute, ["cart"]))];
    const score = scored({ alarms });
    expect(falsePerWeek(score)).toBeCloseTo(7);
    expect(precisionOf(score)).toBe(0.25);
    expect(precisionAt(score, 7)).toBeCloseTo(0.5);
  });

  test("blames a false alert on what went on", () => {
    const events = [benignOf("scale_out", 300, "cart")];
    expect(scored({ alarms: [alarmAt(301, ["cart"])], events }).falseAlarms[0]?.blame).toBe(
      "benign scale_out",
    );
    expect(scored({ alarms: [alarmAt(301, ["mailer"])], events }).falseAlarms[0]?.blame).toBe("flat");
  });
});
