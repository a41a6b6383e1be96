import type { Logger } from "pino";
import type { Alert } from "../alert/alert.ts";
import { DEFAULT_DESTINATION } from "../alert/route.ts";
import type { Clock } from "../clock.ts";
import { SECOND_MS, MINUTE_MS, DAY_MS } from "../log/time.ts";
import { type BackoffLimits, backoffMs } from "./backoff.ts";
import type { DeliveryOutcome, Notifier } from "./notifier.ts";
import type { Delivery, MessageRef, Outbox } from "./outbox.ts";
import { RecentByAlert } from "./recent-by-alert.ts";
import { underDeadline } from "./deadline.ts";

/** A notifier's word for "this one message cannot be reached any more": no fault of the configuration. */
export const MESSAGE_GONE = "message_gone";

export interface DeliveryLimits {
  readonly pollMs: number;
  /** Deliveries taken from the outbox at a time. */
  readonly batch: number;
  readonly deadlineMs: number;
  readonly backoff: BackoffLimits;
  /** Older ones are given up: nobody wants last week's alert. */
  readonly maxAgeMs: number;
}

export const DELIVERY_LIMITS: DeliveryLimits = {
  pollMs: SECOND_MS,
  batch: 20,
  deadlineMs: 15 * SECOND_MS,
  backoff: { baseMs: 2 * SECOND_MS, maxMs: 5 * MINUTE_MS },
  maxAgeMs: DAY_MS,
};

const REMEMBERED = 1_000;

export interface DeliveryObservation {
  readonly notifier: string;
  readonly kind: Delivery["kind"];
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
  /** Throws when the store cannot be reached. */
  readonly loadAlert: (id: string) => Promise<Alert | null>;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1. */
  readonly random: () => number;
  readonly observe?: (observation: DeliveryObservation) => void;
  readonly limits?: Partial<DeliveryLimits>;
}

type Attempt =
  | DeliveryOutcome
  | { readonly kind: "skipped"; readonly reason: string; readonly ref: MessageRef }
  | { readonly kind: "pointless"; readonly reason: string };

/**
 * Carries the outbox's `notify` lane to one notifier, oldest first, one attempt at a time. It delivers first and
 * records after: what a crash in between repeats is a message twice, never a message lost.
 */
export class DeliveryWorker {
  private readonly options: DeliveryOptions;
  private readonly limits: DeliveryLimits;
  private readonly stopping = new AbortController();
  /** The version that people see. */
  private readonly shown = new RecentByAlert<number>(REMEMBERED);
  private nap = new AbortController();
  private running: Promise<void> | null = null;
  private trouble: string | null = null;
  private storeFailures = 0;
  /** After "slow down" nothing is sent before this time, whichever alert it is for. */
  private quietUntilMs = 0;

  constructor(options: DeliveryOptions) {
    this.options = options;
    this.limits = { ...DELIVERY_LIMITS, ...options.limits };
  }

  start(): void {
    this.running ??= this.run();
  }

  /** There is something new in the outbox. */
  wake(): void {
    this.nap.abort();
  }

