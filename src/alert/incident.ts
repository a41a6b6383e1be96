import type { EpochMs } from "../log/time.ts";
import type { Alert } from "./alert.ts";
import type { Tracked } from "./confirm.ts";

/** What belongs to one alert that is not over. */
export interface Incident {
  readonly alertId: string;
  readonly environment: string;
  /** Only watched: what people are told of never joins it, nor it them. */
  readonly shadow: boolean;
  readonly seriesKeys: Set<string>;
  readonly members: Map<string, Tracked>;
  lastActiveMs: EpochMs;
  /** When a finding was last seen at its full strength, not only not yet over. */
  lastStrongMs: EpochMs;
  peakedAtMs: EpochMs;
}

/** Members by where they are stored. */
export interface IncidentJson extends Omit<Incident, "seriesKeys" | "members"> {
  readonly seriesKeys: readonly string[];
  readonly members: readonly number[];
}

export function newIncident(
  { id, environment, shadow }: Pick<Alert, "id" | "environment" | "shadow">,
  nowMs: EpochMs,
): Incident {
  return {
    alertId: id,
    environment,
    shadow,
    seriesKeys: new Set(),
    members: new Map(),
    lastActiveMs: nowMs,
    lastStrongMs: nowMs,
    peakedAtMs: nowMs,
  };
}

/** `indexOf`: where a member is stored. */
export function incidentToJson(incident: Incident, indexOf: (tracked: Tracked) => number): IncidentJson {
  const { seriesKeys, members } = incident;
  return { ...incident, seriesKeys: [...seriesKeys], members: Array.from(members.values(), indexOf) };
}

export function incidentFromJson(json: IncidentJson, tracked: readonly Tracked[]): Incident {
  const members = json.members.flatMap((index) => tracked[index] ?? []);
  return {
    ...json,
    seriesKeys: new Set(json.seriesKeys),
    members: new Map(members.map((member) => [member.key, member])),
  };
}

/** What it told of is told when it is seen again. */
export function untell({ members }: Incident): void {
  for (const member of members.values()) {
    if (member.state === "open") member.state = "pending";
    member.alertId = null;
  }
}
