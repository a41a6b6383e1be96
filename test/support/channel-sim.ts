import type { Alert } from "../../src/alert/alert.ts";
import type { Clock } from "../../src/clock.ts";
import type {
  DeliveryOutcome,
  FindOutcome,
  Notifier,
  Storm,
  ThreadReply,
} from "../../src/notify/notifier.ts";
import type { MessageRef } from "../../src/notify/outbox.ts";

interface Said {
  readonly id: string;
  readonly atMs: number;
  readonly names: Set<string>;
  shown: string;
  readonly replies: string[];
}

type Failure = Extract<DeliveryOutcome, { kind: "failed" }>;

const REFUSED: Failure = { kind: "failed", retryable: true, retryAfterMs: null, reason: "network" };
const LOST: Failure = { ...REFUSED, reason: "timeout", unclear: true };

/**
 * A channel as people see it, behind a line with faults: nobody there, calls that hang, 429 until some time, answers
 * that are lost after the message was taken. One message a second is taken, as by Slack.
 */
export class ChannelSim implements Notifier {
  readonly name = "sim";
  readonly said: Said[] = [];
  state: "up" | "down" | "hanging" = "up";
  /** Until then every call is told to wait. */
  limitedUntilMs = 0;
  /** True where this call's answer is lost. */
  loses: () => boolean = () => false;
  /** false: nobody may read the channel's history. */
  searchable = true;
  perSecond = Infinity;
  readonly #clock: Clock;
  #recent: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Every own message of an alert, storms left out. */
  parents(id: string): readonly Said[] {
    return this.said.filter((message) => message.id === id);
  }

  /** Has its own message, or is named in a storm's. */
  knows(id: string): boolean {
    return this.parents(id).length > 0 || this.said.some(({ names }) => names.has(id));
  }

  post(alert: Alert, _to: unknown, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.#call(signal, () => this.#say(alert.id, `${alert.status} ${alert.severity}`));
  }

  update(alert: Alert, ref: MessageRef, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.#call(signal, () => {
      const message = this.#at(ref);
      message.shown = `${alert.status} ${alert.severity}`;
      return ref;
    });
  }

  reply(_alert: Alert, ref: MessageRef, reply: ThreadReply, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.#call(signal, () => {
      this.#at(ref).replies.push(`${reply.key} ${reply.text}`);
      return ref;
    });
  }

  storm(storm: Storm, ref: MessageRef | null, _to: unknown, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.#call(signal, () => {
      const place = ref ?? this.#say(storm.id, "storm");
      for (const { id } of storm.alerts) this.#at(place).names.add(id);
      return place;
    });
  }

  digest(id: string, _digest: unknown, _to: unknown, signal: AbortSignal): Promise<DeliveryOutcome> {
    return this.#call(signal, () => this.#say(id, "digest"));
  }

  async find(id: string): Promise<FindOutcome> {
    const problem = this.#unsearchable();
    if (problem !== null) return problem;
    const index = this.said.findIndex((message) => message.id === id);
    return index === -1 ? { kind: "absent" } : { kind: "found", ref: { index: String(index) } };
  }

  async findReply(ref: MessageRef, key: string): Promise<FindOutcome> {
    const problem = this.#unsearchable();
    if (problem !== null) return problem;
    const there = this.#at(ref).replies.some((text) => text.startsWith(`${key} `));
    return there ? { kind: "found", ref } : { kind: "absent" };
  }

  #unsearchable(): FindOutcome | null {
    if (!this.searchable) return { kind: "unknown", reason: "missing_scope" };
    if (this.state !== "up") return { kind: "unreachable", retryAfterMs: null, reason: "network" };
    const waitMs = this.limitedUntilMs - this.#clock.now();
    return waitMs > 0 ? { kind: "unreachable", retryAfterMs: waitMs, reason: "rate_limited" } : null;
  }

  #at(ref: MessageRef): Said {
    const message = this.said[Number(ref["index"])];
    if (message === undefined) throw new RangeError("no such message");
    return message;
  }

  #say(id: string, shown: string): MessageRef {
    this.said.push({ id, atMs: this.#clock.now(), names: new Set(), shown, replies: [] });
    return { index: String(this.said.length - 1) };
  }

  async #call(signal: AbortSignal, work: () => MessageRef): Promise<DeliveryOutcome> {
    const nowMs = this.#clock.now();
    if (this.state === "down") return REFUSED;
    if (this.state === "hanging") {
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve, { once: true });
      });
      return LOST;
    }
    const limited = this.#limited(nowMs);
    if (limited !== null) return limited;
    const ref = work();
    return this.loses() ? LOST : { kind: "delivered", ref };
  }

  #limited(nowMs: number): Failure | null {
    if (nowMs < this.limitedUntilMs) {
      return { ...REFUSED, retryAfterMs: this.limitedUntilMs - nowMs, reason: "rate_limited" };
    }
    this.#recent = this.#recent.filter((atMs) => atMs > nowMs - 1_000);
    if (this.#recent.length >= this.perSecond)
      return { ...REFUSED, retryAfterMs: 1_000, reason: "rate_limited" };
    this.#recent.push(nowMs);
    return null;
  }
}
