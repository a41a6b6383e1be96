import { Budget, type SpendStore } from "../../src/analysis/budget.ts";
import { MemorySpend } from "../../src/store/memory-spend.ts";
import { random } from "./random.ts";
import type { EvalTable } from "./table.ts";

const ALERTS = 1_000;
const PER_DAY = 10;
const WORST = 0.2;

async function storm(
  store: SpendStore,
): Promise<{ readonly spent: number; readonly mostHeld: number; readonly analysed: number }> {
  const budget = new Budget(store, { perDay: PER_DAY, perMonth: 200, deadlineMs: 120_000 });
  const next = random(3);
  let held = 0;
  let mostHeld = 0;
  let analysed = 0;
  const one = async (i: number): Promise<void> => {
    const reservation = await budget.reserve(WORST, i % 20 === 0 ? "critical" : "high", 0);
    if (reservation === null) return;
    held += WORST;
    mostHeld = Math.max(mostHeld, held + (await budget.spentToday(0)));
    await new Promise((resolve) => setImmediate(resolve));
    const spent = WORST * next();
    await reservation.settle(spent);
    held -= WORST;
    analysed += 1;
  };
  await Promise.all(Array.from({ length: ALERTS }, (_, i) => one(i)));
  return { spent: await budget.spentToday(0), mostHeld, analysed };
}

/** A storm of alerts against one day's budget. */
export async function ledgerTable(): Promise<EvalTable> {
  const { spent, mostHeld, analysed } = await storm(new MemorySpend());
  const limit = { at: "most", value: PER_DAY } as const;
  const of = `${ALERTS} alerts at once, ${analysed} analysed`;
  return {
    title: "Budget",
    figures: [
      { what: "spent", value: spent, unit: "USD", of, bar: limit },
      {
        what: "spent and reserved, at most",
        value: Math.round(mostHeld * 1e6) / 1e6,
        unit: "USD",
        of,
        bar: limit,
      },
    ],
    notes: [],
    cases: [],
  };
}
