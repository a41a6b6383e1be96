import { desc, lt } from "drizzle-orm";
import type { Change } from "../alert/change.ts";
import type { ChangeStore } from "../analysis/change-log.ts";
import type { EpochMs } from "../log/time.ts";
import type { Database } from "./database.ts";
import { changes } from "./analysis-schema.ts";

/** Changes in Postgres; a repeated id replaces nothing. */
export class DatabaseChanges implements ChangeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(added: readonly Change[]): Promise<void> {
    if (added.length === 0) return;
    const rows = added.map((change) => ({ id: change.id, atMs: change.atMs, change }));
    await this.#database.run((orm) => orm.insert(changes).values(rows).onConflictDoNothing());
  }

  async recent(limit: number): Promise<readonly Change[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm.select().from(changes).orderBy(desc(changes.atMs)).limit(limit);
      return rows.map(({ change }) => change).toReversed();
    });
  }

  /** Forgets what happened before. */
  async purge(beforeMs: EpochMs): Promise<void> {
    await this.#database.run((orm) => orm.delete(changes).where(lt(changes.atMs, beforeMs)));
  }
}
