import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import type { Database, Orm, ServerDatabase } from "./database.ts";
import { storeError } from "./store-error.ts";

/** `src/store` and `dist/store` both lie two below the package root. */
const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));

/** A number that nothing else in the database locks: "tocs" in ASCII; the serving lock has the same with another second. */
export const LOCK_CLASS = 0x746f_6373;
const MIGRATION_LOCK = 1;

async function apply(orm: Orm): Promise<void> {
  await migrate(orm, { migrationsFolder: MIGRATIONS });
}

/** Several processes may start at once: one migrates, the others wait and find nothing left to do. */
async function migrateServer(database: ServerDatabase): Promise<void> {
  const client = database.dedicated("tocsin migrate", "patient");
  client.on("error", () => undefined);
  try {
    await client.connect();
    const orm = drizzle({ client });
    await orm.execute(sql`select pg_advisory_lock(${LOCK_CLASS}, ${MIGRATION_LOCK})`);
    await apply(orm);
  } catch (error) {
    throw storeError("database", error);
  } finally {
    // The lock goes with the connection.
    await client.end().catch(() => undefined);
  }
}

/** Brings the database to this version's schema. Throws `StoreError`. */
export async function migrateDatabase(database: Database): Promise<void> {
  await (database.kind === "server" ? migrateServer(database) : database.run(apply));
}
