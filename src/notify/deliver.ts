import type { Alert } from "../alert/alert.ts";
import { DEFAULT_DESTINATION, type Destination } from "../alert/route.ts";
import { isReply, reply, tell, type Attempt, type AttemptPorts } from "./attempt.ts";
import { backoffMs } from "./backoff.ts";
import { Calls, errorName } from "./calls.ts";
import { Collectives } from "./collectives.ts";
import {
  DELIVERY_LIMITS,
  type DeliveryLimits,
  type DeliveryObservation,
  type DeliveryOptions,
} from "./delivery-options.ts";
import type { DeliveryOutcome } from "./notifier.ts";
import type { Delivery, Lane, MessageRef } from "./outbox.ts";
import { Pacing } from "./pacing.ts";
import { RecentByAlert } from "./recent-by-alert.ts";
import { StormWatch } from "./storm-watch.ts";
import { words } from "./wording.ts";

export type { DeliveryObservation, DeliveryOptions } from "./delivery-options.ts";

/** A notifier's word for "this one message cannot be reached any more": no fault of the configuration. */
export const MESSAGE_GONE = "message_gone";

const REMEMBERED = 1_000;

type Failure = Extract<DeliveryOutcome, { kind: "failed" }>;

/** What a failure was about, for its record. */
interface Failed {
  readonly kind: DeliveryObservation["kind"];
  readonly createdAtMs: number;
  readonly attempts: number;
  readonly channel: string | null;
  readonly about: string;
  readonly retry: (nextAtMs: number, failure: Failure) => Promise<void>;
  readonly abandon: (reason: string, nowMs: number) => Promise<void>;
}

/**
 * Carries one lane of the outbox to one notifier, the most urgent first, one attempt at a time. An attempt is marked
 * before it is made and recorded after; where its outcome is unclear it is looked for before it is made again.
 */
export class DeliveryWorker {
  private readonly options: DeliveryOptions;
  private readonly limits: DeliveryLimits;
  private readonly lane: Lane;
  private readonly stopping = new AbortController();
  /** The version that people see. */
  private readonly shown = new RecentByAlert<number>(REMEMBERED);
  private readonly pacing: Pacing;
  private readonly ports: AttemptPorts;
  private readonly told: Collectives | null;
  private readonly storms: StormWatch | null;
  private nap = new AbortController();
  private running: Promise<void> | null = null;
  /** By channel, why it refuses until the configuration is mended. */
  private readonly troubles = new Map<string | null, string>();
  private storeFailures = 0;
  /** Something new came since the outbox was read. */
  private woken = false;

  constructor(options: DeliveryOptions) {
    this.options = options;
    this.limits = { ...DELIVERY_LIMITS, ...options.limits };
    this.lane = options.lane ?? "notify";
    this.pacing = new Pacing(options.random);
    const { outbox, notifier, clock, collectives: box, loadAlert } = options;
    const { deadlineMs } = this.limits;
    const calls = new Calls({ clock, log: options.log, pacing: this.pacing, deadlineMs });
    const call = calls.say.bind(calls);
    const search = calls.search.bind(calls);
    this.ports = { notifier, call, search, sending: (delivery) => outbox.sending(delivery, clock.now()) };
    this.told = box === undefined ? null : new Collectives({ box, notifier, loadAlert, clock, call, search });
    this.storms = box === undefined ? null : new StormWatch(box, this.limits.stormPerMinute, options.untold);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** There is something new in the outbox. */
  wake(): void {
    this.woken = true;
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
    const [first] = this.troubles;
    if (first === undefined) return null;
    const [channel, reason] = first;
    return channel === null ? reason : `${reason} (${channel})`;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.nap = new AbortController();
      const waitMs = await this.drain();
      // A wake-up must not shorten the wait for a store or a notifier that asked for a pause.
      const impatient = this.pacing.waitMs(this.options.clock.now()) === 0 && this.storeFailures === 0;
      if (impatient && this.woken) continue;
      const signal = impatient ? this.nap.signal : this.stopping.signal;
      if (!this.stopped) await this.options.clock.sleep(waitMs, signal);
    }
  }

