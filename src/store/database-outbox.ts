import { and, asc, count, eq, getTableColumns, inArray, lte, min, sql } from "drizzle-orm";
import type { NewDelivery } from "../alert/repository.ts";
import type { EpochMs } from "../log/time.ts";
import type { Delivery, Lane, MessageRef, Outbox } from "../notify/outbox.ts";
import { laneOf, urgencyOf, type QueuedAlert } from "./alert-commit.ts";
import type { Database, Orm } from "./database.ts";
import { messageRefs, outbox } from "./schema.ts";
import { storable } from "./storable.ts";

type Row = typeof outbox.$inferSelect;

const pending = eq(outbox.state, "pending");

function rowOf(alert: QueuedAlert, delivery: NewDelivery, nowMs: EpochMs) {
  const reply = delivery.kind === "reply" ? delivery : { text: null, broadcast: false };
  return {
    alertId: alert.id,
    lane: laneOf(delivery),
    kind: delivery.kind,
    hook: "hook" in delivery ? (delivery.hook ?? null) : null,
    urgency: urgencyOf(delivery, alert.severity),
    text: reply.text,
    broadcast: reply.broadcast,
    createdAtMs: nowMs,
    nextAtMs: nowMs,
  };
}

function deliveryOf(row: Row): Delivery {
  const common = {
    id: row.id,
    alertId: row.alertId,
    createdAtMs: row.createdAtMs,
    attempts: row.attempts,
    urgency: row.urgency,
    sendingSinceMs: row.sendingSinceMs,
  };
  const { hook } = row;
  if (hook !== null && (row.kind === "post" || row.kind === "update"))
    return { ...common, kind: row.kind, hook };
  if (row.kind === "reply")
    return { ...common, kind: "reply", text: row.text ?? "", broadcast: row.broadcast };
  return { ...common, kind: row.kind };
}

/**
 * True where an update is queued that nobody can be delivering yet, because an older row of the alert stands before
 * it. The lock keeps that older row from being marked done until this commit can be seen.
 */
async function updateWaits(orm: Orm, alertId: string, lane: Lane): Promise<boolean> {
  const rows = await orm
    .select({ kind: outbox.kind })
    .from(outbox)
    .where(and(eq(outbox.alertId, alertId), eq(outbox.lane, lane), pending))
    .orderBy(asc(outbox.id))
    .for("update");
  return rows.slice(1).some((row) => row.kind === "update");
}

/** Part of the commit's transaction. An update joins one that still waits: it shows the newest state anyway. */
export async function queueDeliveries(
  orm: Orm,
  alert: QueuedAlert,
  deliveries: readonly NewDelivery[],
  nowMs: EpochMs,
): Promise<void> {
  const joined = new Set<NewDelivery>();
  for (const delivery of deliveries) {
    if (delivery.kind === "update" && (await updateWaits(orm, alert.id, laneOf(delivery))))
      joined.add(delivery);
  }
  const rows = deliveries
    .filter((delivery) => !joined.has(delivery))
    .map((delivery) => rowOf(alert, delivery, nowMs));
  if (rows.length > 0) await orm.insert(outbox).values(rows);
}

async function markDone(orm: Orm, delivery: Delivery, nowMs: EpochMs): Promise<void> {
  const itself = eq(outbox.id, delivery.id);
  const covered =
    delivery.kind === "update"
      ? and(
          eq(outbox.alertId, delivery.alertId),
          eq(outbox.lane, laneOf(delivery)),
          eq(outbox.kind, "update"),
          lte(outbox.id, delivery.id),
        )
      : itself;
  // In the order of ids, as a commit locks them.
  const locked = orm
    .select({ id: outbox.id })
    .from(outbox)
    .where(and(covered, pending))
    .orderBy(asc(outbox.id))
    .for("update");
  await orm
    .update(outbox)
    .set({ state: "done", reason: null, endedAtMs: nowMs })
    .where(inArray(outbox.id, locked));
}

async function keepRef(
  orm: Orm,
  alertId: string,
  notifier: string,
  ref: MessageRef,
  nowMs: EpochMs,
): Promise<void> {
  const row = { alertId, notifier, ref: storable(ref), updatedAtMs: nowMs };
  await orm
    .insert(messageRefs)
    .values(row)
    .onConflictDoUpdate({
      target: [messageRefs.alertId, messageRefs.notifier],
      set: { ref: row.ref, updatedAtMs: nowMs },
    });
}

/** The queue that commits fill, in Postgres, embedded or not. */
export class DatabaseOutbox implements Outbox {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async due(lane: Lane, nowMs: EpochMs, limit: number): Promise<readonly Delivery[]> {
    return this.#database.run(async (orm) => {
      const pressing = sql<number>`min(${outbox.urgency}) over (partition by ${outbox.alertId})`;
      const heads = orm
        .selectDistinctOn([outbox.alertId], { ...getTableColumns(outbox), pressing: pressing.as("pressing") })
        .from(outbox)
        .where(and(eq(outbox.lane, lane), pending))
        .orderBy(asc(outbox.alertId), asc(outbox.id))
        .as("heads");
      const rows = await orm
        .select()
        .from(heads)
        .where(lte(heads.nextAtMs, nowMs))
        .orderBy(asc(heads.pressing), asc(heads.id))
        .limit(limit);
      return rows.map((row) => deliveryOf({ ...row, urgency: row.pressing }));
    });
  }

  async delivered(
    delivery: Delivery,
    notifier: string,
    ref: MessageRef | null,
    nowMs: EpochMs,
  ): Promise<void> {
    await this.#database.transaction(async (orm) => {
      await markDone(orm, delivery, nowMs);
      if (ref !== null) await keepRef(orm, delivery.alertId, notifier, ref, nowMs);
      return { commit: true, value: null };
    });
  }

  async sending(delivery: Delivery, nowMs: EpochMs): Promise<void> {
    await this.#database.run((orm) =>
      orm
        .update(outbox)
        .set({ sendingSinceMs: sql`coalesce(${outbox.sendingSinceMs}, ${nowMs})` })
        .where(and(eq(outbox.id, delivery.id), pending)),
    );
  }

  async retry(delivery: Delivery, nextAtMs: EpochMs, reason: string, unclear = false): Promise<void> {
    const sendingSinceMs = unclear ? {} : { sendingSinceMs: null };
    await this.#database.run((orm) =>
      orm
        .update(outbox)
        .set({ attempts: sql`${outbox.attempts} + 1`, nextAtMs, reason, ...sendingSinceMs })
        .where(and(eq(outbox.id, delivery.id), pending)),
    );
  }

  async abandon(delivery: Delivery, reason: string, nowMs: EpochMs): Promise<void> {
    await this.#database.run((orm) =>
      orm
        .update(outbox)
        .set({ state: "dead", attempts: sql`${outbox.attempts} + 1`, reason, endedAtMs: nowMs })
        .where(and(eq(outbox.id, delivery.id), pending)),
    );
  }

  async ref(alertId: string, notifier: string): Promise<MessageRef | null> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select({ ref: messageRefs.ref })
        .from(messageRefs)
        .where(and(eq(messageRefs.alertId, alertId), eq(messageRefs.notifier, notifier)));
      return rows[0]?.ref ?? null;
    });
  }

  async backlog(lane: Lane): Promise<{ readonly count: number; readonly oldestAtMs: EpochMs | null }> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select({ count: count(), oldestAtMs: min(outbox.createdAtMs) })
        .from(outbox)
        .where(and(eq(outbox.lane, lane), pending));
      return rows[0] ?? { count: 0, oldestAtMs: null };
    });
  }
}
