import { randomUUID } from "node:crypto";
import type { Severity } from "../anomaly/anomaly.ts";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";

export interface BudgetOptions {
  /** USD; null: no limit. */
  readonly perDay: number | null;
  readonly perMonth: number | null;
  /** The longest that one analysis takes. A reservation that nobody settled is released a while after it. */
  readonly deadlineMs: number;
}

/** This share of both limits is kept back for critical alerts. */
const CRITICAL_SHARE = 0.2;
/** Between the end of an analysis and the release of its reservation: clocks differ, and a store may be slow. */
const RELEASE_AFTER_MS = 5 * MINUTE_MS;
/** Settlements that the store has not taken yet; further ones are left to their release. */
const MAX_UNSETTLED = 1_000;

/** What one analysis may cost at most, held until it is settled or its time is over. */
export interface HeldSpending {
  readonly id: string;
  /** `2026-11-22`, in UTC. It counts in that day and in its month. */
  readonly day: string;
  readonly usd: number;
  readonly expiresAtMs: EpochMs;
}

export interface SpendLimit {
  /** `2026-11-22` or `2026-11`. */
  readonly period: string;
  readonly limitUsd: number;
}

/** What was spent and is held, shared by all replicas. Each call is one step. Throws only when out of reach. */
export interface SpendStore {
  /** Takes the amount from all limits or from none; what has expired by `nowMs` is free again. */
  reserve(held: HeldSpending, limits: readonly SpendLimit[], nowMs: EpochMs): Promise<boolean>;
  /** Replaces what is held by what was spent; once, and also where it has expired by then. */
  settle(held: HeldSpending, spentUsd: number): Promise<void>;
  spent(period: string): Promise<number>;
}

/** The day and month that a time of UTC belongs to. */
export function periodsOf(day: string): readonly [day: string, month: string] {
  return [day, day.slice(0, 7)];
}

function dayOf(nowMs: EpochMs): string {
  return new Date(nowMs).toISOString().slice(0, 10);
}

export interface Reservation {
  /** Rejects where the store is out of reach; it is tried again with the next reservation. */
  settle(spentUsd: number): Promise<void>;
}

/** Reserves before a call and settles after it, so that no number of calls at once passes the limits. */
export class Budget {
  readonly #store: SpendStore;
  readonly #options: BudgetOptions;
  readonly #unsettled = new Map<HeldSpending, number>();

  constructor(store: SpendStore, options: BudgetOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** null where it would pass a limit. Throws only when the store cannot be reached. */
  async reserve(usd: number, severity: Severity, nowMs: EpochMs): Promise<Reservation | null> {
    const { perDay, perMonth, deadlineMs } = this.#options;
    await this.#settleRest();
    const share = severity === "critical" ? 1 : 1 - CRITICAL_SHARE;
    const held: HeldSpending = {
      id: randomUUID(),
      day: dayOf(nowMs),
      usd,
      expiresAtMs: nowMs + deadlineMs + RELEASE_AFTER_MS,
    };
    const [day, month] = periodsOf(held.day);
    const limit = (period: string, limitUsd: number | null): SpendLimit => ({
      period,
      limitUsd: limitUsd === null ? Number.MAX_SAFE_INTEGER : limitUsd * share,
    });
    if (!(await this.#store.reserve(held, [limit(day, perDay), limit(month, perMonth)], nowMs))) return null;
    let open = true;
    return {
      settle: async (spentUsd) => {
        if (!open) return;
        open = false;
        if (this.#unsettled.size < MAX_UNSETTLED) this.#unsettled.set(held, spentUsd);
        await this.#settle(held, spentUsd);
      },
    };
  }

  async #settle(held: HeldSpending, spentUsd: number): Promise<void> {
    await this.#store.settle(held, spentUsd);
    this.#unsettled.delete(held);
  }

  /** What could not be written down before has been spent all the same. */
  async #settleRest(): Promise<void> {
    for (const [held, spentUsd] of this.#unsettled) await this.#settle(held, spentUsd);
  }

  async spentToday(nowMs: EpochMs): Promise<number> {
    return this.#store.spent(dayOf(nowMs));
  }
}
