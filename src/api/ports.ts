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
  /** Until then, its first day, only what is plain is told of it; null afterwards. */
  readonly learningUntilMs: EpochMs | null;
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

/** One message template of a service, with what was counted for it. */
export interface ServicePattern {
  readonly id: string;
  /** With typed wildcards, redacted. */
  readonly template: string;
  /** Ids that it had before, and those of templates that it took in. */
  readonly aliases: readonly string[];
  readonly environment: string;
  /** "" for none. */
  readonly namespace: string;
  /** Since it was first seen. */
  readonly count: number;
  /** Over the window. */
  readonly perMinute: number;
  /** Records of the window by index into `LEVELS`. */
  readonly levels: readonly number[];
  readonly firstSeenAtMs: EpochMs | null;
  readonly lastSeenAtMs: EpochMs | null;
  /** Redacted lines of it. */
  readonly samples: readonly string[];
  /** Counts of equal steps, the oldest first; empty where nothing is kept. */
  readonly trend: {
    readonly startMs: EpochMs | null;
    readonly stepMs: number;
    readonly counts: readonly number[];
  };
}

/** What is known of the templates of each service. */
export interface PatternSource {
  /** All templates of the series with this name; null where no such series has logged. Never throws. */
  patterns(wanted: {
    readonly service: string;
    /** null: of any. */
    readonly environment: string | null;
    readonly namespace: string | null;
  }): readonly ServicePattern[] | null;
}
