import type { EpochMs } from "../log/time.ts";

export const GRADES = ["confirmed", "refuted", "unknown"] as const;
export type Grade = (typeof GRADES)[number];

export interface Stopped {
  readonly service: string;
  readonly template: string;
  readonly lastSeenAtMs: EpochMs;
}

/** What happened shortly before it stopped. */
export interface Preceding {
  readonly kind: "change" | "restart";
  /** null: of all services, or not known. */
  readonly service: string | null;
  readonly what: string;
  readonly ref: string | null;
  readonly atMs: EpochMs;
}

/** How an alert ended, from data alone, and what that says of the cause that was named. */
export interface Aftermath {
  readonly stopped: Stopped | null;
  readonly preceded: Preceding | null;
  readonly grade: Grade;
  readonly because: string;
  /** All of it, for people. */
  readonly text: string;
}
