import { NEW_ALERT, type Alert } from "../alert/alert.ts";
import type { Actor } from "../alert/event.ts";
import { DEFAULT_DESTINATION, type Destination } from "../alert/route.ts";
import type { TestResult } from "../alert/verbs.ts";
import type { Clock } from "../clock.ts";
import { formatIdTime, SECOND_MS, type EpochMs } from "../log/time.ts";
import { underDeadline } from "./deadline.ts";
import type { Notifier } from "./notifier.ts";

const DEADLINE_MS = 20 * SECOND_MS;

/** An alert that says of itself that it is none; it is stored nowhere. */
export function testAlert(actor: Actor, nowMs: EpochMs): Alert {
  return {
    ...NEW_ALERT,
    id: `test_${formatIdTime(nowMs)}`,
    version: 1,
    detectedAtMs: nowMs,
    severity: "low",
    category: "error_spike",
    environment: "test",
    description: `TEST: this is no alert. ${actor.name} tries whether alerts reach you here.`,
    affectedServices: ["tocsin-test"],
    suspectedService: null,
    suspects: [],
    window: { startMs: nowMs, endMs: nowMs },
    metrics: {
      errorRate: 0,
      baselineErrorRate: null,
      totalLogs: 0,
      baselineTotalLogs: null,
      services: 0,
      baselineServices: null,
    },
    anomalies: [],
    evidence: [],
    analysis: { status: "skipped", by: "statistics", model: null, reason: "test" },
    rootCause: null,
    impact: null,
    recommendedActions: [],
    confidence: null,
  };
}

export interface Channel {
  readonly notifier: Notifier;
  readonly to: Destination;
}

/** The test alert through each channel, one attempt, all at the same time. */
export async function tryAll(
  channels: readonly Channel[],
  alert: Alert,
  clock: Clock,
): Promise<readonly TestResult[]> {
  return Promise.all(channels.map(({ notifier, to }) => tryOne(notifier, to, alert, clock)));
}

async function tryOne(notifier: Notifier, to: Destination, alert: Alert, clock: Clock): Promise<TestResult> {
  const said = { notifier: notifier.name, to: to.channel };
  const outcome = await underDeadline((signal) => notifier.post(alert, to, signal), DEADLINE_MS, clock);
  if (outcome === "timeout") return { ...said, delivered: false, reason: "timeout" };
  if (outcome.kind === "delivered") return { ...said, delivered: true, reason: null };
  return { ...said, delivered: false, reason: outcome.reason };
}

/** The notifier's own channel, and every one that a route names. */
export function channelsOf(notifier: Notifier, destinations: readonly Destination[]): readonly Channel[] {
  const byName = new Map([DEFAULT_DESTINATION, ...destinations].map((to) => [to.channel, to]));
  return [...byName.values()].map((to) => ({ notifier, to }));
}
