import type { Alert } from "../alert/alert.ts";
import type { Clock } from "../clock.ts";
import { MINUTE_MS, SECOND_MS } from "../log/time.ts";
import type { Collective, CollectiveBox } from "./collective-box.ts";
import type { DeliveryOutcome, FindOutcome, Notifier } from "./notifier.ts";

export interface CollectiveOptions {
  readonly box: CollectiveBox;
  readonly notifier: Notifier;
  readonly loadAlert: (id: string) => Promise<Alert | null>;
  readonly clock: Clock;
  readonly call: (run: (signal: AbortSignal) => Promise<DeliveryOutcome>) => Promise<DeliveryOutcome>;
  readonly search: (run: (signal: AbortSignal) => Promise<FindOutcome>) => Promise<FindOutcome>;
}

/** A storm's message is edited at most this often. */
const EDIT_EVERY_MS = 3 * SECOND_MS;
const CLOCK_SKEW_MS = MINUTE_MS;

/** Tells storms and digests: posts each once, then edits it. */
export class Collectives {
  readonly #options: CollectiveOptions;

  constructor(options: CollectiveOptions) {
    this.#options = options;
  }

  /** One attempt; the caller records a failure. */
  async attempt(collective: Collective): Promise<DeliveryOutcome> {
    const { box, notifier, search, call, clock } = this.#options;
    const { id, to, ref, sendingSinceMs, createdAtMs } = collective;
    if (ref === null && sendingSinceMs !== null) {
      const found = await search((signal) => notifier.find(id, to, createdAtMs - CLOCK_SKEW_MS, signal));
      if (found.kind === "unreachable") {
        const { retryAfterMs, reason } = found;
        return { kind: "failed", retryable: true, retryAfterMs, reason, unclear: true };
      }
      // A storm may have grown since it was posted: the place is known now, the rest is an edit.
      if (found.kind === "found") return this.#attemptAt({ ...collective, ref: found.ref });
    }
    if (ref === null) await box.sending(id, clock.now());
    return this.#attemptAt(collective, call);
  }

  /** What is shown; storms may be edited again after a pause. */
  async record(
    collective: Collective,
    outcome: Extract<DeliveryOutcome, { kind: "delivered" }>,
  ): Promise<void> {
    const { box, clock } = this.#options;
    await box.shown(collective.id, collective.version, outcome.ref, clock.now() + EDIT_EVERY_MS);
  }

  async #attemptAt(collective: Collective, call = this.#options.call): Promise<DeliveryOutcome> {
    const { notifier } = this.#options;
    const { id, to, ref, digest, createdAtMs } = collective;
    if (digest !== null) {
      if (ref !== null) return { kind: "delivered", ref };
      return call((signal) => notifier.digest(id, digest, to, signal));
    }
    const alerts = await this.#alertsOf(collective);
    return call((signal) => notifier.storm({ id, startedAtMs: createdAtMs, alerts }, ref, to, signal));
  }

  async #alertsOf({ alertIds }: Collective): Promise<readonly Alert[]> {
    const found: Alert[] = [];
    for (const alertId of alertIds) {
      const alert = await this.#options.loadAlert(alertId);
      if (alert !== null) found.push(alert);
    }
    return found;
  }
}
