import { and, eq, inArray, lt, notInArray, sql } from "drizzle-orm";
import type { EpochMs } from "../log/time.ts";
import { changes } from "./analysis-schema.ts";
import type { Database, Orm } from "./database.ts";
import {
  alertEvents,
  alerts,
  baselines,
  claims,
  collectives,
  learnedSeries,
  mutes,
  proposals,
  silences,
  stormAlerts,
} from "./schema.ts";

export interface RetentionLimits {
  /** Resolved alerts last changed before this go, with their events, deliveries and message references. */
  readonly alertsBeforeMs: EpochMs;
  /** Evidence of alerts resolved and last changed before this loses its examples. */
  readonly examplesBeforeMs: EpochMs;
  readonly baselinesBeforeMs: EpochMs;
  /** Series last seen before this lose what was learned of their templates. */
  readonly learnedBeforeMs: EpochMs;
  readonly nowMs: EpochMs;
}

export interface Purged {
  readonly alerts: number;
  /** False where this call's bound was reached: call again. */
  readonly complete: boolean;
}

/** One call's alerts, so that no statement runs long. */
const MAX_ALERTS = 500;
/** One call's series: each may have thousands of templates. */
const MAX_SERIES = 50;

async function purgeAlerts(orm: Orm, beforeMs: EpochMs): Promise<number> {
  const old = orm
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(eq(alerts.status, "resolved"), lt(alerts.updatedAtMs, beforeMs)))
    .limit(MAX_ALERTS);
  const gone = await orm.delete(alerts).where(inArray(alerts.id, old)).returning({ id: alerts.id });
  return gone.length;
}

const WITHOUT_EXAMPLES = sql`jsonb_set(${alerts.state}, '{evidence}', (
  select coalesce(jsonb_agg(jsonb_set(piece, '{examples}', '[]') order by place), '[]')
  from jsonb_array_elements(${alerts.state} -> 'evidence') with ordinality as pieces (piece, place)))`;
const HAS_EXAMPLES = sql`jsonb_path_exists(${alerts.state}, '$.evidence[*].examples[*]')`;

/** Where an event has evidence, it has none now; nothing is added to the others. */
const EVENT_WITHOUT_EVIDENCE = sql`jsonb_set(
  jsonb_set(${alertEvents.payload}, '{alert,evidence}', '[]', false), '{observed,evidence}', '[]', false)`;

/** The counts and templates stay: they hold no received values. */
async function purgeExamples(orm: Orm, beforeMs: EpochMs): Promise<number> {
  const old = orm
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(eq(alerts.status, "resolved"), lt(alerts.updatedAtMs, beforeMs), HAS_EXAMPLES))
    .limit(MAX_ALERTS);
  const bare = await orm
    .update(alerts)
    .set({ state: WITHOUT_EXAMPLES })
    .where(inArray(alerts.id, old))
    .returning({ id: alerts.id });
  const ids = bare.map(({ id }) => id);
  // The audit trail repeats the evidence in the events of opening and of each peak.
  if (ids.length > 0) {
    await orm
      .update(alertEvents)
      .set({ payload: EVENT_WITHOUT_EVIDENCE })
      .where(and(inArray(alertEvents.alertId, ids), inArray(alertEvents.type, ["opened", "peaked"])));
  }
  return ids.length;
}

/** Mutes that are over, proposals, the ledger, and messages about many alerts. */
async function purgeLife(orm: Orm, beforeMs: EpochMs): Promise<void> {
  await orm.delete(mutes).where(lt(mutes.endedAtMs, beforeMs));
  await orm.delete(proposals).where(lt(proposals.atMs, beforeMs));
  await orm.delete(silences).where(lt(silences.lastAtMs, beforeMs));
  const named = orm.select({ id: stormAlerts.stormId }).from(stormAlerts);
  await orm
    .delete(collectives)
    .where(and(lt(collectives.createdAtMs, beforeMs), notInArray(collectives.id, named)));
}

/** Their templates go with them. */
async function purgeLearned(orm: Orm, beforeMs: EpochMs): Promise<number> {
  const old = orm
    .select({ key: learnedSeries.key })
    .from(learnedSeries)
    .where(lt(learnedSeries.lastSeenMs, beforeMs))
    .limit(MAX_SERIES);
  const gone = await orm
    .delete(learnedSeries)
    .where(inArray(learnedSeries.key, old))
    .returning({ key: learnedSeries.key });
  return gone.length;
}

/** Forgets what the retention time is over for. What is not resolved stays, however old. Throws `StoreError`. */
export async function purge(database: Database, limits: RetentionLimits): Promise<Purged> {
  return database.run(async (orm) => {
    const count = await purgeAlerts(orm, limits.alertsBeforeMs);
    const bare = await purgeExamples(orm, limits.examplesBeforeMs);
    await purgeLife(orm, limits.alertsBeforeMs);
    await orm.delete(changes).where(lt(changes.atMs, limits.alertsBeforeMs));
    await orm.delete(claims).where(lt(claims.untilMs, limits.nowMs));
    await orm.delete(baselines).where(lt(baselines.updatedAtMs, limits.baselinesBeforeMs));
    const series = await purgeLearned(orm, limits.learnedBeforeMs);
    const complete = count < MAX_ALERTS && bare < MAX_ALERTS && series < MAX_SERIES;
    return { alerts: count, complete };
  });
}
