import { doublePrecision, index, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import type { Change } from "../alert/change.ts";
import { timeMs } from "./time-column.ts";

/** What analyses have cost, per day and per month in UTC. */
export const aiSpending = pgTable("ai_spending", {
  period: text().primaryKey(),
  spentUsd: doublePrecision("spent_usd").notNull(),
});

/** What analyses under way may cost at most; free again once it has expired. */
export const aiReservations = pgTable(
  "ai_reservations",
  {
    id: text().primaryKey(),
    day: text().notNull(),
    usd: doublePrecision().notNull(),
    expiresAtMs: timeMs("expires_at_ms").notNull(),
  },
  (table) => [index("ai_reservations_expires").on(table.expiresAtMs)],
);

/** Deployments, configuration, flags and commits, as they were posted or seen. */
export const changes = pgTable(
  "changes",
  {
    id: text().primaryKey(),
    atMs: timeMs("at_ms").notNull(),
    change: jsonb().$type<Change>().notNull(),
  },
  (table) => [index("changes_at").on(table.atMs)],
);