  /** Resolves once the attempt in flight is over and recorded. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.nap.abort();
    await this.running;
  }

  /** Why the notifier refuses until the configuration is mended, such as `channel_not_found`; else null. */
  problem(): string | null {
    return this.trouble;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.nap = new AbortController();
      const waitMs = await this.drain();
      // A wake-up must not shorten the wait for a store or a notifier that asked for a pause.
      const signal = waitMs > this.limits.pollMs ? this.stopping.signal : this.nap.signal;
      if (!this.stopped) await this.options.clock.sleep(waitMs, signal);
    }
  }

  /** Delivers until nothing is due; returns how long to wait before looking again. */
  private async drain(): Promise<number> {
    const { outbox, clock, log } = this.options;
    try {
      for (;;) {
        const due = await outbox.due("notify", clock.now(), this.limits.batch);
        this.storeFailures = 0;
        for (const delivery of due) {
          const quietMs = this.quietUntilMs - clock.now();
          if (quietMs > 0) return Math.max(quietMs, this.limits.pollMs);
          if (this.stopped) return 0;
          await this.deliver(delivery);
        }
        if (due.length === 0 || this.stopped) return this.limits.pollMs;
      }
    } catch (error) {
      this.storeFailures++;
      log.warn({ reason: errorName(error), failures: this.storeFailures }, "outbox out of reach");
      return backoffMs(this.storeFailures, this.limits.backoff, this.options.random);
    }
  }

  private async deliver(delivery: Delivery): Promise<void> {
    const { loadAlert, outbox, notifier, clock } = this.options;
    const alert = await loadAlert(delivery.alertId);
    if (alert === null) {
      await outbox.abandon(delivery, "alert_gone", clock.now());
      this.observe(delivery, "abandoned", "alert_gone");
      return;
    }
    const ref = await outbox.ref(alert.id, notifier.name);
    const attempt = await this.attempt(delivery, alert, ref);
    await this.record(delivery, alert, attempt);
  }

  private async attempt(delivery: Delivery, alert: Alert, ref: MessageRef | null): Promise<Attempt> {
    const { notifier } = this.options;
    switch (delivery.kind) {
      case "post":
        // A ref means that it was posted and only the row survived: posting again would say it twice.
        return ref === null
          ? this.call((signal) => notifier.post(alert, DEFAULT_DESTINATION, signal))
          : this.call((signal) => notifier.update(alert, ref, signal));
      case "update":
        if (ref === null) return { kind: "pointless", reason: "not_posted" };
        if (this.shown.get(alert.id) === alert.version)
          return { kind: "skipped", reason: "already_shown", ref };
        return this.call((signal) => notifier.update(alert, ref, signal));
      case "reply": {
        if (ref === null) return { kind: "pointless", reason: "not_posted" };
        const { text, broadcast } = delivery;
        const reply = { key: `r${delivery.id}`, text, broadcast };
        return this.call((signal) => notifier.reply(alert, ref, reply, signal));
      }
      case "analyse":
        return { kind: "pointless", reason: "wrong_lane" };
    }
  }

  private async call(run: (signal: AbortSignal) => Promise<DeliveryOutcome>): Promise<DeliveryOutcome> {
    const { clock, log } = this.options;
    try {
      const outcome = await underDeadline(run, this.limits.deadlineMs, clock);
      if (outcome !== "timeout") return outcome;
      return { kind: "failed", retryable: true, retryAfterMs: null, reason: "timeout" };
    } catch (error) {
      log.error({ reason: errorName(error) }, "a notifier threw");
      return { kind: "failed", retryable: true, retryAfterMs: null, reason: "internal_error" };
    }
  }

  private async record(delivery: Delivery, alert: Alert, attempt: Attempt): Promise<void> {
    const { outbox, notifier, clock } = this.options;
    switch (attempt.kind) {
      case "delivered":
        this.trouble = null;
        if (delivery.kind !== "reply") this.shown.set(alert.id, alert.version);
        await this.insist(() => outbox.delivered(delivery, notifier.name, attempt.ref, clock.now()));
        this.observe(delivery, "delivered", null);
        return;
      case "skipped":
        await outbox.delivered(delivery, notifier.name, attempt.ref, clock.now());
        this.observe(delivery, "skipped", attempt.reason);
        return;
      case "pointless":
        await outbox.abandon(delivery, attempt.reason, clock.now());
        this.observe(delivery, "abandoned", attempt.reason);
        return;
      case "failed":
        await this.fail(delivery, attempt);
    }
  }

  private async fail(
    delivery: Delivery,
    failure: Extract<DeliveryOutcome, { kind: "failed" }>,
  ): Promise<void> {
    const { outbox, clock, random, log } = this.options;
    const { reason, retryAfterMs } = failure;
    const nowMs = clock.now();
    const expired = nowMs - delivery.createdAtMs > this.limits.maxAgeMs;
    const context = { alert: delivery.alertId, kind: delivery.kind, attempts: delivery.attempts + 1, reason };
    // Wrong channel, revoked token and the like wait for whoever mends the configuration.
    const misconfigured = !failure.retryable && reason !== MESSAGE_GONE;
    if (misconfigured) this.trouble = reason;
    if (reason === MESSAGE_GONE || expired) {
      log.error({ ...context, expired }, "delivery given up");
      await this.insist(() => outbox.abandon(delivery, reason, nowMs));
      this.observe(delivery, "abandoned", reason);
      return;
    }
    if (retryAfterMs !== null) this.quietUntilMs = nowMs + retryAfterMs;
    const { backoff } = this.limits;
    const waitMs = misconfigured
      ? backoff.maxMs
      : (retryAfterMs ?? backoffMs(delivery.attempts + 1, backoff, random));
    log.warn({ ...context, waitMs }, "delivery failed, will be tried again");
    await this.insist(() => outbox.retry(delivery, nowMs + waitMs, reason));
    this.observe(delivery, "retried", reason);
  }

  /** What happened outside must be written down, or it would happen again: waits for the store, even long. */
  private async insist(write: () => Promise<void>): Promise<void> {
    const { clock, log, random } = this.options;
    for (let attempt = 1; ; attempt++) {
      try {
        await write();
        return;
      } catch (error) {
        if (this.stopped) throw error;
        log.warn({ reason: errorName(error), attempt }, "outbox out of reach, outcome not yet recorded");
        await clock.sleep(backoffMs(attempt, this.limits.backoff, random), this.stopping.signal);
      }
    }
  }

  private observe(delivery: Delivery, result: DeliveryObservation["result"], reason: string | null): void {
    const { notifier, clock, observe } = this.options;
    const ageMs = clock.now() - delivery.createdAtMs;
    observe?.({ notifier: notifier.name, kind: delivery.kind, result, reason, ageMs });
  }
}

/** Names say enough; messages of databases and clients may quote data. */
function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
