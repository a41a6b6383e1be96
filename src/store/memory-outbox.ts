import type { NewDelivery } from "../alert/repository.ts";
import type { EpochMs } from "../log/time.ts";
import type { Delivery, Lane, MessageRef, Outbox } from "../notify/outbox.ts";
import { laneOf, urgencyOf, type QueuedAlert } from "./alert-commit.ts";
import { storable } from "./storable.ts";

interface Row {
  readonly delivery: Delivery;
  readonly lane: Lane;
  readonly nextAtMs: EpochMs;
}

/** Order of urgency, then of creation. */
function byUrgency(a: Delivery, b: Delivery): number {
  return a.urgency - b.urgency || a.id - b.id;
}

/** The queue in memory: for replay and for tests. Rows leave it when they end. */
export class MemoryOutbox implements Outbox {
  /** By id, so in the order of creation. */
  readonly #pending = new Map<number, Row>();
  readonly #refs = new Map<string, MessageRef>();
  #nextId = 1;

  /** Called by the repository's commit. An update joins one that still waits behind an older row. */
  queue(alert: QueuedAlert, deliveries: readonly NewDelivery[], nowMs: EpochMs): void {
    for (const delivery of deliveries) {
      const lane = laneOf(delivery);
      if (delivery.kind === "update" && this.#updateWaits(alert.id, lane)) continue;
      const id = this.#nextId++;
      const urgency = urgencyOf(delivery, alert.severity);
      const made = { createdAtMs: nowMs, attempts: 0, urgency, sendingSinceMs: null };
      this.#pending.set(id, {
        delivery: { ...delivery, ...made, id, alertId: alert.id },
        lane,
        nextAtMs: nowMs,
      });
    }
  }

  #updateWaits(alertId: string, lane: Lane): boolean {
    return this.#rowsOf(alertId, lane)
      .slice(1)
      .some((row) => row.delivery.kind === "update");
  }

  async due(lane: Lane, nowMs: EpochMs, limit: number): Promise<readonly Delivery[]> {
    const rows = [...this.#pending.values()].filter((row) => row.lane === lane);
    const found = [...Map.groupBy(rows, (row) => row.delivery.alertId).values()].flatMap((ofAlert) => {
      const [head] = ofAlert;
      if (head === undefined || head.nextAtMs > nowMs) return [];
      return [{ ...head.delivery, urgency: Math.min(...ofAlert.map((row) => row.delivery.urgency)) }];
    });
    return found.toSorted(byUrgency).slice(0, limit);
  }

  async sending(delivery: Delivery, nowMs: EpochMs): Promise<void> {
    const row = this.#pending.get(delivery.id);
    if (row === undefined) return;
    const sendingSinceMs = row.delivery.sendingSinceMs ?? nowMs;
    this.#pending.set(delivery.id, { ...row, delivery: { ...row.delivery, sendingSinceMs } });
  }

  async delivered(delivery: Delivery, notifier: string, ref: MessageRef | null): Promise<void> {
    this.#pending.delete(delivery.id);
    if (delivery.kind === "update") {
      for (const { delivery: other } of this.#rowsOf(delivery.alertId, laneOf(delivery))) {
        if (other.kind === "update" && other.id < delivery.id) this.#pending.delete(other.id);
      }
    }
    if (ref !== null) this.#refs.set(JSON.stringify([delivery.alertId, notifier]), storable(ref));
  }

  async retry(delivery: Delivery, nextAtMs: EpochMs, _reason: string, unclear = false): Promise<void> {
    const row = this.#pending.get(delivery.id);
    if (row === undefined) return;
    const attempts = row.delivery.attempts + 1;
    const sendingSinceMs = unclear ? row.delivery.sendingSinceMs : null;
    this.#pending.set(delivery.id, {
      ...row,
      delivery: { ...row.delivery, attempts, sendingSinceMs },
      nextAtMs,
    });
  }

  async abandon(delivery: Delivery): Promise<void> {
    this.#pending.delete(delivery.id);
  }

  async ref(alertId: string, notifier: string): Promise<MessageRef | null> {
    return this.#refs.get(JSON.stringify([alertId, notifier])) ?? null;
  }

  async backlog(lane: Lane): Promise<{ readonly count: number; readonly oldestAtMs: EpochMs | null }> {
    let count = 0;
    let oldestAtMs: EpochMs | null = null;
    for (const row of this.#pending.values()) {
      if (row.lane !== lane) continue;
      count += 1;
      oldestAtMs = Math.min(oldestAtMs ?? Infinity, row.delivery.createdAtMs);
    }
    return { count, oldestAtMs };
  }

  #rowsOf(alertId: string, lane: Lane): readonly Row[] {
    return [...this.#pending.values()].filter((row) => row.delivery.alertId === alertId && row.lane === lane);
  }
}
