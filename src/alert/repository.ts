import type { Category, Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";
import type { Alert, Status } from "./alert.ts";
import type { AlertEvent } from "./event.ts";
import type { AlertSummary } from "./summary.ts";

/** What somebody has to be told or asked, written with the events that caused it; `hook` names a webhook. */
export type NewDelivery =
  | { readonly kind: "post"; readonly hook?: string }
  | { readonly kind: "update"; readonly hook?: string }
  /** A reply in the alert's thread; `broadcast` also tells the channel. */
  | { readonly kind: "reply"; readonly text: string; readonly broadcast: boolean }
  /** The part of an alert that stands in its thread, drawn as the alert is when it is sent. */
  | { readonly kind: "evidence" }
  | { readonly kind: "analysis" }
  | { readonly kind: "analyse" };

/** "Not before `untilMs`, unless it joins this alert": one row per key, taken in the transaction that opens. */
export interface Claim {
  readonly key: string;
  readonly alertId: string;
  readonly untilMs: EpochMs;
}

/** What one decision does to one alert. */
export interface AlertWrite {
  /** The state after the events; its version is `expectedVersion` plus their number. */
  readonly alert: Alert;
  /** 0 for an alert that is new. */
  readonly expectedVersion: number;
  readonly events: readonly AlertEvent[];
  readonly deliveries: readonly NewDelivery[];
  /** Each must be free or expired at `nowMs`, or already this alert's; else nothing is written. */
  readonly claims: readonly Claim[];
  readonly nowMs: EpochMs;
}

export interface AlertCommit extends AlertWrite {
  /** What the same decision does to another alert, as a merge does: both are stored or neither. */
  readonly joint?: AlertWrite;
}

/** One or two writes, in the order of ids, so that two commits never wait for each other crosswise. */
export function writesOf(commit: AlertCommit): readonly AlertWrite[] {
  const { joint } = commit;
  if (joint === undefined) return [commit];
  return commit.alert.id < joint.alert.id ? [commit, joint] : [joint, commit];
}

export type CommitOutcome =
  | { readonly kind: "committed" }
  /** A new alert's id exists already. */
  | { readonly kind: "id_taken" }
  /** Another alert holds this claim. */
  | { readonly kind: "claimed"; readonly claim: Claim }
  /** Somebody else wrote first. */
  | { readonly kind: "stale"; readonly current: Alert };

export interface AlertQuery {
  /** 1 to 200. */
  readonly limit: number;
  readonly severity?: Severity;
  readonly category?: Category;
  /** Among the affected services. */
  readonly service?: string;
  readonly status?: Status;
  /** How many of the newest to leave out. */
  readonly offset?: number;
}

/** Every method throws only when the store cannot be reached or refuses; the caller retries or answers 503. */
export interface AlertRepository {
  /** All or nothing, in one transaction; a refusal names the alert that it is about. */
  commit(commit: AlertCommit): Promise<CommitOutcome>;
  get(id: string): Promise<Alert | null>;
  /** Newest first. */
  recent(query: AlertQuery): Promise<readonly Alert[]>;
  /** Those whose id begins with `prefix`, newest first. */
  startingWith(prefix: string, limit: number): Promise<readonly Alert[]>;
  /** Detected in [fromMs, toMs), newest first, at most `limit` after the `offset` newest. */
  between(fromMs: EpochMs, toMs: EpochMs, limit: number, offset?: number): Promise<readonly AlertSummary[]>;
  unresolved(): Promise<readonly Alert[]>;
  claims(nowMs: EpochMs): Promise<readonly Claim[]>;
  /** The audit trail in order. */
  events(id: string): Promise<readonly AlertEvent[]>;
}
