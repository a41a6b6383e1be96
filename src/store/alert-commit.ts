import type { Alert } from "../alert/alert.ts";
import { writesOf, type AlertCommit, type Claim, type NewDelivery } from "../alert/repository.ts";
import type { Severity } from "../anomaly/anomaly.ts";
import type { Lane } from "../notify/outbox.ts";

/** What the caller must have got right; anything else is a bug, whatever the store. */
export function checkCommit(commit: AlertCommit): void {
  for (const { alert, expectedVersion, events } of writesOf(commit)) {
    const expected = expectedVersion + events.length;
    if (alert.version !== expected)
      throw new RangeError(`alert ${alert.id} has version ${alert.version}, not ${expected}`);
  }
}

/** What the queue has to know of an alert. */
export type QueuedAlert = Pick<Alert, "id" | "severity">;

export function laneOf(delivery: NewDelivery): Lane {
  if (delivery.kind === "analyse") return "analyse";
  return "hook" in delivery && delivery.hook !== undefined ? `hook:${delivery.hook}` : "notify";
}

/** 0 goes first: critical alerts, then what is new or pings, then the rest. */
export function urgencyOf(delivery: NewDelivery, severity: Severity): number {
  const loud = delivery.kind === "post" || (delivery.kind === "reply" && delivery.broadcast);
  if (!loud) return 2;
  return severity === "critical" ? 0 : 1;
}

/** One claim per key, the last one counts; by key, so that two commits never wait for each other crosswise. */
export function orderedClaims(claims: readonly Claim[]): readonly Claim[] {
  const byKey = new Map(claims.map((claim) => [claim.key, claim]));
  return [...byKey.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
