import type { Alert } from "../../src/alert/alert.ts";
import type { NewDelivery } from "../../src/alert/repository.ts";
import type { Destination } from "../../src/alert/route.ts";
import type {
  DeliveryOutcome,
  FindOutcome,
  Notifier,
  Storm,
  ThreadReply,
} from "../../src/notify/notifier.ts";
import { urgencyOf } from "../../src/store/alert-commit.ts";
import type { Delivery, Lane, MessageRef, Outbox } from "../../src/notify/outbox.ts";

interface Row {
  readonly delivery: Delivery;
  nextAtMs: number;
  attempts: number;
  state: "due" | "delivered" | "abandoned";
  reason: string | null;
}

/** The outbox's rules in memory; `broken` makes every call throw as a store out of reach does. */
export class MemoryOutbox implements Outbox {
  readonly rows: Row[] = [];
  readonly refs = new Map<string, MessageRef>();
  broken = false;

  add(alertId: string, delivery: NewDelivery, createdAtMs: number): void {
    const made = { createdAtMs, attempts: 0, urgency: urgencyOf(delivery, "high"), sendingSinceMs: null };
    const row = { ...delivery, ...made, id: this.rows.length + 1, alertId };
    this.rows.push({ delivery: row, nextAtMs: createdAtMs, attempts: 0, state: "due", reason: null });
  }

  states(): readonly string[] {
    return this.rows.map(
      (row) => `${row.delivery.kind} ${row.state}${row.reason === null ? "" : ` ${row.reason}`}`,
    );
  }

  async due(lane: Lane, nowMs: number, limit: number): Promise<readonly Delivery[]> {
    this.reach();
    const alerts = new Set<string>();
    const due: Delivery[] = [];
    for (const row of this.rows) {
      if (row.state !== "due" || laneOf(row.delivery) !== lane || alerts.has(row.delivery.alertId)) continue;
      alerts.add(row.delivery.alertId);
      if (row.nextAtMs <= nowMs && due.length < limit) due.push({ ...row.delivery, attempts: row.attempts });
    }
    return due;
  }

  async delivered(delivery: Delivery, notifier: string, ref: MessageRef | null): Promise<void> {
    this.end(delivery, "delivered", null);
    if (ref !== null) this.refs.set(`${delivery.alertId} ${notifier}`, ref);
  }

  async sending(): Promise<void> {
    this.reach();
  }

  async retry(delivery: Delivery, nextAtMs: number, reason: string): Promise<void> {
    this.reach();
    const row = this.row(delivery);
    row.nextAtMs = nextAtMs;
    row.attempts++;
    row.reason = reason;
  }

  async abandon(delivery: Delivery, reason: string): Promise<void> {
    this.end(delivery, "abandoned", reason);
  }

  async ref(alertId: string, notifier: string): Promise<MessageRef | null> {
    this.reach();
    return this.refs.get(`${alertId} ${notifier}`) ?? null;
  }

  async backlog(): Promise<{ count: number; oldestAtMs: number | null }> {
    const left = this.rows.filter((row) => row.state === "due");
    return { count: left.length, oldestAtMs: left[0]?.delivery.createdAtMs ?? null };
  }

  private end(delivery: Delivery, state: Row["state"], reason: string | null): void {
    this.reach();
    const row = this.row(delivery);
    row.state = state;
    row.reason = reason;
  }

  private row(delivery: Delivery): Row {
    const row = this.rows[delivery.id - 1];
    if (row === undefined) throw new RangeError(`no row ${delivery.id}`);
    return row;
  }

  private reach(): void {
    if (this.broken) throw new Error("store out of reach");
  }
}

function laneOf(delivery: Delivery): Lane {
  return delivery.kind === "analyse" ? "analyse" : "notify";
}

export interface Told {
  readonly what: "post" | "update" | "reply";
  readonly alert: Alert;
  readonly ref: MessageRef | null;
  readonly text?: string;
  readonly broadcast?: boolean;
}

/** Says what it is told to say, in order, then "delivered"; keeps what it was asked. */
export class FakeNotifier implements Notifier {
  readonly name = "fake";
  readonly told: Told[] = [];
  readonly outcomes: (DeliveryOutcome | Error | "hang")[] = [];

  /** Where posts went. */
  readonly destinations: Destination[] = [];
  /** What is there by id and by key, as a search of the channel finds it; null: searching is not allowed. */
  posted: Map<string, MessageRef> | null = null;
  readonly storms: Storm[] = [];
  readonly digests: string[] = [];

  post(alert: Alert, to: Destination): Promise<DeliveryOutcome> {
    this.destinations.push(to);
    return this.next({ what: "post", alert, ref: null }, { ts: `${this.told.length + 1}` });
  }

  update(alert: Alert, ref: MessageRef): Promise<DeliveryOutcome> {
    return this.next({ what: "update", alert, ref }, ref);
  }

  reply(alert: Alert, ref: MessageRef, { text, broadcast }: ThreadReply): Promise<DeliveryOutcome> {
    return this.next({ what: "reply", alert, ref, text, broadcast }, ref);
  }

  async storm(storm: Storm, ref: MessageRef | null): Promise<DeliveryOutcome> {
    this.storms.push(storm);
    return (this.outcomes.shift() as DeliveryOutcome) ?? { kind: "delivered", ref: ref ?? { ts: storm.id } };
  }

  async digest(id: string): Promise<DeliveryOutcome> {
    this.digests.push(id);
    return { kind: "delivered", ref: { ts: id } };
  }

  async find(id: string): Promise<FindOutcome> {
    if (this.posted === null) return { kind: "unknown", reason: "missing_scope" };
    const ref = this.posted.get(id);
    return ref === undefined ? { kind: "absent" } : { kind: "found", ref };
  }

  findReply(_ref: MessageRef, key: string): Promise<FindOutcome> {
    return this.find(key);
  }

  private async next(told: Told, ref: MessageRef): Promise<DeliveryOutcome> {
    this.told.push(told);
    const outcome = this.outcomes.shift();
    if (outcome === "hang") return new Promise(() => undefined);
    if (outcome instanceof Error) throw outcome;
    return outcome ?? { kind: "delivered", ref };
  }
}
