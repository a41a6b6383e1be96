import type { Alert } from "../alert/alert.ts";
import type { Digest } from "../alert/digest.ts";
import type { Destination } from "../alert/route.ts";
import type { EpochMs } from "../log/time.ts";
import type { MessageRef } from "./outbox.ts";

export type DeliveryOutcome =
  | { readonly kind: "delivered"; readonly ref: MessageRef | null }
  | {
      readonly kind: "failed";
      /** Would the same call succeed by itself later? false: wrong channel, revoked token and the like. */
      readonly retryable: boolean;
      readonly retryAfterMs: number | null;
      /** A word of a closed set for logs, metrics and `/readyz`; never holds a secret or log text. */
      readonly reason: string;
      /** It may have happened all the same, as after a timeout: looked for before it is said again. */
      readonly unclear?: boolean;
    };

/** Did an earlier attempt reach people? `unknown`: nobody can say, such as without the right to read. */
export type FindOutcome =
  | { readonly kind: "found"; readonly ref: MessageRef }
  | { readonly kind: "absent" }
  | { readonly kind: "unknown"; readonly reason: string }
  /** Not to be asked at the moment: neither found nor said again until it is. */
  | { readonly kind: "unreachable"; readonly retryAfterMs: number | null; readonly reason: string };

/** Parts of the alert that have a reply of their own, drawn by the notifier from the alert as it stands. */
export type ReplyPart = "evidence" | "analysis";

/** One reply in an alert's thread. */
export interface ThreadReply {
  /** The same for every attempt, so that an attempt whose outcome is unclear can be found again. */
  readonly key: string;
  readonly text: string;
  /** Also tells the channel. */
  readonly broadcast: boolean;
  /** Drawn from the alert itself; `text` is empty then, and who has shown it already says nothing. */
  readonly part?: ReplyPart;
}

/** One alert as a storm names it. */
export type StormAlert = Pick<
  Alert,
  "id" | "severity" | "category" | "status" | "environment" | "description" | "affectedServices"
>;

/** Many new alerts in one message, which is edited as they change. */
export interface Storm {
  /** `storm_20240115_103045`; carried in text and block id as an alert's id is. */
  readonly id: string;
  readonly startedAtMs: EpochMs;
  /** Never more than `MAX_STORM_ALERTS`, so that all of them can be named; a larger storm has several messages. */
  readonly alerts: readonly StormAlert[];
}

export const MAX_STORM_ALERTS = 50;

/** Tells people. One attempt per call, with a deadline of its own; never throws. */
export interface Notifier {
  readonly name: string;
  post(alert: Alert, to: Destination, signal: AbortSignal): Promise<DeliveryOutcome>;
  update(alert: Alert, ref: MessageRef, signal: AbortSignal): Promise<DeliveryOutcome>;
  reply(alert: Alert, ref: MessageRef, reply: ThreadReply, signal: AbortSignal): Promise<DeliveryOutcome>;
  /** Posts the storm's message where `ref` is null, else edits it. */
  storm(storm: Storm, ref: MessageRef | null, to: Destination, signal: AbortSignal): Promise<DeliveryOutcome>;
  /** `id` is carried as an alert's is: `digest_20240115`. */
  digest(id: string, digest: Digest, to: Destination, signal: AbortSignal): Promise<DeliveryOutcome>;
  /** Looks for the message of an alert, a storm or a digest by its id, posted at `sinceMs` or later. */
  find(id: string, to: Destination, sinceMs: EpochMs, signal: AbortSignal): Promise<FindOutcome>;
  /** Looks for a reply by its key in the thread of `ref`. */
  findReply(ref: MessageRef, key: string, sinceMs: EpochMs, signal: AbortSignal): Promise<FindOutcome>;
}
