import type { EpochMs } from "../log/time.ts";
import type { ByteBudget } from "../otlp/byte-budget.ts";

export const SERVICE_STATES = ["learning", "normal", "anomalous", "silent"] as const;
export type ServiceState = (typeof SERVICE_STATES)[number];

/** What is known of one service now. Rates are 0 to 1, null where nothing is known. */
export interface ServiceStatus {
  readonly service: string;
  readonly namespace: string;
  readonly environment: string;
  readonly logsPerMinute: number;
  readonly errorRate: number;
  readonly baseline: { readonly logsPerMinute: number | null; readonly errorRate: number | null };
  readonly state: ServiceState;
  readonly lastSeenAtMs: EpochMs | null;
}

/** Something that the service needs, as `/readyz` shows it. */
export interface Dependency {
  readonly name: string;
  /** `unused`: not configured, so that nothing is missing. */
  readonly state: "up" | "down" | "unused";
  /** A word of a closed set; never holds a secret or received text. */
  readonly reason: string | null;
}

/** The bytes that all bodies being read may hold together. */
export type BodyBudget = Pick<ByteBudget, "lease">;
