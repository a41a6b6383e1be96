import type { Verbs } from "../alert/verbs.ts";
import type { Clock } from "../clock.ts";
import type { EpochMs } from "../log/time.ts";
import type { View } from "./blocks.ts";
import type { Roles } from "./roles.ts";

/** What is known of one service now. Rates are 0 to 1, null where nothing is known. */
export interface ServiceLine {
  readonly service: string;
  readonly environment: string;
  readonly logsPerMinute: number;
  readonly errorRate: number;
  readonly baseline: { readonly logsPerMinute: number | null; readonly errorRate: number | null };
  readonly state: "learning" | "normal" | "anomalous" | "silent";
  /** Until then, its first day, only what is plain is told of it; null afterwards. */
  readonly learningUntilMs: EpochMs | null;
  readonly lastSeenAtMs: EpochMs | null;
}

/** One pattern of a service's lines in the current window. */
export interface PatternLine {
  readonly environment: string;
  /** Redacted. */
  readonly template: string;
  readonly count: number;
}

/** Something that the service needs. */
export interface DependencyLine {
  readonly name: string;
  readonly state: "up" | "down" | "unused";
  readonly reason: string | null;
}

/** What the service can say about itself at once, without asking anybody. */
export interface Overview {
  services(): readonly ServiceLine[];
  /** The most frequent first. */
  patterns(service: string): readonly PatternLine[];
  /** What is the matter with the way that records come to us, the newest first. */
  pipeline(): readonly string[];
  dependencies(): Promise<readonly DependencyLine[]>;
  readonly version: string;
}

/** All that an answer may need. */
export interface Desk {
  readonly verbs: Verbs;
  readonly overview: Overview;
  readonly roles: Roles;
  readonly clock: Clock;
  view(): View;
}
