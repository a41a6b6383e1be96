import { MINUTE_MS } from "../../src/log/time.ts";
import type { Alarm } from "../bench/detection/alarm.ts";
import type { ScoreInput } from "../bench/detection/score.ts";
import type { BenignEvent, FaultEvent, FaultKind, Span } from "../bench/detection/workload/events.ts";

export const HOUR_MS = 60 * MINUTE_MS;
/** A Monday at noon. */
export const NOON_MS = Date.UTC(2024, 1, 5, 12);

/** Minutes after noon. */
export function at(minutes: number): number {
  return NOON_MS + minutes * MINUTE_MS;
}

const SERVICES = ["cart", "payment", "mailer"];

function spanOf(name: string, startMin: number, endMin: number): Span {
  return { service: SERVICES.indexOf(name), name, startMs: at(startMin), endMs: at(endMin) };
}

export function faultOf(kind: FaultKind, startMin: number, endMin: number, ...names: string[]): FaultEvent {
  return {
    role: "fault",
    kind,
    spans: names.map((name) => spanOf(name, startMin, endMin)),
    startMs: at(startMin),
    endMs: at(endMin),
    magnitude: 1,
    isRepeated: false,
  };
}

export function benignOf(kind: BenignEvent["kind"], startMin: number, name: string): BenignEvent {
  const span = spanOf(name, startMin, startMin + 120);
  return { role: "benign", kind, spans: [span], startMs: span.startMs, endMs: span.endMs, magnitude: 1 };
}

/** Opened about the first service; each further one joined a minute later. */
export function alarmAt(minutes: number, names: readonly string[], change: Partial<Alarm> = {}): Alarm {
  return {
    openedAtMs: at(minutes),
    points: names.map((service, i) => ({ service, atMs: at(minutes + i) })),
    suspects: names,
    category: "error_spike",
    severity: "high",
    ...change,
  };
}

/** A day of three services from midnight on, all faults detectable. */
export function inputOf(events: ScoreInput["events"]): ScoreInput {
  return {
    run: "test/1",
    events,
    detectable: new Set(events.filter((event) => event.role === "fault")),
    services: SERVICES.map((name) => ({ name, perMinute: 10, weeks: 1 / 7, density: 1, traits: "flat" })),
    fromMs: NOON_MS - 12 * HOUR_MS,
    toMs: NOON_MS + 12 * HOUR_MS,
  };
}
