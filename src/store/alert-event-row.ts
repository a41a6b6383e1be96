import type { AlertEvent } from "../alert/event.ts";
import type { alertEvents } from "./schema.ts";

type Row = typeof alertEvents.$inferSelect;

export function eventRow(alertId: string, seq: number, event: AlertEvent): Row {
  const { type, atMs, actor, ...payload } = event;
  return { alertId, seq, type, atMs, actor, payload };
}

/** Rows are written by `eventRow` alone, so that type and payload belong together. */
export function eventOf(row: Row): AlertEvent {
  return { ...row.payload, type: row.type, atMs: row.atMs, actor: row.actor } as AlertEvent;
}
