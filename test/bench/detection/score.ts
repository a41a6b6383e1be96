import { DAY_MS, MINUTE_MS, type EpochMs } from "../../../src/log/time.ts";
import { percentile } from "../stats.ts";
import { isNote, type Alarm } from "./alarm.ts";
import type { FaultEvent, FaultKind, WorkloadEvent } from "./workload/events.ts";
import { FAULTS } from "./workload/events.ts";

/** A finding this long after the end still is about the fault. */
export const GRACE_MS = 10 * MINUTE_MS;
/** An alert this long after a fault's end is its echo: neither a hit nor false. */
export const ECHO_MS = 45 * MINUTE_MS;
/** A lasting change of volume may be told once, this long after it came. */
export const TOLD_ONCE_MS = 120 * MINUTE_MS;
/** A fault of the pipeline is blamed for what comes this long after it. */
const PREMISE_ECHO_MS = 15 * MINUTE_MS;

export const BANDS = ["<1", "1-30", ">30"] as const;
export type Band = (typeof BANDS)[number];

export function bandOf(perMinute: number): Band {
  if (perMinute < 1) return "<1";
  return perMinute <= 30 ? "1-30" : ">30";
}

export interface ScoredService {
  readonly name: string;
  readonly perMinute: number;
  /** How much of a week it was watched. */
  readonly weeks: number;
  /** Faults per week. */
  readonly density: number;
  /** Shape, noise and the like, for the list of the worst. */
  readonly traits: string;
}

