import { and, desc, eq, gte, inArray, isNull, or, sql, type SQL } from "drizzle-orm";
import { joined, type LedgerEntry, type LedgerQuery } from "../alert/ledger.ts";
import type { LedgerRepository } from "../alert/life-repository.ts";
import type { Database } from "./database.ts";
import { silences } from "./schema.ts";
import { storable, storableText } from "./storable.ts";

/** Rows of one statement. */
const BATCH = 200;

function conditions(query: LedgerQuery): readonly (SQL | undefined)[] {
  const { service, environment, fromMs, toMs } = query;
  return [
    gte(silences.lastAtMs, fromMs),
    sql`(${silences.entry} ->> 'firstAtMs')::double precision <= ${toMs}`,
    ...(environment === undefined ? [] : [eq(silences.environment, environment)]),
    // What is about all services together is about this one too.
    ...(service === undefined ? [] : [or(eq(silences.service, service), isNull(silences.service))]),
  ];
}

/** The ledger of silence in Postgres, embedded or not. */
export class DatabaseLedger implements LedgerRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(entries: ReadonlyMap<string, LedgerEntry>): Promise<void> {
    const clean = [...entries].map(([key, entry]) => [storableText(key), storable(entry)] as const);
    for (let from = 0; from < clean.length; from += BATCH)
      await this.#addBatch(clean.slice(from, from + BATCH));
  }

  async find(query: LedgerQuery): Promise<readonly LedgerEntry[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select({ entry: silences.entry })
        .from(silences)
        .where(and(...conditions(query)))
        .orderBy(desc(silences.lastAtMs))
        .limit(query.limit);
      return rows.map(({ entry }) => entry);
    });
  }

  /** One process writes here, so what was read is still so when it is written. */
  async #addBatch(batch: readonly (readonly [string, LedgerEntry])[]): Promise<void> {
    await this.#database.transaction(async (orm) => {
      const known = await orm
        .select({ key: silences.key, entry: silences.entry })
        .from(silences)
        .where(
          inArray(
            silences.key,
            batch.map(([key]) => key),
          ),
        );
      const before = new Map(known.map(({ key, entry }) => [key, entry]));
      const rows = batch.map(([key, entry]) => {
        const all = joined(before.get(key), entry);
        return {
          key,
          environment: all.environment,
          service: all.service,
          lastAtMs: all.lastAtMs,
          entry: all,
        };
      });
      await orm
        .insert(silences)
        .values(rows)
        .onConflictDoUpdate({
          target: silences.key,
          set: { lastAtMs: sql`excluded.last_at_ms`, entry: sql`excluded.entry` },
        });
      return { commit: true, value: null };
    });
  }
}
