import type { EpochMs } from "../../../../src/log/time.ts";
import type { Alarm } from "../alarm.ts";

const HOUR_MS = 3_600_000;
/** Records can stand milliseconds before the label. */
export const BEFORE_MS = 1_000;
const AFTER_MS = 60_000;

/** A stretch of time in which an alert would be false. */
export interface Quiet {
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
}

/** A labelled fault of recorded data. */
export interface LabelledFault {
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  readonly kind: string;
  /** Services that may be called the true one. */
  readonly services: readonly string[];
}

/** One recorded timeline with its labels. */
export interface Labelled {
  readonly name: string;
  readonly faults: readonly LabelledFault[];
  readonly quiet: readonly Quiet[];
}

export interface FoundFault extends LabelledFault {
  readonly timeline: string;
  readonly foundAtMs: EpochMs | null;
  readonly category: string | null;
  /** From 1; 0: the true service is not among the suspects. */
  readonly rank: number;
}

export interface FalseHit {
  readonly timeline: string;
  readonly atMs: EpochMs;
  readonly service: string;
  readonly category: string;
}

/** What one detector did on one or more timelines. */
export interface RealScore {
  readonly faults: readonly FoundFault[];
  readonly falseHits: readonly FalseHit[];
  readonly quietHours: number;
  readonly alarms: number;
}

function isIn(atMs: EpochMs, { startMs, endMs }: Quiet): boolean {
  return atMs >= startMs && atMs < endMs;
}

/** As the data's README says: only openings count; what lies outside both is ignored. */
export function scoreTimeline(alarms: readonly Alarm[], { name, faults, quiet }: Labelled): RealScore {
  const sorted = alarms.toSorted((a, b) => a.openedAtMs - b.openedAtMs);
  const found = faults.map((fault): FoundFault => {
    const first = sorted.find(
      ({ openedAtMs }) => openedAtMs >= fault.startMs - BEFORE_MS && openedAtMs <= fault.endMs + AFTER_MS,
    );
    const rank = 1 + (first?.suspects.findIndex((service) => fault.services.includes(service)) ?? -1);
    return {
      ...fault,
      timeline: name,
      foundAtMs: first?.openedAtMs ?? null,
      category: first?.category ?? null,
      rank,
    };
  });
  const falseHits = sorted
    .filter(({ openedAtMs }) => quiet.some((stretch) => isIn(openedAtMs, stretch)))
    // The minute after a fault belongs to it.
    .filter(({ openedAtMs }) =>
      faults.every(({ startMs, endMs }) => openedAtMs < startMs - BEFORE_MS || openedAtMs > endMs + AFTER_MS),
    )
    .map(({ openedAtMs, points, category }) => ({
      timeline: name,
      atMs: openedAtMs,
      service: points[0]?.service ?? "(all services)",
      category,
    }));
  const quietHours = quiet.reduce((sum, { startMs, endMs }) => sum + (endMs - startMs) / HOUR_MS, 0);
  return { faults: found, falseHits, quietHours, alarms: alarms.length };
}

export function joinedReal(scores: readonly RealScore[]): RealScore {
  return {
    faults: scores.flatMap(({ faults }) => faults),
    falseHits: scores.flatMap(({ falseHits }) => falseHits),
    quietHours: scores.reduce((sum, { quietHours }) => sum + quietHours, 0),
    alarms: scores.reduce((sum, { alarms }) => sum + alarms, 0),
  };
}

export function foundIn({ faults }: RealScore): number {
  return faults.filter(({ foundAtMs }) => foundAtMs !== null).length;
}

export function falsePerHour({ falseHits, quietHours }: RealScore): number {
  return falseHits.length / quietHours;
}

/** Of the faults found, those whose true service is among the first `places` suspects. */
export function namedWithin({ faults }: RealScore, places: number): number {
  return faults.filter(({ foundAtMs, rank }) => foundAtMs !== null && rank >= 1 && rank <= places).length;
}
