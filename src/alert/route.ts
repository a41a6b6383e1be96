import type { Category, Severity } from "../anomaly/anomaly.ts";
import type { Alert } from "./alert.ts";

/** Where alerts of a kind go. Every condition that is given must hold; null matches all. */
export interface Route {
  readonly name: string;
  /** Names of services, `*` for any part of one. */
  readonly services: readonly string[] | null;
  readonly categories: readonly Category[] | null;
  readonly severities: readonly Severity[] | null;
  readonly environments: readonly string[] | null;
  /** null: the default channel. */
  readonly channel: string | null;
  /** A user group or user to mention in the first message; null: nobody. */
  readonly mention: string | null;
  /** Names of webhooks. */
  readonly webhooks: readonly string[];
}

/** Where one alert goes. */
export interface Destination {
  /** null: the default. */
  readonly route: string | null;
  readonly channel: string | null;
  readonly mention: string | null;
  readonly webhooks: readonly string[];
}

export const DEFAULT_DESTINATION: Destination = { route: null, channel: null, mention: null, webhooks: [] };

/** `*` stands for any part; matched without backtracking over more than one star at a time. */
export function globMatches(glob: string, name: string): boolean {
  const parts = glob.split("*");
  const [head = "", ...rest] = parts;
  if (rest.length === 0) return glob === name;
  const tail = rest.pop() ?? "";
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false;
  let from = head.length;
  const to = name.length - tail.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at === -1 || at + part.length > to) return false;
    from = at + part.length;
  }
  return true;
}

type Routed = Pick<Alert, "affectedServices" | "suspectedService" | "category" | "severity" | "environment">;

function holds(route: Route, alert: Routed): boolean {
  const { services, categories, severities, environments } = route;
  const names = alert.suspectedService === null ? alert.affectedServices : [alert.suspectedService];
  return (
    (services === null || names.some((name) => services.some((glob) => globMatches(glob, name)))) &&
    (categories === null || categories.includes(alert.category)) &&
    (severities === null || severities.includes(alert.severity)) &&
    (environments === null || environments.some((glob) => globMatches(glob, alert.environment)))
  );
}

/** The first route that matches; the default where none does. */
export function destinationOf(alert: Routed, routes: readonly Route[]): Destination {
  const route = routes.find((candidate) => holds(candidate, alert));
  if (route === undefined) return DEFAULT_DESTINATION;
  const { name, channel, mention, webhooks } = route;
  return { route: name, channel, mention, webhooks };
}
