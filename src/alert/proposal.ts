import { DAY_MS, type EpochMs } from "../log/time.ts";
import type { Alert } from "./alert.ts";
import type { Actor } from "./event.ts";
import { coversAll, receiptFor, type MuteTarget, type Receipt } from "./mute.ts";
import { summaryOf, type AlertSummary } from "./summary.ts";

/** One concrete change of what people are told. */
export type ProposedChange =
  | { readonly kind: "mute"; readonly target: MuteTarget; readonly durationMs: number }
  /** The pattern is normal: it is not told again until its rate passes what was accepted. */
  | { readonly kind: "known_pattern"; readonly target: MuteTarget };

/** What people would have been told in the time of the receipt, before and after the change. */
export interface BeforeAfter {
  readonly days: number;
  readonly before: { readonly alerts: number; readonly markedReal: number; readonly markedNoise: number };
  readonly after: { readonly alerts: number; readonly markedReal: number; readonly markedNoise: number };
}

export interface Proposal {
  /** `p7`. */
  readonly id: string;
  readonly alertId: string;
  readonly change: ProposedChange;
  readonly receipt: Receipt;
  readonly replay: BeforeAfter;
  readonly status: "proposed" | "approved" | "rejected";
  readonly by: Actor;
  readonly atMs: EpochMs;
  readonly decidedBy: string | null;
  readonly decidedAtMs: EpochMs | null;
  /** The mute that its approval made. */
  readonly muteId: string | null;
}

const MUTE_FOR_MS = 7 * DAY_MS;

/** The narrowest change that would have hidden this alert; null where only the alert itself could be muted. */
export function changeFor(alert: Alert): ProposedChange | null {
  const summary = summaryOf(alert);
  const { environment } = alert;
  const [top] = alert.anomalies;
  const patterns = [...(top?.pattern == null ? [] : [top.pattern]), ...summary.templates];
  for (const value of new Set(patterns)) {
    const target: MuteTarget = { kind: "pattern", value, environment };
    if (coversAll(target, summary)) return { kind: "known_pattern", target };
  }
  const services = [
    ...(alert.suspectedService === null ? [] : [alert.suspectedService]),
    ...alert.affectedServices,
  ];
  for (const value of new Set(services)) {
    const target: MuteTarget = { kind: "service", value, environment };
    if (coversAll(target, summary)) return { kind: "mute", target, durationMs: MUTE_FOR_MS };
  }
  const target: MuteTarget = { kind: "category", value: alert.category, environment };
  return coversAll(target, summary) ? { kind: "mute", target, durationMs: MUTE_FOR_MS } : null;
}

function tally(alerts: readonly AlertSummary[]): BeforeAfter["before"] {
  return {
    alerts: alerts.length,
    markedReal: alerts.filter(({ verdict }) => verdict?.verdict === "real").length,
    markedNoise: alerts.filter(({ verdict }) => verdict?.verdict === "noise").length,
  };
}

/** Replays a change on the alerts of the last days. */
export function replayChange(
  { target }: ProposedChange,
  history: readonly AlertSummary[],
  days?: number,
): { readonly receipt: Receipt; readonly replay: BeforeAfter } {
  const receipt = receiptFor(target, history, days);
  const told = history.filter(({ shadow }) => !shadow);
  const left = told.filter((alert) => !coversAll(target, alert));
  return { receipt, replay: { days: receipt.days, before: tally(told), after: tally(left) } };
}
