import { periodsOf, type HeldSpending, type SpendLimit, type SpendStore } from "../analysis/budget.ts";
import { DAY_MS, type EpochMs } from "../log/time.ts";

/** Spending on analyses for one process without a database. */
export class MemorySpend implements SpendStore {
  readonly #spent = new Map<string, number>();
  readonly #held = new Map<string, HeldSpending>();

  async reserve(held: HeldSpending, limits: readonly SpendLimit[], nowMs: EpochMs): Promise<boolean> {
    for (const [id, { expiresAtMs }] of this.#held) if (expiresAtMs < nowMs - DAY_MS) this.#held.delete(id);
    const live = [...this.#held.values()].filter(({ expiresAtMs }) => expiresAtMs > nowMs);
    for (const { period, limitUsd } of limits) {
      const taken = live
        .filter(({ day }) => day.startsWith(period))
        .reduce((sum, { usd }) => sum + usd, this.#spent.get(period) ?? 0);
      if (taken + held.usd > limitUsd) return false;
    }
    this.#held.set(held.id, held);
    return true;
  }

  async settle({ id, day }: HeldSpending, spentUsd: number): Promise<void> {
    if (!this.#held.delete(id)) return;
    for (const period of periodsOf(day)) this.#spent.set(period, (this.#spent.get(period) ?? 0) + spentUsd);
  }

  async spent(period: string): Promise<number> {
    return this.#spent.get(period) ?? 0;
  }
}
