import { and, eq, gt, inArray, lt, sql } from "drizzle-orm";
import { periodsOf, type HeldSpending, type SpendLimit, type SpendStore } from "../analysis/budget.ts";
import { DAY_MS, type EpochMs } from "../log/time.ts";
import type { Database, Orm } from "./database.ts";
import { aiReservations, aiSpending } from "./analysis-schema.ts";

/** What was spent in these periods. Whoever else asks waits until this transaction is over. */
async function locked(orm: Orm, periods: readonly string[]): Promise<ReadonlyMap<string, number>> {
  await orm
    .insert(aiSpending)
    .values(periods.toSorted().map((period) => ({ period, spentUsd: 0 })))
    .onConflictDoNothing();
  const rows = await orm
    .select()
    .from(aiSpending)
    .where(inArray(aiSpending.period, [...periods]))
    .orderBy(aiSpending.period)
    .for("update");
  return new Map(rows.map(({ period, spentUsd }) => [period, spentUsd]));
}

/** Spending on analyses in Postgres: a row per period, which serialises, and one per reservation under way. */
export class DatabaseSpend implements SpendStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async reserve(held: HeldSpending, limits: readonly SpendLimit[], nowMs: EpochMs): Promise<boolean> {
    return this.#database.transaction(async (orm) => {
      const spent = await locked(
        orm,
        limits.map(({ period }) => period),
      );
      for (const { period, limitUsd } of limits) {
        const [sum] = await orm
          .select({ usd: sql<number>`coalesce(sum(${aiReservations.usd}), 0)`.mapWith(Number) })
          .from(aiReservations)
          .where(
            and(gt(aiReservations.expiresAtMs, nowMs), sql`starts_with(${aiReservations.day}, ${period})`),
          );
        const taken = (spent.get(period) ?? 0) + (sum?.usd ?? 0);
        if (taken + held.usd > limitUsd) return { commit: false, value: false };
      }
      // Kept for a while after their time, so that a late settlement is still known for what it is.
      await orm.delete(aiReservations).where(lt(aiReservations.expiresAtMs, nowMs - DAY_MS));
      await orm.insert(aiReservations).values(held);
      return { commit: true, value: true };
    });
  }

  async settle({ id, day }: HeldSpending, spentUsd: number): Promise<void> {
    const periods = periodsOf(day);
    await this.#database.transaction(async (orm) => {
      await locked(orm, periods);
      const gone = await orm
        .delete(aiReservations)
        .where(eq(aiReservations.id, id))
        .returning({ id: aiReservations.id });
      if (gone.length > 0) {
        await orm
          .update(aiSpending)
          .set({ spentUsd: sql`${aiSpending.spentUsd} + ${spentUsd}` })
          .where(inArray(aiSpending.period, [...periods]));
      }
      return { commit: true, value: null };
    });
  }

  async spent(period: string): Promise<number> {
    return this.#database.run(async (orm) => {
      const [row] = await orm.select().from(aiSpending).where(eq(aiSpending.period, period));
      return row?.spentUsd ?? 0;
    });
  }
}