export interface ScoreInput {
  /** Tells the runs apart: `A/3`. */
  readonly run: string;
  readonly events: readonly WorkloadEvent[];
  readonly detectable: ReadonlySet<FaultEvent>;
  readonly services: readonly ScoredService[];
  /** Alarms outside are not scored. */
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

export interface FaultOutcome {
  readonly run: string;
  readonly kind: FaultKind;
  readonly service: string;
  readonly band: Band;
  readonly density: number;
  readonly startMs: EpochMs;
  readonly magnitude: number;
  readonly isDetectable: boolean;
  readonly hitMs: EpochMs | null;
  /** Categories of what found it. */
  readonly by: readonly string[];
  /** How many alerts opened on it. */
  readonly alarms: number;
  /** Place of the service where it began among the suspects, from 1; 0: not named. */
  readonly culpritRank: number;
}

export interface FalseAlarm {
  readonly run: string;
  readonly atMs: EpochMs;
  readonly service: string;
  readonly band: Band;
  readonly density: number;
  readonly category: string;
  readonly severity: string;
  /** The benign event or the traits of the service that it may come from. */
  readonly blame: string;
}

export interface Score {
  readonly faults: readonly FaultOutcome[];
  readonly falseAlarms: readonly FalseAlarm[];
  /** Notes on deployments and on our own input. */
  readonly notes: number;
  /** Echoes of faults and lasting changes that were told once. */
  readonly neutral: number;
  readonly weeks: Readonly<Record<Band, number>>;
  readonly weeksByDensity: ReadonlyMap<number, number>;
}

interface Claimed {
  readonly alarm: Alarm;
  isHit: boolean;
}

function touches(
  point: { service: string | null; atMs: EpochMs },
  fault: FaultEvent,
  graceMs: number,
): boolean {
  return fault.spans.some(
    ({ name, startMs, endMs }) =>
      (point.service === null || point.service === name) &&
      point.atMs >= startMs &&
      point.atMs <= endMs + graceMs,
  );
}

function outcomeOf(fault: FaultEvent, claimed: readonly Claimed[], input: ScoreInput): FaultOutcome {
  const service = fault.spans[0]?.name ?? "";
  const found = claimed.flatMap((claim) => {
    const points = claim.alarm.points.filter((point) => touches(point, fault, GRACE_MS));
    return points.length === 0 ? [] : [{ claim, atMs: Math.min(...points.map(({ atMs }) => atMs)) }];
  });
  for (const { claim } of found) claim.isHit = true;
  const first = found.toSorted((a, b) => a.atMs - b.atMs)[0];
  const scored = input.services.find(({ name }) => name === service);
  return {
    run: input.run,
    kind: fault.kind,
    service,
    band: bandOf(scored?.perMinute ?? 0),
    density: scored?.density ?? 0,
    startMs: fault.startMs,
    magnitude: fault.magnitude,
    isDetectable: input.detectable.has(fault),
    hitMs: first?.atMs ?? null,
    by: [...new Set(found.map(({ claim }) => claim.alarm.category))],
    alarms: found.filter(({ claim }) => claim.alarm.openedAtMs >= fault.startMs).length,
    culpritRank: 1 + (first?.claim.alarm.suspects.indexOf(service) ?? -1),
  };
}

/** What it says at its opening decides whether it was false; what is added later wakes nobody anew. */
function opening({ points, openedAtMs }: Alarm): Alarm["points"] {
  const first = points.filter(({ atMs }) => atMs <= openedAtMs);
  return first.length > 0 ? first : points;
}

function isEcho(alarm: Alarm, faults: readonly FaultEvent[]): boolean {
  return opening(alarm).some((point) => faults.some((fault) => touches(point, fault, ECHO_MS)));
}

/** A deployment that shifted the volume, or another sampling: may be told once. */
function toldOnce(alarm: Alarm, events: readonly WorkloadEvent[]): WorkloadEvent | null {
  const found = events.find(
    (event) =>
      event.role === "benign" &&
      (event.kind === "deploy_shift" || event.kind === "sampling_change") &&
      opening(alarm).some(
        ({ service, atMs }) =>
          event.spans.some(({ name }) => service === null || name === service) &&
          atMs >= event.startMs &&
          atMs <= event.startMs + TOLD_ONCE_MS,
      ),
  );
  return found ?? null;
}

function blameOf(alarm: Alarm, input: ScoreInput): string {
  const services = new Set(opening(alarm).map(({ service }) => service));
  for (const { role, kind, spans, startMs, endMs } of input.events) {
    if (role === "fault") continue;
    const echoMs = role === "premise" ? PREMISE_ECHO_MS : 0;
    const isNear = alarm.openedAtMs >= startMs && alarm.openedAtMs <= endMs + echoMs;
    if (isNear && (spans.length === 0 || spans.some(({ name }) => services.has(name))))
      return `${role} ${kind}`;
  }
  const [first] = services;
  return input.services.find(({ name }) => name === first)?.traits ?? "everyday traffic of all services";
}

function falseAlarmOf(alarm: Alarm, input: ScoreInput): FalseAlarm {
  const [first] = opening(alarm);
  const service = first?.service ?? "(all services)";
  const scored = input.services.find(({ name }) => name === service);
  return {
    run: input.run,
    atMs: alarm.openedAtMs,
    service,
    band: bandOf(scored?.perMinute ?? Infinity),
    density: scored?.density ?? 0,
    category: alarm.category,
    severity: alarm.severity,
    blame: blameOf(alarm, input),
  };
}

/** Section 5.12: a fault is found by an alert about one of its services within [start, end + 10 min]. */
export function scoreRun(alarms: readonly Alarm[], input: ScoreInput): Score {
  const inTime = alarms.filter(({ openedAtMs }) => openedAtMs >= input.fromMs && openedAtMs < input.toMs);
  const claimed = inTime.filter((alarm) => !isNote(alarm)).map((alarm): Claimed => ({ alarm, isHit: false }));
  const faults = input.events.filter((event) => event.role === "fault");
  const outcomes = faults
    .filter(({ isRepeated }) => !isRepeated)
    .map((fault) => outcomeOf(fault, claimed, input));
  const told = new Set<WorkloadEvent>();
  const falseAlarms: FalseAlarm[] = [];
  let neutral = 0;
  for (const { alarm, isHit } of claimed) {
    // An alert that opened on nothing stays false, even where a fault joined it later.
    if (isHit && isEcho(alarm, faults)) continue;
    const lasting = toldOnce(alarm, input.events);
    if (isEcho(alarm, faults)) neutral += 1;
    else if (lasting !== null && !told.has(lasting)) {
      told.add(lasting);
      neutral += 1;
    } else falseAlarms.push(falseAlarmOf(alarm, input));
  }
  const weeks: Record<Band, number> = { "<1": 0, "1-30": 0, ">30": 0 };
  const weeksByDensity = new Map<number, number>();
  for (const { perMinute, density, weeks: own } of input.services) {
    weeks[bandOf(perMinute)] += own;
    weeksByDensity.set(density, (weeksByDensity.get(density) ?? 0) + own);
  }
  const notes = inTime.length - claimed.length;
  return { faults: outcomes, falseAlarms, notes, neutral, weeks, weeksByDensity };
}

export function joined(scores: readonly Score[]): Score {
  const weeks: Record<Band, number> = { "<1": 0, "1-30": 0, ">30": 0 };
  const weeksByDensity = new Map<number, number>();
  for (const score of scores) {
    for (const band of BANDS) weeks[band] += score.weeks[band];
    for (const [density, own] of score.weeksByDensity)
      weeksByDensity.set(density, (weeksByDensity.get(density) ?? 0) + own);
  }
  return {
    faults: scores.flatMap(({ faults }) => faults),
    falseAlarms: scores.flatMap(({ falseAlarms }) => falseAlarms),
    notes: scores.reduce((sum, { notes }) => sum + notes, 0),
    neutral: scores.reduce((sum, { neutral }) => sum + neutral, 0),
    weeks,
    weeksByDensity,
  };
}

export function weeksOf({ weeks }: Score): number {
  return BANDS.reduce((sum, band) => sum + weeks[band], 0);
}

/** Alerts that woke somebody for nothing, per service and week. */
export function falsePerWeek(score: Score): number {
  return score.falseAlarms.length / weeksOf(score);
}

export interface Share {
  readonly hits: number;
  readonly of: number;
}

/** Of the faults that the oracle can tell from chance. */
export function recallOf(score: Score, accepts: (fault: FaultOutcome) => boolean = () => true): Share {
  const faults = score.faults.filter((fault) => fault.isDetectable && accepts(fault));
  return { hits: faults.filter(({ hitMs }) => hitMs !== null).length, of: faults.length };
}

export function shareOf({ hits, of }: Share): number {
  return of === 0 ? Number.NaN : hits / of;
}

/** Faults found over faults found and false alerts. */
export function precisionOf(score: Score): number {
  const hits = score.faults.filter(({ hitMs }) => hitMs !== null).length;
  return hits / (hits + score.falseAlarms.length);
}

/** What the precision would be at so many faults per service and week. */
export function precisionAt(score: Score, density: number): number {
  const found = shareOf(recallOf(score)) * density;
  return found / (found + falsePerWeek(score));
}

/** Minutes from the start of a fault to the first alert on it. */
export function detectMinutes(score: Score, isWanted: (kind: FaultKind) => boolean): readonly number[] {
  return score.faults
    .filter(({ kind, isDetectable, hitMs }) => isDetectable && hitMs !== null && isWanted(kind))
    .map(({ startMs, hitMs }) => ((hitMs ?? startMs) - startMs) / MINUTE_MS);
}

export function isAbrupt(kind: FaultKind): boolean {
  return FAULTS[kind].isAbrupt;
}

export function detectPercentile(score: Score, share: number): number {
  return percentile(detectMinutes(score, isAbrupt), share);
}

export const WEEK_MS = 7 * DAY_MS;
