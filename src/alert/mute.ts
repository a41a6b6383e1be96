import { severityRank, type Anomaly, type Category, type Severity } from "../anomaly/anomaly.ts";
import { DAY_MS, type EpochMs } from "../log/time.ts";
import type { Actor } from "./event.ts";
import type { AlertSummary } from "./summary.ts";

export const MUTE_TARGETS = ["service", "category", "pattern", "alert"] as const;

/** What a mute is about. A pattern is named by its id or its text. */
export interface MuteTarget {
  readonly kind: (typeof MUTE_TARGETS)[number];
  readonly value: string;
  /** null: every environment. */
  readonly environment: string | null;
}

/** `known`: a pattern that people have said is normal; it ends only by hand, or by waking. */
export type MuteKind = "mute" | "maintenance" | "known";

/** What the people who muted have seen and put up with; more than that wakes the mute. */
export interface Acceptance {
  readonly severity: Severity;
  /** The largest distance from the expected, by category. */
  readonly deviation: Readonly<Partial<Record<Category, number>>>;
  readonly alertsPerDay: number;
}

export interface Mute {
  /** `m12`: short enough to type. */
  readonly id: string;
  readonly kind: MuteKind;
  readonly target: MuteTarget;
  readonly startsAtMs: EpochMs;
  /** null: until somebody ends it; only a `known` pattern may. */
  readonly untilMs: EpochMs | null;
  readonly reason: string | null;
  readonly by: Actor;
  readonly createdAtMs: EpochMs;
  /** null: everything, as in a maintenance window. */
  readonly accepted: Acceptance | null;
  /** Alerts that it has hidden so far. */
  readonly hidden: number;
  readonly ended: { readonly atMs: EpochMs; readonly by: string; readonly reason: string } | null;
}

export interface MuteRequest {
  readonly target: MuteTarget;
  /** A planned maintenance window; null: from now, as a plain mute. */
  readonly startsAtMs: EpochMs | null;
  readonly untilMs: EpochMs;
  readonly reason: string | null;
}

/** What a mute would have done to the alerts that are stored. */
export interface Receipt {
  readonly days: number;
  readonly alerts: number;
  readonly markedReal: number;
  readonly markedNoise: number;
  readonly critical: number;
  /** The newest of them. */
  readonly examples: readonly string[];
  readonly accepted: Acceptance;
}

export const RECEIPT_DAYS = 30;
const MAX_EXAMPLES = 5;
/** What passes this many times the accepted wakes a mute. */
export const WAKE_FACTOR = 2;
/** Fewer hidden alerts than this never wake a mute by their number. */
const MIN_HIDDEN_TO_WAKE = 5;

export type Coverable = Pick<
  AlertSummary,
  "id" | "environment" | "anomalies" | "suspectedService" | "affectedServices" | "templates"
>;

function aboutService(anomaly: Anomaly, service: string): boolean {
  if (anomaly.service !== null) return anomaly.service === service;
  const affected = anomaly.affectedServices;
  return affected.length > 0 && affected.every((name) => name === service);
}

/** A pattern covers a finding only where nothing else is behind it: unrelated errors must not hide beneath it. */
function aboutPattern(anomaly: Anomaly, alert: Coverable, pattern: string): boolean {
  if (anomaly.pattern === pattern) return true;
  return alert.templates.length > 0 && alert.templates.every((template) => template === pattern);
}

/** Is this finding of the alert what the mute is about? */
export function covers(
  { kind, value, environment }: MuteTarget,
  alert: Coverable,
  anomaly: Anomaly,
): boolean {
  if (environment !== null && environment !== alert.environment) return false;
  switch (kind) {
    case "alert":
      return alert.id === value;
    case "category":
      return anomaly.category === value;
    case "service":
      return aboutService(anomaly, value);
    case "pattern":
      return aboutPattern(anomaly, alert, value);
  }
}

/** All of the alert; an alert with one finding that is not covered is told. */
export function coversAll(target: MuteTarget, alert: Coverable): boolean {
  return alert.anomalies.length > 0 && alert.anomalies.every((anomaly) => covers(target, alert, anomaly));
}

function deviationOf(anomaly: Anomaly): number {
  return Math.abs(anomaly.observed - anomaly.expected);
}

function acceptanceOf(hidden: readonly AlertSummary[], days: number): Acceptance {
  const deviation: Partial<Record<Category, number>> = {};
  let severity: Severity = "high";
  for (const { anomalies } of hidden) {
    for (const anomaly of anomalies) {
      deviation[anomaly.category] = Math.max(deviation[anomaly.category] ?? 0, deviationOf(anomaly));
      if (severityRank(anomaly.severity) > severityRank(severity)) severity = anomaly.severity;
    }
  }
  return { severity, deviation, alertsPerDay: hidden.length / days };
}

