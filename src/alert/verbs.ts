import type { Alert } from "./alert.ts";
import type { Actor, AlertEvent } from "./event.ts";
import type { AlertQuery } from "./repository.ts";

export type VerbOutcome =
  | { readonly kind: "done"; readonly alert: Alert }
  /** The alert's state forbids it; `message` is a sentence for people, `alert` the state that forbids it. */
  | { readonly kind: "refused"; readonly message: string; readonly alert: Alert }
  | { readonly kind: "not_found" }
  /** The database is out of reach; the caller may try again. */
  | { readonly kind: "unavailable"; readonly message: string };

/** What people can ask of alerts, from Slack and over HTTP alike. Never throws for a database out of reach. */
export interface AlertVerbs {
  get(id: string): Promise<Alert | null | "unavailable">;
  recent(query: AlertQuery): Promise<readonly Alert[] | "unavailable">;
  events(id: string): Promise<readonly AlertEvent[] | "unavailable">;
  acknowledge(id: string, actor: Actor): Promise<VerbOutcome>;
  resolve(id: string, actor: Actor): Promise<VerbOutcome>;
  /** Queues a re-analysis; refused while one is running. */
  analyze(id: string, actor: Actor): Promise<VerbOutcome>;
}
