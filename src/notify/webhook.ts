import { createHmac } from "node:crypto";
import type { Alert } from "../alert/alert.ts";
import { alertView } from "../alert/view.ts";
import type { Clock } from "../clock.ts";
import { formatTime, SECOND_MS } from "../log/time.ts";
import type { DeliveryOutcome, FindOutcome, Notifier } from "./notifier.ts";
import type { MessageRef } from "./outbox.ts";

export interface WebhookOptions {
  readonly name: string;
  readonly url: string;
  readonly secret: string;
  readonly clock: Clock;
}

/** A receiver checks it over `timestamp.body`, and refuses an old timestamp. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `v1=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
}

const MAX_RETRY_AFTER_S = 3_600;

function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, MAX_RETRY_AFTER_S) * SECOND_MS : null;
}

/** What an answer means: an address that refuses for good waits for whoever mends the configuration. */
function outcomeOf(response: Response, ref: MessageRef): DeliveryOutcome {
  const { status } = response;
  if (status >= 200 && status < 300) return { kind: "delivered", ref };
  const retryable = status >= 500 || status === 408 || status === 425 || status === 429;
  return { kind: "failed", retryable, retryAfterMs: retryAfterMs(response), reason: `http_${status}` };
}

/**
 * Sends each state of an alert as signed JSON. `Tocsin-Delivery` is the same for every attempt at one state, so that
 * a receiver can leave out what it has seen.
 */
export class WebhookNotifier implements Notifier {
  readonly name: string;
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.name = `webhook:${options.name}`;
    this.#options = options;
  }

  post(alert: Alert, _to: unknown, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.#send("opened", alert, signal);
  }

  update(alert: Alert, _ref: MessageRef, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.#send(alert.status === "resolved" ? "resolved" : "changed", alert, signal);
  }

  async reply(_alert: Alert, ref: MessageRef): Promise<DeliveryOutcome> {
    return { kind: "delivered", ref };
  }

  async storm(_storm: unknown, ref: MessageRef | null): Promise<DeliveryOutcome> {
    return { kind: "delivered", ref };
  }

  async digest(): Promise<DeliveryOutcome> {
    return { kind: "delivered", ref: null };
  }

  /** The receiver leaves out what it has seen. */
  async find(): Promise<FindOutcome> {
    return { kind: "absent" };
  }

  async findReply(): Promise<FindOutcome> {
    return { kind: "absent" };
  }

  async #send(event: string, alert: Alert, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { url, secret, clock } = this.#options;
    const sentAtMs = clock.now();
    const body = JSON.stringify({ event, sent_at: formatTime(sentAtMs), alert: alertView(alert) });
    const timestamp = String(Math.floor(sentAtMs / SECOND_MS));
    try {
      const response = await fetch(url, {
        method: "POST",
        redirect: "manual",
        headers: {
          "Content-Type": "application/json",
          "Tocsin-Timestamp": timestamp,
          "Tocsin-Signature": signatureOf(secret, timestamp, body),
          "Tocsin-Delivery": `${alert.id}.${alert.version}`,
        },
        body,
        signal,
      });
      await response.body?.cancel();
      return outcomeOf(response, { alert: alert.id });
    } catch (error) {
      const timeout = error instanceof Error && /^(TimeoutError|AbortError)$/.test(error.name);
      const reason = timeout ? "timeout" : "network";
      return { kind: "failed", retryable: true, retryAfterMs: null, reason, unclear: true };
    }
  }
}
