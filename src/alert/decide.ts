import { severityRank, type Anomaly } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";
import type { Alert } from "./alert.ts";
import { sameFinding } from "./evolve.ts";
import type { Claim } from "./repository.ts";

export type CooldownScope = "service" | "category";

export interface CooldownOptions {
  readonly cooldownMs: number;
  readonly scope: CooldownScope;
}

/** What a finding claims for the cooldown: its category in the environment; with a service, that service's alone. */
export function claimKey(anomaly: Anomaly, scope: CooldownScope): string {
  const service = scope === "service" ? (anomaly.service ?? "") : "";
  return [anomaly.environment, anomaly.category, service].join("\u001f");
}

/** What an environment's alerts look like to a decision. */
export interface Standing {
  /** The unresolved alert of the environment, if any: one incident is one alert. */
  readonly running: Alert | undefined;
  claim(key: string): Claim | undefined;
  /** An alert that still holds a claim, resolved or not. */
  alert(id: string): Alert | undefined;
}

/** Where findings go, with the reason in one word for logs, metrics and tests. */
export type Placement =
  | { readonly kind: "open"; readonly reason: "first"; readonly anomalies: readonly Anomaly[] }
  | {
      readonly kind: "join";
      /** `known`: the alert has it; `added`: a new finding of a running alert; `cooldown`: back after it resolved. */
      readonly reason: "known" | "added" | "cooldown";
      readonly alert: Alert;
      readonly anomaly: Anomaly;
    };

/**
 * Opens at most one alert: what belongs to a cooling or a running alert joins it, the rest opens one together.
 * An expired claim never opens a second alert beside the one that is still running.
 */
export function place(
  anomalies: readonly Anomaly[],
  standing: Standing,
  options: CooldownOptions,
  nowMs: EpochMs,
): Placement[] {
  const placements: Placement[] = [];
  const fresh: Anomaly[] = [];
  for (const anomaly of anomalies) {
    const target = targetOf(anomaly, standing, options, nowMs);
    if (target === undefined) {
      fresh.push(anomaly);
      continue;
    }
    const known = target.anomalies.some((other) => sameFinding(other, anomaly));
    const reason = target.status === "resolved" ? "cooldown" : known ? "known" : "added";
    placements.push({ kind: "join", reason, alert: target, anomaly });
  }
  if (fresh.length > 0) placements.push({ kind: "open", reason: "first", anomalies: fresh });
  return placements;
}

function targetOf(
  anomaly: Anomaly,
  standing: Standing,
  options: CooldownOptions,
  nowMs: EpochMs,
): Alert | undefined {
  if (standing.running !== undefined) return standing.running;
  const claim = standing.claim(claimKey(anomaly, options.scope));
  return claim !== undefined && claim.untilMs > nowMs ? standing.alert(claim.alertId) : undefined;
}

/** The claims an alert takes with these findings. A claim lasts from the alert's opening, not from each joining. */
export function claimsFor(
  alertId: string,
  anomalies: readonly Anomaly[],
  options: CooldownOptions,
  nowMs: EpochMs,
): Claim[] {
  return anomalies.map((anomaly) => ({
    key: claimKey(anomaly, options.scope),
    alertId,
    untilMs: nowMs + options.cooldownMs,
  }));
}

/** Smaller rises are not worth a write and an edit. */
const NOTABLE_RISE = 0.1;

/** Has the alert come to something that people should see: a graver finding, more services, a clearly higher peak? */
export function isNotable(alert: Alert, seen: readonly Anomaly[]): boolean {
  return alert.anomalies.some((known) => {
    const again = seen.find((anomaly) => sameFinding(anomaly, known));
    if (again === undefined) return false;
    const rise = Math.abs(again.observed - known.expected) / Math.abs(known.observed - known.expected || 1);
    const spread = again.affectedServices.some((service) => !alert.affectedServices.includes(service));
    return rise > 1 + NOTABLE_RISE || spread || severityRank(again.severity) > severityRank(known.severity);
  });
}
