import type { NewDelivery } from "../alert/repository.ts";
import type { EpochMs } from "../log/time.ts";
import type { Delivery, Lane, MessageRef, Outbox } from "../notify/outbox.ts";
import { laneOf } from "./alert-commit.ts";
import { storable } from "./storable.ts";

interface Row {
  readonly delivery: Delivery;
  readonly lane: Lane;
  readonly nextAtMs: EpochMs;
}

/** The queue in memory: for replay and for tests. Rows leave it when they end. */
export class MemoryOutbox implements Outbox {
  /** By id, so in the order of creation. */
  readonly #pending = new Map<number, Row>();
  readonly #refs = new Map<string, MessageRef>();
  #nextId = 1;

  /** Called by the repository's commit. An update joins one that still waits behind an older row. */
  queue(alertId: string, deliveries: readonly NewDelivery[], nowMs: EpochMs): void {
    const joins = this.#rowsOf(alertId, "notify")
      .slice(1)
      .some((row) => row.delivery.kind === "update");
    for (const delivery of deliveries) {
      if (joins && delivery.kind === "update") continue;
      const id = this.#nextId++;
      const full = { ...delivery, id, alertId, createdAtMs: nowMs, attempts: 0 };
      this.#pending.set(id, { delivery: full, lane: laneOf(delivery), nextAtMs: nowMs });
    }
  }

  async due(lane: Lane, nowMs: EpochMs, limit: number): Promise<readonly Delivery[]> {
    const seen = new Set<string>();
    const found: Delivery[] = [];
    for (const row of this.#pending.values()) {
      if (row.lane !== lane || seen.has(row.delivery.alertId)) continue;
      seen.add(row.delivery.alertId);
      if (row.nextAtMs <= nowMs && found.length < limit) found.push(row.delivery);
    }
    return found;
  }

  async delivered(delivery: Delivery, notifier: string, ref: MessageRef | null): Promise<void> {
    this.#pending.delete(delivery.id);
    if (delivery.kind === "update") {
      for (const { delivery: other } of this.#rowsOf(delivery.alertId, "notify")) {
        if (other.kind === "update" && other.id < delivery.id) this.#pending.delete(other.id);
      }
    }
    if (ref !== null) this.#refs.set(JSON.stringify([delivery.alertId, notifier]), storable(ref));
  }

  async retry(delivery: Delivery, nextAtMs: EpochMs): Promise<void> {
    const row = this.#pending.get(delivery.id);
    if (row === undefined) return;
    const attempts = row.delivery.attempts + 1;
    this.#pending.set(delivery.id, { ...row, delivery: { ...row.delivery, attempts }, nextAtMs });
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
