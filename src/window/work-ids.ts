import type { LogRecord } from "../log/batch.ts";

/** Where records without a trace say which request they belong to. */
const REQUEST_ATTRIBUTES = [
  "request_id",
  "request.id",
  "requestId",
  "correlation_id",
  "correlation.id",
  "correlationId",
  "http.request.id",
  "http.request.header.x-request-id",
] as const;
const MAX_ID_CHARS = 64;
const MAX_BODY_CHARS = 4_000;
const MAX_IDS = 8;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** A request is named with or without a prefix: by its UUID, if there is one. */
function idOf(value: string): string {
  return (value.match(UUID)?.[0] ?? value).toLowerCase();
}

/**
 * What one record names that records of other services may name too: its request, and the things (volumes, orders,
 * instances) whose UUIDs are in its text. Most likely the same work, where there is no trace to say so.
 */
export function workIds({ attributes, body }: Pick<LogRecord, "attributes" | "body">): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const name of REQUEST_ATTRIBUTES) {
    const value = attributes.get(name);
    if (typeof value === "string" && value !== "" && value.length <= MAX_ID_CHARS) ids.add(idOf(value));
  }
  for (const [uuid] of body.slice(0, MAX_BODY_CHARS).matchAll(UUID)) {
    if (ids.size >= MAX_IDS) break;
    ids.add(uuid.toLowerCase());
  }
  return ids;
}
