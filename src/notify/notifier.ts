import type { Alert } from "../alert/alert.ts";
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
    };

/** Tells people. One attempt per call, with a deadline of its own; never throws. */
export interface Notifier {
  readonly name: string;
  post(alert: Alert, signal: AbortSignal): Promise<DeliveryOutcome>;
  update(alert: Alert, ref: MessageRef, signal: AbortSignal): Promise<DeliveryOutcome>;
  reply(
    alert: Alert,
    ref: MessageRef,
    text: string,
    broadcast: boolean,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome>;
}
