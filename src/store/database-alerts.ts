import { and, arrayContains, asc, desc, eq, gt, gte, lt, ne, sql, type SQL } from "drizzle-orm";
import { UNTOUCHED, type Alert } from "../alert/alert.ts";
import type { AlertEvent } from "../alert/event.ts";
import {
  writesOf,
  type AlertCommit,
  type AlertQuery,
  type AlertRepository,
  type AlertWrite,
  type Claim,
  type CommitOutcome,
} from "../alert/repository.ts";
import { summaryOf, type AlertSummary } from "../alert/summary.ts";
import type { EpochMs } from "../log/time.ts";
import { checkCommit, orderedClaims } from "./alert-commit.ts";
import { eventOf, eventRow } from "./alert-event-row.ts";
import type { Database, Ending, Orm } from "./database.ts";
import { queueDeliveries } from "./database-outbox.ts";
import { alertEvents, alerts, claims } from "./schema.ts";
import { storable } from "./storable.ts";

type Refusal = Exclude<CommitOutcome, { readonly kind: "committed" }>;

function columns(alert: Alert, nowMs: EpochMs) {
  return {
    version: alert.version,
    detectedAtMs: alert.detectedAtMs,
    severity: alert.severity,
    category: alert.category,
    status: alert.status,
    environment: alert.environment,
    affectedServices: [...alert.affectedServices],
    state: alert,
    updatedAtMs: nowMs,
  };
}

async function insertAlert(orm: Orm, alert: Alert, nowMs: EpochMs): Promise<Refusal | null> {
  const rows = await orm
    .insert(alerts)
    .values({ id: alert.id, ...columns(alert, nowMs) })
    .onConflictDoNothing()
    .returning({ id: alerts.id });
  return rows.length === 1 ? null : { kind: "id_taken" };
}

async function updateAlert(orm: Orm, commit: AlertWrite): Promise<Refusal | null> {
  const { alert, expectedVersion, nowMs } = commit;
  const rows = await orm
    .update(alerts)
    .set(columns(alert, nowMs))
    .where(and(eq(alerts.id, alert.id), eq(alerts.version, expectedVersion)))
    .returning({ id: alerts.id });
  if (rows.length === 1) return null;
  const current = await findAlert(orm, alert.id);
  if (current === null) throw new RangeError(`alert ${alert.id} was never opened`);
  return { kind: "stale", current };
}

async function findAlert(orm: Orm, id: string): Promise<Alert | null> {
  const rows = await orm.select({ state: alerts.state }).from(alerts).where(eq(alerts.id, id));
  return rows[0] === undefined ? null : alertOf(rows[0]);
}

/** Rows of an earlier version lack what was added since. */
function alertOf({ state }: { readonly state: Alert }): Alert {
  return { ...UNTOUCHED, ...state };
}

/** An alert without its long texts, of which a month holds many. */
const LIGHT_STATE = sql<Alert>`${alerts.state} - array['evidence', 'suspects', 'notes', 'rootCause', 'impact', 'recommendedActions']`;
const TEMPLATES = sql<
  readonly (string | null)[]
>`jsonb_path_query_array(${alerts.state}, '$.evidence[*].template')`;

/** A claim that is another's and still runs updates nothing, so it is missing from what comes back. */
async function takeClaims(orm: Orm, commit: AlertWrite): Promise<Refusal | null> {
  const wanted = orderedClaims(commit.claims);
  if (wanted.length === 0) return null;
  const taken = await orm
    .insert(claims)
    .values([...wanted])
    .onConflictDoUpdate({
      target: claims.key,
      set: { alertId: sql`excluded.alert_id`, untilMs: sql`excluded.until_ms` },
      setWhere: sql`${claims.untilMs} <= ${commit.nowMs} or ${claims.alertId} = excluded.alert_id`,
    })
    .returning({ key: claims.key });
  const keys = new Set(taken.map((row) => row.key));
  const refused = wanted.find((claim) => !keys.has(claim.key));
  if (refused === undefined) return null;
  const holders = await orm.select().from(claims).where(eq(claims.key, refused.key));
  return { kind: "claimed", claim: holders[0] ?? refused };
}

