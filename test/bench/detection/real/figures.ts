import { bootstrap, wilson, type Interval } from "../intervals.ts";
import { leaveOut, type LeaveOut } from "../leave-out.ts";
import {
  falsePerHour,
  foundIn,
  joinedReal,
  namedWithin,
  type FoundFault,
  type Labelled,
  type RealScore,
  scoreTimeline,
} from "./rates.ts";
import type { Alarm } from "../alarm.ts";

export const SETS = ["openstack", "nezha"] as const;
export type SetName = (typeof SETS)[number];

export const VARIANTS = ["as recorded", "with background errors"] as const;
export type Variant = (typeof VARIANTS)[number];

export interface RealDetector {
  readonly name: string;
  readonly found: number;
  readonly of: number;
  readonly recall: number;
  readonly recallInterval: Interval;
  readonly falseHits: number;
  readonly falsePerHour: number;
  readonly falseInterval: Interval;
  readonly first: number;
  readonly top3: number;
}

export interface RealFigures {
  readonly set: SetName;
  readonly variant: Variant;
  readonly detectors: readonly RealDetector[];
  /** Ours, timeline by timeline. */
  readonly ours: readonly RealScore[];
}

/** Alarms of every detector, timeline by timeline. */
export type TimelineAlarms = readonly {
  readonly labelled: Labelled;
  readonly alarms: ReadonlyMap<string, readonly Alarm[]>;
}[];

function detectorOf(name: string, scores: readonly RealScore[]): RealDetector {
  const all = joinedReal(scores);
  const [found, of] = [foundIn(all), all.faults.length];
  return {
    name,
    found,
    of,
    recall: found / of,
    recallInterval: wilson(found, of),
    falseHits: all.falseHits.length,
    falsePerHour: falsePerHour(all),
    falseInterval: bootstrap(scores, `real/${name}`, (drawn) => falsePerHour(joinedReal(drawn))),
    first: namedWithin(all, 1),
    top3: namedWithin(all, 3),
  };
}

export function realFigures(
  set: SetName,
  variant: Variant,
  timelines: TimelineAlarms,
  ours: string,
): RealFigures {
  const names = [...(timelines[0]?.alarms.keys() ?? [])];
  const scoresOf = (name: string): RealScore[] =>
    timelines.map(({ labelled, alarms }) => scoreTimeline(alarms.get(name) ?? [], labelled));
  return {
    set,
    variant,
    detectors: names.map((name) => detectorOf(name, scoresOf(name))),
    ours: scoresOf(ours),
  };
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** Testbeds, days and kinds of faults left out, one at a time. */
export function realLeaveOuts({ set, variant, ours }: RealFigures): readonly LeaveOut[] {
  const { faults } = joinedReal(ours);
  const value = (items: readonly FoundFault[]): number =>
    items.filter(({ foundAtMs }) => foundAtMs !== null).length / items.length;
  const interval = wilson(faults.filter(({ foundAtMs }) => foundAtMs !== null).length, faults.length);
  const recall = { figure: `${set}, ${variant}: recall`, items: faults, value, interval };
  const rows = [leaveOut({ ...recall, dimension: "kind of fault", groupOf: ({ kind }) => kind })];
  if (ours.length === 1) return rows;
  return [
    ...rows,
    leaveOut({ ...recall, dimension: "testbed", groupOf: ({ timeline }) => timeline }),
    leaveOut({ ...recall, dimension: "day", groupOf: ({ startMs }) => dayOf(startMs) }),
    leaveOut({
      figure: `${set}, ${variant}: false alerts per hour`,
      dimension: "testbed",
      items: ours.map((score, index) => ({ score, index })),
      groupOf: ({ index }) => ours[index]?.faults[0]?.timeline ?? String(index),
      value: (items) => falsePerHour(joinedReal(items.map(({ score }) => score))),
      interval: bootstrap(ours, `leave/${set}`, (drawn) => falsePerHour(joinedReal(drawn))),
    }),
  ];
}
