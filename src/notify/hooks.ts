import { severityRank } from "../anomaly/anomaly.ts";
import type { Alert } from "../alert/alert.ts";
import type { AlertEvent } from "../alert/event.ts";
import type { NewDelivery } from "../alert/repository.ts";
import { destinationOf, type Route } from "../alert/route.ts";

/** Those of `names` that get this alert: its route's, and every one that no route names. */
export function hooksFor(
  alert: Alert,
  routes: readonly Route[],
  names: readonly string[],
): readonly string[] {
  const routed = new Set(routes.flatMap(({ webhooks }) => webhooks));
  const own = new Set(destinationOf(alert, routes).webhooks);
  return names.filter((name) => own.has(name) || !routed.has(name));
}

/** What webhooks are told because of a commit that tells people: each new state once. */
export function hookDeliveries(
  told: readonly NewDelivery[],
  before: Alert | null,
  after: Alert,
  events: readonly AlertEvent[],
  hooks: readonly string[],
): readonly NewDelivery[] {
  const posts = told.some(({ kind }) => kind === "post");
  if (!posts && !told.some(({ kind }) => kind === "update")) return [];
  const graver = before !== null && severityRank(after.severity) > severityRank(before.severity);
  const again = events.some(({ type }) => type === "reopened");
  const kind = posts || graver || again ? ("post" as const) : ("update" as const);
  return hooks.map((hook) => ({ kind, hook }));
}
