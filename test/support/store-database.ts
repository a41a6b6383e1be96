import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino, type Logger } from "pino";
import type { SpendStore } from "../../src/analysis/budget.ts";
import { DatabaseAlerts } from "../../src/store/database-alerts.ts";
import type { CollectiveBox } from "../../src/notify/collective-box.ts";
import { DatabaseCollectives } from "../../src/store/database-collectives.ts";
import { DatabaseLearned } from "../../src/store/database-learned.ts";
import { DatabaseLedger } from "../../src/store/database-ledger.ts";
import { DatabaseMutes } from "../../src/store/database-mutes.ts";
import { DatabaseOutbox } from "../../src/store/database-outbox.ts";
import { DatabaseState } from "../../src/store/database-state.ts";
import { DatabaseSpend } from "../../src/store/database-spend.ts";
import type { Database } from "../../src/store/database.ts";
import { aiReservations, aiSpending } from "../../src/store/analysis-schema.ts";
import {
  alerts,
  baselines,
  claims,
  collectives,
  learnedSeries,
  mutes,
  proposals,
  silences,
  windowDeltas,
} from "../../src/store/schema.ts";
import type { AlertStore } from "./store-alert-contract.ts";
import type { LifeStore } from "./store-life-contract.ts";
import { CONTRACT_TTL_MS } from "./store-state-contract.ts";

export const silentLogger: Logger = pino({ level: "silent" });

/** A new directory below the system's temporary one. */
export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "tocsin-store-"));
}

/** A data directory like `from`, which nobody may be using; much faster than creating a database. */
export async function copyOfDataDirectory(from: string): Promise<string> {
  const to = await temporaryDirectory();
  await cp(join(from, "postgres"), join(to, "postgres"), { recursive: true });
  return to;
}

export async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

export async function emptyTables(database: Database): Promise<void> {
  // Faster than truncate on tables this small; events, deliveries and references go with their alerts.
  await database.run(async (orm) => {
    for (const table of [
      alerts,
      claims,
      baselines,
      windowDeltas,
      learnedSeries,
      mutes,
      proposals,
      silences,
      collectives,
    ])
      await orm.delete(table);
  });
}

export async function emptyAlertStore(database: Database): Promise<AlertStore> {
  await emptyTables(database);
  return { alerts: new DatabaseAlerts(database), outbox: new DatabaseOutbox(database) };
}

export async function emptyCollectiveStore(
  database: Database,
): Promise<AlertStore & { readonly collectives: CollectiveBox }> {
  return { ...(await emptyAlertStore(database)), collectives: new DatabaseCollectives(database) };
}

export async function emptySpendStore(database: Database): Promise<() => SpendStore> {
  await database.run(async (orm) => {
    await orm.delete(aiReservations);
    await orm.delete(aiSpending);
  });
  return () => new DatabaseSpend(database);
}

export async function emptyLifeStore(database: Database): Promise<LifeStore> {
  await emptyTables(database);
  return { mutes: new DatabaseMutes(database), ledger: new DatabaseLedger(database) };
}

export async function emptyDatabaseState(database: Database): Promise<DatabaseState> {
  await emptyTables(database);
  return new DatabaseState(database, CONTRACT_TTL_MS);
}

export async function emptyDatabaseLearned(database: Database): Promise<DatabaseLearned> {
  await emptyTables(database);
  return new DatabaseLearned(database);
}
