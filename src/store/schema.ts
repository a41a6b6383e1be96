import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
} from "drizzle-orm/pg-core";
import type { Alert, Status } from "../alert/alert.ts";
import type { Actor } from "../alert/event.ts";
import type { Digest } from "../alert/digest.ts";
import type { LedgerEntry } from "../alert/ledger.ts";
import type { Ending, NewMute, NewProposal } from "../alert/life-repository.ts";
import type { Proposal } from "../alert/proposal.ts";
import type { NewDelivery } from "../alert/repository.ts";
import type { Destination } from "../alert/route.ts";
import type { Category, Severity } from "../anomaly/anomaly.ts";
import type { Lane, MessageRef } from "../notify/outbox.ts";
import type { TemplateState } from "../template/template.ts";
import type { WindowDelta } from "../window/delta.ts";
import { timeMs } from "./time-column.ts";

/** Descending indexes put nulls first, as `order by … desc` does, or the planner would not use them. `state` is the whole alert; the other columns repeat what is searched for. */
export const alerts = pgTable(
  "alerts",
  {
    id: text().primaryKey(),
    /** Order of creation: one evaluation opens several alerts in the same millisecond. */
    ordinal: bigserial({ mode: "number" }).notNull(),
    version: integer().notNull(),
    detectedAtMs: timeMs("detected_at_ms").notNull(),
    severity: text().$type<Severity>().notNull(),
    category: text().$type<Category>().notNull(),
    status: text().$type<Status>().notNull(),
    environment: text().notNull(),
    affectedServices: text("affected_services").array().notNull(),
    state: jsonb().$type<Alert>().notNull(),
    updatedAtMs: timeMs("updated_at_ms").notNull(),
  },
  (table) => [
    index("alerts_recent").on(table.detectedAtMs.desc().nullsFirst(), table.ordinal.desc().nullsFirst()),
    index("alerts_severity").on(table.severity, table.detectedAtMs.desc().nullsFirst()),
    index("alerts_category").on(table.category, table.detectedAtMs.desc().nullsFirst()),
    index("alerts_status").on(table.status, table.detectedAtMs.desc().nullsFirst()),
    index("alerts_services").using("gin", table.affectedServices),
  ],
);

/** The audit trail. `payload` holds the event's own fields, without type, time and actor. */
export const alertEvents = pgTable(
  "alert_events",
  {
    alertId: text("alert_id").notNull(),
    seq: integer().notNull(),
    type: text().notNull(),
    atMs: timeMs("at_ms").notNull(),
    actor: jsonb().$type<Actor>().notNull(),
    payload: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
  },
  (table) => [
    primaryKey({ name: "alert_events_pkey", columns: [table.alertId, table.seq] }),
    foreignKey({
      name: "alert_events_alert",
      columns: [table.alertId],
      foreignColumns: [alerts.id],
    }).onDelete("cascade"),
  ],
);

export type DeliveryState = "pending" | "done" | "dead";

/** What was decided and must reach somebody; written with the events that caused it. */
export const outbox = pgTable(
  "outbox",
  {
    id: bigserial({ mode: "number" }).primaryKey(),
    alertId: text("alert_id").notNull(),
    lane: text().$type<Lane>().notNull(),
    kind: text().$type<NewDelivery["kind"]>().notNull(),
    text: text(),
    broadcast: boolean().notNull().default(false),
    createdAtMs: timeMs("created_at_ms").notNull(),
    nextAtMs: timeMs("next_at_ms").notNull(),
    attempts: integer().notNull().default(0),
    state: text().$type<DeliveryState>().notNull().default("pending"),
    /** Why the last attempt failed. */
    reason: text(),
    /** What is sent first: 0 critical alerts, then new ones, then the rest. */
    urgency: integer().notNull().default(2),
    /** The name of the webhook that it is for. */
    hook: text(),
    /** Since when an attempt may have reached people without our knowing: looked for before it is made again. */
    sendingSinceMs: timeMs("sending_since_ms"),
    endedAtMs: timeMs("ended_at_ms"),
  },
  (table) => [
    // The first of each alert in a lane, without reading what has ended.
    index("outbox_pending")
      .on(table.lane, table.alertId, table.id)
      .where(sql`state = 'pending'`),
    index("outbox_alert").on(table.alertId),
    foreignKey({ name: "outbox_alert_id", columns: [table.alertId], foreignColumns: [alerts.id] }).onDelete(
      "cascade",
    ),
  ],
);

/** Where each notifier put an alert, so that a repeat edits the message. */
export const messageRefs = pgTable(
  "message_refs",
  {
    alertId: text("alert_id").notNull(),
    notifier: text().notNull(),
    ref: jsonb().$type<MessageRef>().notNull(),
    updatedAtMs: timeMs("updated_at_ms").notNull(),
  },
  (table) => [
    primaryKey({ name: "message_refs_pkey", columns: [table.alertId, table.notifier] }),
    foreignKey({
      name: "message_refs_alert",
      columns: [table.alertId],
      foreignColumns: [alerts.id],
    }).onDelete("cascade"),
  ],
);

export type CollectiveKind = "storm" | "digest";

/** Messages about many alerts or about none. */
export const collectives = pgTable(
  "collectives",
  {
    id: text().primaryKey(),
    kind: text().$type<CollectiveKind>().notNull(),
    destination: jsonb().$type<Destination>().notNull(),
    digest: jsonb().$type<Digest>(),
    state: text().$type<DeliveryState>().notNull().default("pending"),
    ref: jsonb().$type<MessageRef>(),
    createdAtMs: timeMs("created_at_ms").notNull(),
    /** Grows with every change; a message that shows less is edited. */
    version: integer().notNull().default(1),
    shownVersion: integer("shown_version").notNull().default(0),
    nextAtMs: timeMs("next_at_ms").notNull(),
    attempts: integer().notNull().default(0),
    reason: text(),
    sendingSinceMs: timeMs("sending_since_ms"),
  },
  (table) => [
    index("collectives_pending")
      .on(table.nextAtMs)
      .where(sql`state = 'pending'`),
    index("collectives_created").on(table.createdAtMs),
  ],
);

