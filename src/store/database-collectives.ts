import { and, asc, desc, eq, gt, gte, inArray, lte, ne, sql } from "drizzle-orm";
import type { Digest } from "../alert/digest.ts";
import type { Destination } from "../alert/route.ts";
import type { EpochMs } from "../log/time.ts";
import type { Collective, CollectiveBox } from "../notify/collective-box.ts";
import type { Delivery, MessageRef } from "../notify/outbox.ts";
import type { Database, Orm } from "./database.ts";
import { collectives, outbox, stormAlerts } from "./schema.ts";
import { storable } from "./storable.ts";

type Row = typeof collectives.$inferSelect;

const alive = ne(collectives.state, "dead");

function valuesOf(id: string, to: Destination, digest: Digest | null, nowMs: EpochMs) {
  const kind = digest === null ? ("storm" as const) : ("digest" as const);
  return {
    id,
    kind,
    destination: storable(to),
    digest: storable(digest),
    createdAtMs: nowMs,
    nextAtMs: nowMs,
  };
}

async function namedIn(orm: Orm, id: string): Promise<readonly string[]> {
  const rows = await orm
    .select({ alertId: stormAlerts.alertId })
    .from(stormAlerts)
    .where(eq(stormAlerts.stormId, id))
    .orderBy(asc(stormAlerts.ordinal));
  return rows.map(({ alertId }) => alertId);
}

async function collectiveOf(orm: Orm, row: Row): Promise<Collective> {
  const { id, kind, destination, digest, ref, version, createdAtMs, attempts, sendingSinceMs } = row;
  const alertIds = kind === "storm" ? await namedIn(orm, id) : [];
  return { id, kind, to: destination, digest, alertIds, ref, version, createdAtMs, attempts, sendingSinceMs };
}

/** Storms and digests in Postgres, embedded or not. */
export class DatabaseCollectives implements CollectiveBox {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async addDigest(id: string, digest: Digest, to: Destination, nowMs: EpochMs): Promise<boolean> {
    return this.#database.run(async (orm) => {
      const made = await orm
        .insert(collectives)
        .values(valuesOf(id, to, digest, nowMs))
        .onConflictDoNothing()
        .returning({ id: collectives.id });
      return made.length === 1;
    });
  }

  async runningStorm(channel: string | null, sinceMs: EpochMs): Promise<Collective | null> {
    return this.#database.run(async (orm) => {
      const [row] = await orm
        .select()
        .from(collectives)
        .where(
          and(
            eq(collectives.kind, "storm"),
            gte(collectives.createdAtMs, sinceMs),
            sql`${collectives.destination} ->> 'channel' is not distinct from ${channel}`,
            alive,
          ),
        )
        .orderBy(desc(collectives.createdAtMs), desc(collectives.id))
        .limit(1);
      return row === undefined ? null : collectiveOf(orm, row);
    });
  }

  async join(id: string, to: Destination, posts: readonly Delivery[], nowMs: EpochMs): Promise<void> {
    if (posts.length === 0) return;
    await this.#database.transaction(async (orm) => {
      await orm
        .insert(collectives)
        .values(valuesOf(id, to, null, nowMs))
        .onConflictDoUpdate({ target: collectives.id, set: { version: sql`${collectives.version} + 1` } });
      await orm
        .insert(stormAlerts)
        .values(posts.map(({ alertId }) => ({ alertId, stormId: id })))
        .onConflictDoNothing();
      const ids = posts.map((post) => post.id);
      await orm
        .update(outbox)
        .set({ state: "done", reason: "storm", endedAtMs: nowMs })
        .where(and(inArray(outbox.id, ids), eq(outbox.state, "pending")));
      return { commit: true, value: null };
    });
  }

  async stormOf(alertId: string): Promise<string | null> {
    return this.#database.run(async (orm) => {
      const [row] = await orm
        .select({ stormId: stormAlerts.stormId })
        .from(stormAlerts)
        .where(eq(stormAlerts.alertId, alertId));
      return row?.stormId ?? null;
    });
  }

  async touch(id: string): Promise<void> {
    await this.#set(id, { version: sql`${collectives.version} + 1` });
  }

  async due(nowMs: EpochMs, limit: number): Promise<readonly Collective[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select()
        .from(collectives)
        .where(
          and(
            eq(collectives.state, "pending"),
            gt(collectives.version, collectives.shownVersion),
            lte(collectives.nextAtMs, nowMs),
          ),
        )
        .orderBy(asc(collectives.createdAtMs), asc(collectives.id))
        .limit(limit);
      const found: Collective[] = [];
      for (const row of rows) found.push(await collectiveOf(orm, row));
      return found;
    });
  }

  async sending(id: string, nowMs: EpochMs): Promise<void> {
    await this.#set(id, { sendingSinceMs: sql`coalesce(${collectives.sendingSinceMs}, ${nowMs})` });
  }

  async shown(id: string, version: number, ref: MessageRef | null, nextAtMs: EpochMs): Promise<void> {
    const place = ref === null ? {} : { ref: storable(ref) };
    const done = { shownVersion: version, nextAtMs, attempts: 0, reason: null, sendingSinceMs: null };
    await this.#set(id, { ...place, ...done });
  }

  async retry(id: string, nextAtMs: EpochMs, reason: string, unclear: boolean): Promise<void> {
    const sendingSinceMs = unclear ? {} : { sendingSinceMs: null };
    await this.#set(id, { attempts: sql`${collectives.attempts} + 1`, nextAtMs, reason, ...sendingSinceMs });
  }

  async abandon(id: string, reason: string): Promise<void> {
    await this.#set(id, { state: "dead", reason });
  }

  async #set(id: string, values: Parameters<ReturnType<Orm["update"]>["set"]>[0]): Promise<void> {
    await this.#database.run((orm) => orm.update(collectives).set(values).where(eq(collectives.id, id)));
  }
}