async function insertEvents(orm: Orm, commit: AlertWrite): Promise<void> {
  const { alert, events, expectedVersion } = commit;
  if (events.length === 0) return;
  const rows = events.map((event, index) => eventRow(alert.id, expectedVersion + index + 1, event));
  await orm.insert(alertEvents).values(rows);
}

async function write(orm: Orm, one: AlertWrite): Promise<Refusal | null> {
  const refusal =
    (one.expectedVersion === 0
      ? await insertAlert(orm, one.alert, one.nowMs)
      : await updateAlert(orm, one)) ?? (await takeClaims(orm, one));
  if (refusal !== null) return refusal;
  await insertEvents(orm, one);
  await queueDeliveries(orm, one.alert, one.deliveries, one.nowMs);
  return null;
}

async function writeAll(orm: Orm, commit: AlertCommit): Promise<Ending<CommitOutcome>> {
  for (const one of writesOf(commit)) {
    const refusal = await write(orm, one);
    if (refusal !== null) return { commit: false, value: refusal };
  }
  return { commit: true, value: { kind: "committed" } };
}

function conditions(query: AlertQuery): readonly SQL[] {
  const found: SQL[] = [];
  if (query.severity !== undefined) found.push(eq(alerts.severity, query.severity));
  if (query.category !== undefined) found.push(eq(alerts.category, query.category));
  if (query.status !== undefined) found.push(eq(alerts.status, query.status));
  if (query.service !== undefined) found.push(arrayContains(alerts.affectedServices, [query.service]));
  return found;
}

/** Alerts, their events and their claims in Postgres, embedded or not. */
export class DatabaseAlerts implements AlertRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async commit(commit: AlertCommit): Promise<CommitOutcome> {
    checkCommit(commit);
    const clean = storable(commit);
    return this.#database.transaction((orm) => writeAll(orm, clean));
  }

  async get(id: string): Promise<Alert | null> {
    return this.#database.run((orm) => findAlert(orm, id));
  }

  async recent(query: AlertQuery): Promise<readonly Alert[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select({ state: alerts.state })
        .from(alerts)
        .where(and(...conditions(query)))
        .orderBy(desc(alerts.detectedAtMs), desc(alerts.ordinal))
        .limit(query.limit)
        .offset(query.offset ?? 0);
      return rows.map(alertOf);
    });
  }

  async startingWith(prefix: string, limit: number): Promise<readonly Alert[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select({ state: alerts.state })
        .from(alerts)
        .where(sql`starts_with(${alerts.id}, ${prefix})`)
        .orderBy(desc(alerts.detectedAtMs), desc(alerts.ordinal))
        .limit(limit);
      return rows.map(alertOf);
    });
  }

  async between(fromMs: EpochMs, toMs: EpochMs, limit: number, offset = 0): Promise<readonly AlertSummary[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select({ state: LIGHT_STATE, templates: TEMPLATES })
        .from(alerts)
        .where(and(gte(alerts.detectedAtMs, fromMs), lt(alerts.detectedAtMs, toMs)))
        .orderBy(desc(alerts.detectedAtMs), desc(alerts.ordinal))
        .limit(limit)
        .offset(offset);
      return rows.map(({ state, templates }) => ({
        ...summaryOf(alertOf({ state: { ...state, evidence: [] } })),
        templates: templates.filter((template) => template !== null),
      }));
    });
  }

  async unresolved(): Promise<readonly Alert[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select({ state: alerts.state })
        .from(alerts)
        .where(ne(alerts.status, "resolved"))
        .orderBy(asc(alerts.detectedAtMs), asc(alerts.ordinal));
      return rows.map(alertOf);
    });
  }

  async claims(nowMs: EpochMs): Promise<readonly Claim[]> {
    return this.#database.run((orm) =>
      orm.select().from(claims).where(gt(claims.untilMs, nowMs)).orderBy(asc(claims.key)),
    );
  }

  async events(id: string): Promise<readonly AlertEvent[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select()
        .from(alertEvents)
        .where(eq(alertEvents.alertId, id))
        .orderBy(asc(alertEvents.seq));
      return rows.map(eventOf);
    });
  }
}
