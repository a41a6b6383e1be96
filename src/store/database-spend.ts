import { inArray, sql } from "drizzle-orm";
import type { SpendStore, Spending } from "../analysis/budget.ts";
import type { Database } from "./database.ts";
import { aiSpending } from "./schema.ts";

/** Spending on analyses in Postgres: one row per period, changed by one conditional statement each. */
export class DatabaseSpend implements SpendStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async reserve(periods: readonly Spending[], usd: number): Promise<boolean> {
    const inOrder = periods.toSorted((a, b) => (a.period < b.period ? -1 : 1));
    return this.#database.transaction(async (orm) => {
      for (const { period, limitUsd } of inOrder) {
        await orm.insert(aiSpending).values({ period, spentUsd: 0, reservedUsd: 0 }).onConflictDoNothing();
        const taken = await orm
          .update(aiSpending)
          .set({ reservedUsd: sql`${aiSpending.reservedUsd} + ${usd}` })
          .where(
            sql`${aiSpending.period} = ${period} and ${aiSpending.spentUsd} + ${aiSpending.reservedUsd} + ${usd} <= ${limitUsd}`,
          )
          .returning({ period: aiSpending.period });
        // The periods before it go back with the transaction.
        if (taken.length === 0) return { commit: false, value: false };
      }
      return { commit: true, value: true };
    });
  }

  async settle(periods: readonly string[], reservedUsd: number, spentUsd: number): Promise<void> {
    await this.#database.run(async (orm) => {
      await orm
        .update(aiSpending)
        .set({
          reservedUsd: sql`greatest(${aiSpending.reservedUsd} - ${reservedUsd}, 0)`,
          spentUsd: sql`${aiSpending.spentUsd} + ${spentUsd}`,
        })
        .where(inArray(aiSpending.period, [...periods]));
    });
  }

  async spent(period: string): Promise<number> {
    return this.#database.run(async (orm) => {
      const [row] = await orm
        .select()
        .from(aiSpending)
        .where(inArray(aiSpending.period, [period]));
      return row?.spentUsd ?? 0;
    });
  }
}
