import type { NewDelivery } from "../alert/repository.ts";
import type { EpochMs } from "../log/time.ts";

export type Delivery = NewDelivery & {
  readonly id: number;
  readonly alertId: string;
  readonly createdAtMs: EpochMs;
  /** Failed attempts so far. */
  readonly attempts: number;
};

/** Telling people and asking the analyst wait for different things, so they queue apart. */
export type Lane = "notify" | "analyse";

/** Where a notifier put an alert; opaque to all but that notifier. */
export type MessageRef = Readonly<Record<string, string>>;

/** Rows written by the alert repository's `commit`. Throws only when the store cannot be reached. */
export interface Outbox {
  /** Deliveries whose time has come, oldest first, only the first of each alert in its lane. */
  due(lane: Lane, nowMs: EpochMs, limit: number): Promise<readonly Delivery[]>;
  /** Marks as delivered; `ref` is kept with the same stroke. Also ends older and equal `update`s of the alert
   * up to this id, since an update always shows the newest state. */
  delivered(delivery: Delivery, notifier: string, ref: MessageRef | null, nowMs: EpochMs): Promise<void>;
  retry(delivery: Delivery, nextAtMs: EpochMs, reason: string): Promise<void>;
  /** Gives up for good; the row and its reason stay. */
  abandon(delivery: Delivery, reason: string, nowMs: EpochMs): Promise<void>;
  ref(alertId: string, notifier: string): Promise<MessageRef | null>;
  /** Undelivered rows and the age of the oldest, for health and metrics. */
  backlog(lane: Lane): Promise<{ readonly count: number; readonly oldestAtMs: EpochMs | null }>;
}
