import { SEVERITIES, type Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";
import { describeTarget, type Mute } from "./mute.ts";
import type { AlertSummary } from "./summary.ts";

export interface Noisy {
  readonly name: string;
  readonly alerts: number;
}

/** What a day came to. */
export interface Digest {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly opened: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  readonly byCategory: readonly Noisy[];
  readonly stillOpen: number;
  readonly acknowledged: number;
  /** From detection; null where nothing was acknowledged. */
  readonly meanTimeToAcknowledgeMs: number | null;
  readonly markedReal: number;
  readonly markedNoise: number;
  /** Opened, but hidden by a mute. */
  readonly hidden: number;
  readonly noisiestServices: readonly Noisy[];
  readonly noisiestPatterns: readonly Noisy[];
  readonly muted: readonly { readonly id: string; readonly what: string; readonly untilMs: EpochMs | null }[];
}

const MAX_NOISY = 5;
const MAX_MUTED = 20;

function counted(names: readonly string[]): readonly Noisy[] {
  return [...Map.groupBy(names, (name) => name)]
    .map(([name, same]) => ({ name, alerts: same.length }))
    .toSorted((a, b) => b.alerts - a.alerts || (a.name < b.name ? -1 : 1));
}

/** Whom an alert is about: the suspect where there is one, else everybody affected. */
function servicesOf({ suspectedService, affectedServices }: AlertSummary): readonly string[] {
  return suspectedService === null ? affectedServices : [suspectedService];
}

function patternsOf({ anomalies, templates }: AlertSummary): readonly string[] {
  const named = anomalies.flatMap(({ pattern }) => (pattern === null ? [] : [pattern]));
  return named.length > 0 ? [...new Set(named)] : templates.slice(0, 1);
}

/** `alerts` are those of [fromMs, toMs), `mutes` those that run. Shadow alerts are left out. */
export function digestOf(
  alerts: readonly AlertSummary[],
  mutes: readonly Mute[],
  fromMs: EpochMs,
  toMs: EpochMs,
): Digest {
  const seen = alerts.filter(({ shadow }) => !shadow);
  const waits = seen.flatMap(({ acknowledgedAtMs, detectedAtMs }) =>
    acknowledgedAtMs === null ? [] : [Math.max(0, acknowledgedAtMs - detectedAtMs)],
  );
  const verdicts = seen.map(({ verdict }) => verdict?.verdict);
  const bySeverity = Object.fromEntries(
    SEVERITIES.map((severity) => [severity, seen.filter((alert) => alert.severity === severity).length]),
  ) as Record<Severity, number>;
  return {
    fromMs,
    toMs,
    opened: seen.length,
    bySeverity,
    byCategory: counted(seen.map(({ category }) => category)),
    stillOpen: seen.filter(({ status }) => status !== "resolved").length,
    acknowledged: waits.length,
    meanTimeToAcknowledgeMs:
      waits.length === 0 ? null : waits.reduce((sum, waitMs) => sum + waitMs, 0) / waits.length,
    markedReal: verdicts.filter((verdict) => verdict === "real").length,
    markedNoise: verdicts.filter((verdict) => verdict === "noise").length,
    hidden: seen.filter(({ told }) => !told).length,
    noisiestServices: counted(seen.flatMap(servicesOf)).slice(0, MAX_NOISY),
    noisiestPatterns: counted(seen.flatMap(patternsOf)).slice(0, MAX_NOISY),
    muted: mutes
      .slice(0, MAX_MUTED)
      .map(({ id, target, untilMs }) => ({ id, what: describeTarget(target), untilMs })),
  };
}
