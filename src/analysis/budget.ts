import type { Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";

/** Limits in USD; null: none. */
export interface BudgetLimits {
  readonly perDay: number | null;
  readonly perMonth: number | null;
}

/** This share of both limits is kept back for critical alerts. */
const CRITICAL_SHARE = 0.2;

export interface Spending {
  /** `2026-11-22` or `2026-11`, in UTC. */
  readonly period: string;
  readonly limitUsd: number;
}

/**
 * What was spent and reserved per period, shared by all replicas. `reserve` takes the amount from every period or
 * from none, in one step; `settle` replaces a reservation by what was really spent. A reservation of a process that
 * died stays taken: the limit may be missed downwards, never upwards.
 */
export interface SpendStore {
  reserve(periods: readonly Spending[], usd: number): Promise<boolean>;
  settle(periods: readonly string[], reservedUsd: number, spentUsd: number): Promise<void>;
  spent(period: string): Promise<number>;
}

export interface Reservation {
  settle(spentUsd: number): Promise<void>;
}

function periodsOf(nowMs: EpochMs): readonly [day: string, month: string] {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  return [day, day.slice(0, 7)];
}

/** Reserves before a call and settles after it, so that no number of calls at once passes the limits. */
export class Budget {
  readonly #store: SpendStore;
  readonly #limits: BudgetLimits;

  constructor(store: SpendStore, limits: BudgetLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** null where it would pass a limit. Throws only when the store cannot be reached. */
  async reserve(usd: number, severity: Severity, nowMs: EpochMs): Promise<Reservation | null> {
    const share = severity === "critical" ? 1 : 1 - CRITICAL_SHARE;
    const [day, month] = periodsOf(nowMs);
    const limit = (period: string, limitUsd: number | null): Spending => ({
      period,
      limitUsd: limitUsd === null ? Number.MAX_SAFE_INTEGER : limitUsd * share,
    });
    const periods = [limit(day, this.#limits.perDay), limit(month, this.#limits.perMonth)];
    if (!(await this.#store.reserve(periods, usd))) return null;
    let open = true;
    return {
      settle: async (spentUsd) => {
        if (!open) return;
        open = false;
        await this.#store.settle([day, month], usd, spentUsd);
      },
    };
  }

  async spentToday(nowMs: EpochMs): Promise<number> {
    return this.#store.spent(periodsOf(nowMs)[0]);
  }
}

interface Account {
  spent: number;
  reserved: number;
}

/** For one process without a database, and for tests. */
export class MemorySpend implements SpendStore {
  readonly #accounts = new Map<string, Account>();

  #account(period: string): Account {
    let account = this.#accounts.get(period);
    if (account === undefined) {
      account = { spent: 0, reserved: 0 };
      this.#accounts.set(period, account);
    }
    return account;
  }

  async reserve(periods: readonly Spending[], usd: number): Promise<boolean> {
    const accounts = periods.map(({ period, limitUsd }) => ({ account: this.#account(period), limitUsd }));
    if (accounts.some(({ account, limitUsd }) => account.spent + account.reserved + usd > limitUsd))
      return false;
    for (const { account } of accounts) account.reserved += usd;
    return true;
  }

  async settle(periods: readonly string[], reservedUsd: number, spentUsd: number): Promise<void> {
    for (const period of periods) {
      const account = this.#account(period);
      account.reserved -= reservedUsd;
      account.spent += spentUsd;
    }
  }

  async spent(period: string): Promise<number> {
    return this.#account(period).spent;
  }
}
