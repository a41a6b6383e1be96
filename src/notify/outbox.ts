import type { NewDelivery } from "../alert/repository.ts";
import type { EpochMs } from "../log/time.ts";

export type Delivery = NewDelivery & {
  readonly id: number;
  readonly alertId: string;
  readonly createdAtMs: EpochMs;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** The most urgent that waits for this alert: 0 a critical alert, 1 a new one or one that pings, 2 the rest. */
  readonly urgency: number;
  /** Since when an attempt may have reached people without our knowing; null where none can have. */
  readonly sendingSinceMs: EpochMs | null;
};

/** Telling people, asking the analyst and each webhook wait for different things, so they queue apart. */
export type Lane = "notify" | "analyse" | `hook:${string}`;

/** Where a notifier put an alert; opaque to all but that notifier. */
export type MessageRef = Readonly<Record<string, string>>;

/** Rows written by the alert repository's `commit`. Throws only when the store cannot be reached. */
export interface Outbox {
  /** Deliveries whose time has come, only the first of each alert in its lane: the most urgent alert first, then
   * the oldest. */
  due(lane: Lane, nowMs: EpochMs, limit: number): Promise<readonly Delivery[]>;
  /** Marks as delivered; `ref` is kept with the same stroke. Also ends older and equal `update`s of the alert
   * up to this id, since an update always shows the newest state. */
  delivered(delivery: Delivery, notifier: string, ref: MessageRef | null, nowMs: EpochMs): Promise<void>;
  /** An attempt is about to be made, whose outcome a crash may hide. */
  sending(delivery: Delivery, nowMs: EpochMs): Promise<void>;
  /** `unclear`: the attempt may have reached people all the same. */
  retry(delivery: Delivery, nextAtMs: EpochMs, reason: string, unclear?: boolean): Promise<void>;
  /** Gives up for good; the row and its reason stay. */
  abandon(delivery: Delivery, reason: string, nowMs: EpochMs): Promise<void>;
  ref(alertId: string, notifier: string): Promise<MessageRef | null>;
  /** Undelivered rows and the age of the oldest, for health and metrics. */
  backlog(lane: Lane): Promise<{ readonly count: number; readonly oldestAtMs: EpochMs | null }>;
}
