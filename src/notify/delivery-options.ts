import type { Logger } from "pino";
import type { Alert } from "../alert/alert.ts";
import type { Destination } from "../alert/route.ts";
import type { Clock } from "../clock.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../log/time.ts";
import type { BackoffLimits } from "./backoff.ts";
import type { CollectiveBox } from "./collective-box.ts";
import type { Notifier } from "./notifier.ts";
import type { Delivery, Lane, Outbox } from "./outbox.ts";

export interface DeliveryLimits {
  readonly pollMs: number;
  /** Deliveries taken from the outbox at a time. */
  readonly batch: number;
  readonly deadlineMs: number;
  readonly backoff: BackoffLimits;
  /** Older ones are given up: nobody wants last week's alert. */
  readonly maxAgeMs: number;
  /** More new alerts than this in a minute become one storm message; 0: never. */
  readonly stormPerMinute: number;
}

export const DELIVERY_LIMITS: DeliveryLimits = {
  pollMs: SECOND_MS,
  batch: 200,
  deadlineMs: 15 * SECOND_MS,
  backoff: { baseMs: 2 * SECOND_MS, maxMs: 5 * MINUTE_MS },
  maxAgeMs: DAY_MS,
  stormPerMinute: 0,
};

export interface DeliveryObservation {
  readonly notifier: string;
  readonly kind: Delivery["kind"] | "storm" | "digest";
  /** `skipped`: there was nothing to tell, such as an edit that shows what is shown already. */
  readonly result: "delivered" | "retried" | "abandoned" | "skipped";
  /** null where delivered. */
  readonly reason: string | null;
  /** From its commit to now. */
  readonly ageMs: number;
}

export interface DeliveryOptions {
  readonly outbox: Outbox;
  readonly notifier: Notifier;
  /** Default: `notify`. */
  readonly lane?: Lane;
  /** Storms and digests; absent where the notifier tells none. */
  readonly collectives?: CollectiveBox;
  /** Where an alert goes; absent: the notifier's own place. */
  readonly destinationOf?: (alert: Alert) => Destination;
  /** Throws when the store cannot be reached. */
  readonly loadAlert: (id: string) => Promise<Alert | null>;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1. */
  readonly random: () => number;
  readonly observe?: (observation: DeliveryObservation) => void;
  /** An alert that gets no message of its own, because a storm names it or because nobody took it for too long. */
  readonly untold?: (alert: Alert, gate: "storm" | "delivery", reason: string) => void;
  readonly limits?: Partial<DeliveryLimits>;
}
