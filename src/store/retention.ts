import { and, eq, inArray, lt } from "drizzle-orm";
import type { EpochMs } from "../log/time.ts";
import type { Database, Orm } from "./database.ts";
import { alerts, baselines, claims } from "./schema.ts";

export interface RetentionLimits {
  /** Resolved alerts last changed before this go, with their events, deliveries and message references. */
  readonly alertsBeforeMs: EpochMs;
  readonly baselinesBeforeMs: EpochMs;
  readonly nowMs: EpochMs;
}

export interface Purged {
  readonly alerts: number;
  /** False where this call's bound was reached: call again. */
  readonly complete: boolean;
}

/** One call's alerts, so that no statement runs long. */
const MAX_ALERTS = 500;

async function purgeAlerts(orm: Orm, beforeMs: EpochMs): Promise<number> {
  const old = orm
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(eq(alerts.status, "resolved"), lt(alerts.updatedAtMs, beforeMs)))
    .limit(MAX_ALERTS);
  const gone = await orm.delete(alerts).where(inArray(alerts.id, old)).returning({ id: alerts.id });
  return gone.length;
}

/** Forgets what the retention time is over for. What is not resolved stays, however old. Throws `StoreError`. */
export async function purge(database: Database, limits: RetentionLimits): Promise<Purged> {
  return database.run(async (orm) => {
    const count = await purgeAlerts(orm, limits.alertsBeforeMs);
    await orm.delete(claims).where(lt(claims.untilMs, limits.nowMs));
    await orm.delete(baselines).where(lt(baselines.updatedAtMs, limits.baselinesBeforeMs));
    return { alerts: count, complete: count < MAX_ALERTS };
  });
}