/** Which storm names an alert instead of a message of its own. */
export const stormAlerts = pgTable(
  "storm_alerts",
  {
    alertId: text("alert_id").primaryKey(),
    /** In the order in which they came. */
    ordinal: bigserial({ mode: "number" }).notNull(),
    stormId: text("storm_id").notNull(),
  },
  (table) => [
    index("storm_alerts_storm").on(table.stormId),
    foreignKey({
      name: "storm_alerts_alert",
      columns: [table.alertId],
      foreignColumns: [alerts.id],
    }).onDelete("cascade"),
    foreignKey({
      name: "storm_alerts_collective",
      columns: [table.stormId],
      foreignColumns: [collectives.id],
    }).onDelete("cascade"),
  ],
);

/** Ids are `m` and the number. `state` is the whole mute but for what the columns say. */
export const mutes = pgTable(
  "mutes",
  {
    id: bigserial({ mode: "number" }).primaryKey(),
    state: jsonb().$type<NewMute>().notNull(),
    hidden: integer().notNull().default(0),
    ended: jsonb().$type<Ending>(),
    endedAtMs: timeMs("ended_at_ms"),
  },
  (table) => [
    index("mutes_running")
      .on(table.id)
      .where(sql`ended is null`),
    index("mutes_ended").on(table.endedAtMs),
  ],
);

/** Ids are `p` and the number. */
export const proposals = pgTable(
  "proposals",
  {
    id: bigserial({ mode: "number" }).primaryKey(),
    state: jsonb().$type<NewProposal>().notNull(),
    atMs: timeMs("at_ms").notNull(),
    status: text().$type<Proposal["status"]>().notNull().default("proposed"),
    decidedBy: text("decided_by"),
    decidedAtMs: timeMs("decided_at_ms"),
    muteId: bigint("mute_id", { mode: "number" }),
  },
  (table) => [
    index("proposals_undecided")
      .on(table.id)
      .where(sql`status = 'proposed'`),
    index("proposals_at").on(table.atMs),
  ],
);

/** The ledger of silence: what was seen and not sent. */
export const silences = pgTable(
  "silences",
  {
    key: text().primaryKey(),
    environment: text().notNull(),
    service: text(),
    lastAtMs: timeMs("last_at_ms").notNull(),
    entry: jsonb().$type<LedgerEntry>().notNull(),
  },
  (table) => [
    index("silences_service").on(table.service, table.lastAtMs.desc().nullsFirst()),
    index("silences_last").on(table.lastAtMs.desc().nullsFirst()),
  ],
);

/** Cooldowns. A claim may outlive its alert's row, so there is no foreign key. */
export const claims = pgTable("claims", {
  key: text().primaryKey(),
  alertId: text("alert_id").notNull(),
  untilMs: timeMs("until_ms").notNull(),
});

export const baselines = pgTable(
  "baselines",
  {
    key: text().primaryKey(),
    state: jsonb().notNull(),
    updatedAtMs: timeMs("updated_at_ms").notNull(),
  },
  (table) => [index("baselines_updated").on(table.updatedAtMs)],
);

/** Series whose templates are stored, and in which version of the rows. */
export const learnedSeries = pgTable(
  "learned_series",
  {
    key: text().primaryKey(),
    version: integer().notNull(),
    lastSeenMs: timeMs("last_seen_ms").notNull(),
  },
  (table) => [index("learned_series_seen").on(table.lastSeenMs.desc().nullsFirst())],
);

export const learnedTemplates = pgTable(
  "learned_templates",
  {
    seriesKey: text("series_key").notNull(),
    templateId: text("template_id").notNull(),
    state: jsonb().$type<TemplateState>().notNull(),
  },
  (table) => [
    primaryKey({ name: "learned_templates_pkey", columns: [table.seriesKey, table.templateId] }),
    foreignKey({
      name: "learned_templates_series",
      columns: [table.seriesKey],
      foreignColumns: [learnedSeries.key],
    }).onDelete("cascade"),
  ],
);

/** Layers of what was ever seen of a series; `bits` is base64. */
export const learnedSeen = pgTable(
  "learned_seen",
  {
    seriesKey: text("series_key").notNull(),
    layer: integer().notNull(),
    keys: integer().notNull(),
    bits: text().notNull(),
  },
  (table) => [
    primaryKey({ name: "learned_seen_pkey", columns: [table.seriesKey, table.layer] }),
    foreignKey({
      name: "learned_seen_series",
      columns: [table.seriesKey],
      foreignColumns: [learnedSeries.key],
    }).onDelete("cascade"),
  ],
);

/** Cumulative counts of one (replica, epoch, pane). */
export const windowDeltas = pgTable(
  "window_deltas",
  {
    replica: text().notNull(),
    epochMs: timeMs("epoch_ms").notNull(),
    paneStartMs: timeMs("pane_start_ms").notNull(),
    version: bigint({ mode: "number" }).notNull(),
    payload: jsonb().$type<WindowDelta>().notNull(),
  },
  (table) => [
    primaryKey({ name: "window_deltas_pkey", columns: [table.replica, table.epochMs, table.paneStartMs] }),
    index("window_deltas_pane").on(table.paneStartMs),
  ],
);