  /** Delivers until nothing is due; returns how long to wait before looking again. */
  private async drain(): Promise<number> {
    const { outbox, clock, log } = this.options;
    try {
      for (;;) {
        this.woken = false;
        const due = await outbox.due(this.lane, clock.now(), this.limits.batch);
        this.storeFailures = 0;
        const left = await this.weather(due);
        const urgent = left.filter(({ urgency }) => urgency === 0);
        const rest = left.filter(({ urgency }) => urgency > 0);
        let made = due.length - left.length + (await this.deliverAll(this.rotated(urgent)));
        made += await this.deliverCollectives();
        made += await this.deliverAll(rest);
        const waitMs = this.pacing.waitMs(clock.now());
        if (waitMs > 0) return waitMs;
        if (made === 0 || this.stopped) return this.limits.pollMs;
      }
    } catch (error) {
      this.storeFailures++;
      log.warn({ reason: errorName(error), failures: this.storeFailures }, "outbox out of reach");
      return backoffMs(this.storeFailures, this.limits.backoff, this.options.random);
    }
  }

  /** While nobody answers, the one that failed last does not stand before all others every time. */
  private rotated(due: readonly Delivery[]): readonly Delivery[] {
    return this.pacing.failures % 2 === 1 && due.length > 1 ? [...due.slice(1), ...due.slice(0, 1)] : due;
  }

  private get blocked(): boolean {
    return this.stopped || this.pacing.waitMs(this.options.clock.now()) > 0;
  }

  /** Stops where something new may be more urgent; returns how many were looked at. */
  private async deliverAll(due: readonly Delivery[]): Promise<number> {
    let made = 0;
    for (const delivery of due) {
      if (this.blocked || (made > 0 && this.woken)) break;
      await this.deliver(delivery);
      made += 1;
    }
    return made;
  }

  /** Too many new alerts become a storm; what is left is told one by one. */
  private async weather(due: readonly Delivery[]): Promise<readonly Delivery[]> {
    const { storms, options } = this;
    if (storms === null || this.blocked) return due;
    const { destinationOf = toDefault, loadAlert, clock } = options;
    return storms.gather(due, { destinationOf, loadAlert, nowMs: clock.now() });
  }

  private async deliverCollectives(): Promise<number> {
    const { collectives: box, clock } = this.options;
    if (box === undefined || this.told === null || this.blocked) return 0;
    const due = await box.due(clock.now(), this.limits.batch);
    let made = 0;
    for (const collective of due) {
      if (this.blocked) break;
      const { id, kind, createdAtMs, attempts, to } = collective;
      const outcome = await this.told.attempt(collective);
      made += 1;
      if (outcome.kind === "delivered") {
        this.pacing.answered();
        this.troubles.delete(to.channel);
        const { told } = this;
        await this.insist(() => told.record(collective, outcome));
        this.observe(kind, createdAtMs, "delivered", null);
        continue;
      }
      await this.fail(outcome, {
        kind,
        createdAtMs,
        attempts,
        channel: to.channel,
        about: id,
        retry: (nextAtMs, { reason, unclear }) => box.retry(id, nextAtMs, reason, unclear === true),
        abandon: (reason) => box.abandon(id, reason),
      });
    }
    return made;
  }

  private async deliver(delivery: Delivery): Promise<void> {
    const { loadAlert, outbox, notifier, clock, destinationOf = toDefault } = this.options;
    const alert = await loadAlert(delivery.alertId);
    if (alert === null) {
      await outbox.abandon(delivery, "alert_gone", clock.now());
      this.observe(delivery.kind, delivery.createdAtMs, "abandoned", "alert_gone");
      return;
    }
    const to = destinationOf(alert);
    const ref = await outbox.ref(alert.id, notifier.name);
    const attempt = await this.attempt(delivery, alert, ref, to);
    await this.record(delivery, alert, to, attempt);
  }

  private async attempt(
    delivery: Delivery,
    alert: Alert,
    ref: MessageRef | null,
    to: Destination,
  ): Promise<Attempt> {
    const { notifier } = this.options;
    if (delivery.kind === "analyse") return { kind: "pointless", reason: "wrong_lane" };
    if (ref === null) return this.attemptUnposted(delivery, alert, to);
    if (isReply(delivery)) return reply(this.ports, delivery, alert, ref);
    // Where a post has a place already, only the row has survived: posting again would say it twice.
    if (delivery.kind === "update" && this.shown.get(alert.id) === alert.version)
      return { kind: "skipped", reason: "already_shown", ref };
    return this.ports.call((signal) => notifier.update(alert, ref, signal));
  }

