import type { Alert } from "../alert/alert.ts";
import type { Destination } from "../alert/route.ts";
import { MINUTE_MS } from "../log/time.ts";
import type { DeliveryOutcome, FindOutcome, Notifier, ReplyPart } from "./notifier.ts";
import type { Delivery, MessageRef } from "./outbox.ts";

/** What became of a delivery: an attempt's outcome, or why none was made. */
export type Attempt =
  | Told
  | { readonly kind: "skipped"; readonly reason: string; readonly ref: MessageRef | null }
  | { readonly kind: "pointless"; readonly reason: string };

/** `found`: an earlier attempt did reach people, and shows what was true then. */
export type Told = DeliveryOutcome | { readonly kind: "found"; readonly ref: MessageRef };

export interface AttemptPorts {
  readonly notifier: Notifier;
  /** Marks that an attempt is about to be made, whose outcome a crash may hide. */
  readonly sending: (delivery: Delivery) => Promise<void>;
  /** One call under a deadline; it never throws. */
  readonly call: (run: (signal: AbortSignal) => Promise<DeliveryOutcome>) => Promise<DeliveryOutcome>;
  readonly search: (run: (signal: AbortSignal) => Promise<FindOutcome>) => Promise<FindOutcome>;
}

/** Another clock wrote the message's time. */
const CLOCK_SKEW_MS = MINUTE_MS;

/**
 * What may have been said already is looked for before it is said again; where nobody can look, it is said again:
 * twice is better than never.
 */
async function once(
  ports: AttemptPorts,
  delivery: Delivery,
  find: (sinceMs: number, signal: AbortSignal) => Promise<FindOutcome>,
  say: (signal: AbortSignal) => Promise<DeliveryOutcome>,
): Promise<Told> {
  if (delivery.sendingSinceMs !== null) {
    const sinceMs = delivery.createdAtMs - CLOCK_SKEW_MS;
    const found = await ports.search((signal) => find(sinceMs, signal));
    if (found.kind === "found") return found;
    if (found.kind === "unreachable") {
      const { retryAfterMs, reason } = found;
      return { kind: "failed", retryable: true, retryAfterMs, reason, unclear: true };
    }
  }
  await ports.sending(delivery);
  return ports.call(say);
}

/** The alert's own message: posted once, or edited where it is there already. */
export function tell(ports: AttemptPorts, delivery: Delivery, alert: Alert, to: Destination): Promise<Told> {
  const { notifier } = ports;
  return once(
    ports,
    delivery,
    (sinceMs, signal) => notifier.find(alert.id, to, sinceMs, signal),
    (signal) => notifier.post(alert, to, signal),
  );
}

/** What stands in the alert's thread, in words or drawn from the alert. */
export type ReplyDelivery = Extract<Delivery, { kind: "reply" | ReplyPart }>;

export function isReply(delivery: Delivery): delivery is ReplyDelivery {
  return delivery.kind === "reply" || delivery.kind === "evidence" || delivery.kind === "analysis";
}

/** A reply in the thread of `ref`, once. */
export function reply(
  ports: AttemptPorts,
  delivery: ReplyDelivery,
  alert: Alert,
  ref: MessageRef,
): Promise<Told> {
  const { notifier } = ports;
  const key = `r${delivery.id}`;
  const said =
    delivery.kind === "reply"
      ? { key, text: delivery.text, broadcast: delivery.broadcast }
      : { key, text: "", broadcast: false, part: delivery.kind };
  return once(
    ports,
    delivery,
    (sinceMs, signal) => notifier.findReply(ref, key, sinceMs, signal),
    (signal) => notifier.reply(alert, ref, said, signal),
  );
}
