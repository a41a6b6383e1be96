import type { EpochMs } from "../../../src/log/time.ts";

/** Something was said about a service at a time; `service` is null where it is about all of them. */
export interface Point {
  readonly service: string | null;
  readonly atMs: EpochMs;
}

/** One alert of any detector, ours or a peer's: all of them are scored in this shape. */
export interface Alarm {
  readonly openedAtMs: EpochMs;
  /** What it said when it opened, then what was added. */
  readonly points: readonly Point[];
  /** Services by suspicion, the first suspect first. */
  readonly suspects: readonly string[];
  readonly category: string;
  readonly severity: string;
}

/** Says nothing about an incident of a service: a note about a deployment, or about our own input. */
const NOTES: ReadonlySet<string> = new Set(["deployment", "ingestion_lag", "pipeline_issue"]);

export function isNote({ category }: Alarm): boolean {
  return NOTES.has(category);
}

/** An alert of a peer that looks at one service. */
export function serviceAlarm(service: string, atMs: EpochMs, category: string): Alarm {
  return {
    openedAtMs: atMs,
    points: [{ service, atMs }],
    suspects: [service],
    category,
    severity: "medium",
  };
}
