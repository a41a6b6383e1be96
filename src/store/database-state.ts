import { gte, lt, sql } from "drizzle-orm";
import type { EpochMs } from "../log/time.ts";
import type { WindowDelta } from "../window/delta.ts";
import type { Database, Orm } from "./database.ts";
import { baselines, windowDeltas } from "./schema.ts";
import { BASELINE_TTL_MS, batches, lastPerKey, newestDeltas } from "./state-limits.ts";
import type { BaselineRow, StateStore } from "./state-store.ts";
import { storable } from "./storable.ts";

async function upsertBaselines(orm: Orm, rows: readonly BaselineRow[]): Promise<void> {
  await orm
    .insert(baselines)
    .values([...rows])
    .onConflictDoUpdate({
      target: baselines.key,
      set: { state: sql`excluded.state`, updatedAtMs: sql`excluded.updated_at_ms` },
    });
}

async function upsertDeltas(orm: Orm, deltas: readonly WindowDelta[]): Promise<void> {
  const rows = deltas.map((delta) => ({
    replica: delta.replica,
    epochMs: delta.epoch,
    paneStartMs: delta.paneStartMs,
    version: delta.version,
    payload: delta,
  }));
  await orm
    .insert(windowDeltas)
    .values(rows)
    .onConflictDoUpdate({
      target: [windowDeltas.replica, windowDeltas.epochMs, windowDeltas.paneStartMs],
      set: { version: sql`excluded.version`, payload: sql`excluded.payload` },
      setWhere: sql`${windowDeltas.version} < excluded.version`,
    });
}

/** State in Postgres, embedded or not: where there is no Redis and it should outlive the process. */
export class DatabaseState implements StateStore {
  readonly #database: Database;
  readonly #ttlMs: number;

  constructor(database: Database, baselineTtlMs: number = BASELINE_TTL_MS) {
    this.#database = database;
    this.#ttlMs = baselineTtlMs;
  }

  async loadBaselines(nowMs: EpochMs): Promise<readonly BaselineRow[]> {
    return this.#database.run((orm) =>
      orm
        .select()
        .from(baselines)
        .where(gte(baselines.updatedAtMs, nowMs - this.#ttlMs)),
    );
  }

  async saveBaselines(rows: readonly BaselineRow[]): Promise<void> {
    for (const batch of batches(lastPerKey(storable(rows)))) {
      await this.#database.run((orm) => upsertBaselines(orm, batch));
    }
  }

  async loadDeltas(fromMs: EpochMs): Promise<readonly WindowDelta[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select({ payload: windowDeltas.payload })
        .from(windowDeltas)
        .where(gte(windowDeltas.paneStartMs, fromMs));
      return rows.map((row) => row.payload);
    });
  }

  async saveDeltas(deltas: readonly WindowDelta[], expireBeforeMs: EpochMs): Promise<void> {
    for (const batch of batches(storable(newestDeltas(deltas, expireBeforeMs)))) {
      await this.#database.run((orm) => upsertDeltas(orm, batch));
    }
    await this.#database.run((orm) =>
      orm.delete(windowDeltas).where(lt(windowDeltas.paneStartMs, expireBeforeMs)),
    );
  }
}