  /** What a storm names changes there; once it is critical it gets a message of its own. */
  private async attemptUnposted(delivery: Delivery, alert: Alert, to: Destination): Promise<Attempt> {
    if (delivery.kind === "post" || this.lane !== "notify") return tell(this.ports, delivery, alert, to);
    const { collectives: box } = this.options;
    const storm = box === undefined ? null : await box.stormOf(alert.id);
    if (storm === null) return { kind: "pointless", reason: "not_posted" };
    if (delivery.kind === "evidence" || delivery.kind === "analysis")
      return { kind: "skipped", reason: "in_storm", ref: null };
    if (alert.severity === "critical") return tell(this.ports, delivery, alert, to);
    await box?.touch(storm);
    return { kind: "skipped", reason: "in_storm", ref: null };
  }

  private async record(delivery: Delivery, alert: Alert, to: Destination, attempt: Attempt): Promise<void> {
    const { outbox, notifier, clock } = this.options;
    const { kind, createdAtMs } = delivery;
    switch (attempt.kind) {
      case "found":
      case "delivered":
        this.pacing.answered();
        this.troubles.delete(to.channel);
        if (!isReply(delivery) && attempt.kind === "delivered") this.shown.set(alert.id, alert.version);
        if (kind === "post") this.storms?.told(clock.now());
        await this.insist(() => outbox.delivered(delivery, notifier.name, attempt.ref, clock.now()));
        this.observe(kind, createdAtMs, "delivered", null);
        return;
      case "skipped":
        await outbox.delivered(delivery, notifier.name, attempt.ref, clock.now());
        this.observe(kind, createdAtMs, "skipped", attempt.reason);
        return;
      case "pointless":
        await outbox.abandon(delivery, attempt.reason, clock.now());
        this.observe(kind, createdAtMs, "abandoned", attempt.reason);
        return;
      case "failed":
        await this.fail(attempt, {
          kind,
          createdAtMs,
          attempts: delivery.attempts,
          channel: to.channel,
          about: delivery.alertId,
          retry: (nextAtMs, { reason, unclear }) =>
            outbox.retry(delivery, nextAtMs, reason, unclear === true),
          abandon: async (reason, nowMs) => {
            await outbox.abandon(delivery, reason, nowMs);
            if (kind === "post") this.options.untold?.(alert, "delivery", `given up: ${words(reason)}`);
          },
        });
    }
  }

  private async fail(failure: Failure, failed: Failed): Promise<void> {
    const { clock, log } = this.options;
    const { reason } = failure;
    const { kind, createdAtMs, attempts, about } = failed;
    const nowMs = clock.now();
    const expired = nowMs - createdAtMs > this.limits.maxAgeMs;
    const context = { about, kind, attempts: attempts + 1, reason };
    if (reason === MESSAGE_GONE || expired) {
      log.error({ ...context, expired }, "delivery given up");
      await this.insist(() => failed.abandon(reason, nowMs));
      this.observe(kind, createdAtMs, "abandoned", reason);
      return;
    }
    const nextAtMs = this.nextAttempt(failure, failed, nowMs);
    log.warn({ ...context, waitMs: nextAtMs - nowMs }, "delivery failed, will be tried again");
    await this.insist(() => failed.retry(nextAtMs, failure));
    this.observe(kind, createdAtMs, "retried", reason);
  }

  private nextAttempt({ retryable, retryAfterMs, reason }: Failure, failed: Failed, nowMs: number): number {
    // Wrong channel, revoked token and the like wait for whoever mends the configuration, and hold up nobody else.
    if (!retryable) {
      this.troubles.set(failed.channel, reason);
      return nowMs + this.limits.backoff.maxMs;
    }
    if (retryAfterMs === null) return this.pacing.failed(nowMs);
    this.pacing.slowDown(nowMs, retryAfterMs);
    return nowMs + retryAfterMs;
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

  private observe(
    kind: DeliveryObservation["kind"],
    createdAtMs: number,
    result: DeliveryObservation["result"],
    reason: string | null,
  ): void {
    const { notifier, clock, observe } = this.options;
    observe?.({ notifier: notifier.name, kind, result, reason, ageMs: clock.now() - createdAtMs });
  }
}

function toDefault(): Destination {
  return DEFAULT_DESTINATION;
}
