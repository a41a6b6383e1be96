import type { AlertCommit, Claim, NewDelivery } from "../alert/repository.ts";
import type { Lane } from "../notify/outbox.ts";

/** What the caller must have got right; anything else is a bug, whatever the store. */
export function checkCommit(commit: AlertCommit): void {
  const expected = commit.expectedVersion + commit.events.length;
  if (commit.alert.version !== expected) {
    throw new RangeError(`alert ${commit.alert.id} has version ${commit.alert.version}, not ${expected}`);
  }
}

export function laneOf(delivery: NewDelivery): Lane {
  return delivery.kind === "analyse" ? "analyse" : "notify";
}

/** One claim per key, the last one counts; by key, so that two commits never wait for each other crosswise. */
export function orderedClaims(claims: readonly Claim[]): readonly Claim[] {
  const byKey = new Map(claims.map((claim) => [claim.key, claim]));
  return [...byKey.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