/** Replays `history`, the alerts of the last `days` days, against a target that nobody has muted yet. */
export function receiptFor(
  target: MuteTarget,
  history: readonly AlertSummary[],
  days = RECEIPT_DAYS,
): Receipt {
  const hidden = history.filter((alert) => !alert.shadow && coversAll(target, alert));
  const newest = hidden.toSorted((a, b) => b.detectedAtMs - a.detectedAtMs);
  return {
    days,
    alerts: hidden.length,
    markedReal: hidden.filter(({ verdict }) => verdict?.verdict === "real").length,
    markedNoise: hidden.filter(({ verdict }) => verdict?.verdict === "noise").length,
    critical: hidden.filter(({ severity }) => severity === "critical").length,
    examples: newest.slice(0, MAX_EXAMPLES).map(({ id }) => id),
    accepted: acceptanceOf(hidden, days),
  };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The receipt in a sentence, the same wherever people read it. */
export function receiptSentence({ days, alerts, markedReal, critical }: Receipt): string {
  if (alerts === 0) return `Would have hidden no alert of the last ${days} days.`;
  const real = markedReal === 0 ? "none of which was marked real" : `${markedReal} of which you marked real`;
  const grave = critical === 0 ? "" : ` (${critical} critical)`;
  return `Would have hidden ${plural(alerts, "alert")}${grave} of the last ${days} days, ${real}.`;
}

/** Such as `service payment-api in production`. */
export function describeTarget({ kind, value, environment }: MuteTarget): string {
  return `${kind} ${value}${environment === null ? "" : ` in ${environment}`}`;
}

export function isRunning({ startsAtMs, untilMs, ended }: Mute, nowMs: EpochMs): boolean {
  return ended === null && startsAtMs <= nowMs && (untilMs === null || untilMs > nowMs);
}

/** Over by its time, though nobody has ended it. */
export function isExpired({ untilMs, ended }: Mute, nowMs: EpochMs): boolean {
  return ended === null && untilMs !== null && untilMs <= nowMs;
}

/** Why this finding is more than the mute was made for; null where it is not. */
function wakeReason(mute: Mute, anomaly: Anomaly, nowMs: EpochMs): string | null {
  const { accepted } = mute;
  if (accepted === null) return null;
  if (severityRank(anomaly.severity) > severityRank(accepted.severity)) {
    return `${anomaly.severity}, graver than what was accepted`;
  }
  const known = accepted.deviation[anomaly.category];
  if (known !== undefined && known > 0 && deviationOf(anomaly) > WAKE_FACTOR * known) {
    return `over ${WAKE_FACTOR} times what was accepted`;
  }
  const days = Math.max(1, (nowMs - mute.startsAtMs) / DAY_MS);
  const tolerated = Math.max(MIN_HIDDEN_TO_WAKE, WAKE_FACTOR * accepted.alertsPerDay * days);
  return mute.hidden >= tolerated ? `${mute.hidden} alerts hidden, more often than was accepted` : null;
}

/** What the mutes make of an alert, with the reason that people read. */
export type MuteDecision =
  | { readonly kind: "told" }
  | { readonly kind: "muted"; readonly mute: Mute }
  /** This mute would hide it, but it has become more than was accepted: the mute ends. */
  | { readonly kind: "woken"; readonly mute: Mute; readonly reason: string };

function endOf({ untilMs }: Mute): EpochMs {
  return untilMs ?? Infinity;
}

/**
 * Decided when an alert would be told, not when it is found. Each of its findings must be covered by a running
 * mute, and be no more than was accepted; of several, the one that ends last is named.
 */
export function decideMute(alert: Coverable, mutes: readonly Mute[], nowMs: EpochMs): MuteDecision {
  const running = mutes
    .filter((mute) => isRunning(mute, nowMs))
    .toSorted((a, b) => endOf(b) - endOf(a) || a.createdAtMs - b.createdAtMs);
  let named: Mute | null = null;
  let woken: MuteDecision | null = null;
  for (const anomaly of alert.anomalies) {
    const covering = running.filter(({ target }) => covers(target, alert, anomaly));
    const [first] = covering;
    if (first === undefined) return { kind: "told" };
    const patient = covering.find((mute) => wakeReason(mute, anomaly, nowMs) === null);
    if (patient === undefined) {
      woken ??= { kind: "woken", mute: first, reason: wakeReason(first, anomaly, nowMs) ?? "" };
    }
    if (patient !== undefined && (named === null || endOf(patient) > endOf(named))) named = patient;
  }
  if (woken !== null) return woken;
  return named === null ? { kind: "told" } : { kind: "muted", mute: named };
}
