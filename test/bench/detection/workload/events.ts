import type { EpochMs } from "../../../../src/log/time.ts";

/** By what a fault can be seen at all; the oracle judges each and takes the clearest. */
export type Measure = "more" | "less" | "errors" | "novel" | "warnings";

/** Families with a recall bar of their own. */
export type Family = "silence" | "spike" | "new_error" | "step" | "other";

interface FaultShape {
  readonly minutes: readonly [number, number];
  readonly magnitude: readonly [number, number];
  readonly measures: readonly Measure[];
  readonly family: Family;
  /** There at once, so that its time to detect is held to a bar. */
  readonly isAbrupt: boolean;
}

const ABRUPT = { isAbrupt: true } as const;
const GRADUAL = { isAbrupt: false } as const;

/** Section 5.12. `magnitude` is a factor, a share or a rate per minute, as the name says. */
export const FAULTS = {
  error_burst: { minutes: [10, 40], magnitude: [0.05, 0.5], measures: ["errors"], family: "spike", ...ABRUPT },
  error_step: { minutes: [60, 240], magnitude: [2.5, 6], measures: ["errors"], family: "step", ...ABRUPT },
  error_ramp: { minutes: [60, 180], magnitude: [5, 10], measures: ["errors"], family: "other", ...GRADUAL },
  new_error_template: { minutes: [20, 90], magnitude: [0.5, 3], measures: ["errors", "novel"], family: "new_error", ...ABRUPT },
  volume_spike: { minutes: [10, 40], magnitude: [2.5, 10], measures: ["more"], family: "spike", ...ABRUPT },
  volume_step: { minutes: [60, 240], magnitude: [1.5, 2.2], measures: ["more"], family: "step", ...ABRUPT },
  volume_drop: { minutes: [30, 120], magnitude: [0.2, 0.6], measures: ["less"], family: "other", ...ABRUPT },
  silence: { minutes: [10, 60], magnitude: [0, 0], measures: ["less"], family: "silence", ...ABRUPT },
  crash_loop: { minutes: [20, 60], magnitude: [3, 5], measures: ["less", "errors", "novel"], family: "other", ...ABRUPT },
  log_storm: { minutes: [10, 40], magnitude: [3, 10], measures: ["more"], family: "other", ...ABRUPT },
  level_mix: { minutes: [30, 120], magnitude: [0.3, 0.8], measures: ["warnings"], family: "other", ...ABRUPT },
  template_flood: { minutes: [20, 60], magnitude: [20, 60], measures: ["novel"], family: "other", ...ABRUPT },
  exception_swap: { minutes: [60, 240], magnitude: [1, 1], measures: ["novel"], family: "other", ...ABRUPT },
  bad_version: { minutes: [30, 120], magnitude: [0.2, 0.6], measures: ["errors"], family: "other", ...ABRUPT },
  cascade: { minutes: [15, 40], magnitude: [0.1, 0.5], measures: ["errors", "novel"], family: "other", ...ABRUPT },
  slow_boil: { minutes: [720, 1_440], magnitude: [0.05, 0.05], measures: ["more"], family: "other", ...GRADUAL },
  poison: { minutes: [5, 5], magnitude: [3, 6], measures: ["more"], family: "other", ...ABRUPT },
} as const satisfies Readonly<Record<string, FaultShape>>; // prettier-ignore

export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS: readonly FaultKind[] = [
  "error_burst", "error_step", "error_ramp", "new_error_template", "volume_spike", "volume_step", "volume_drop",
  "silence", "crash_loop", "log_storm", "level_mix", "template_flood", "exception_swap", "bad_version", "cascade",
  "slow_boil", "poison",
]; // prettier-ignore

/** Changes that people make; none may wake anybody. The first two may be told once. */
export type BenignKind =
  | "deploy_shift"
  | "sampling_change"
  | "scale_out"
  | "new_service"
  | "holiday"
  | "month_end"
  | "dst";

/** Findings about the pipeline, never incidents of a service. */
export type PremiseKind =
  | "old_logs"
  | "duplicate_batch"
  | "collector_restart"
  | "own_restart"
  | "skew_ahead"
  | "skew_behind"
  | "ingestion_lag";

export const GLOBAL_PREMISES: readonly PremiseKind[] = [
  "old_logs",
  "duplicate_batch",
  "collector_restart",
  "own_restart",
];
export const SERVICE_PREMISES: readonly PremiseKind[] = ["skew_ahead", "skew_behind", "ingestion_lag"];

export interface Span {
  readonly service: number;
  readonly name: string;
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
}

interface EventTimes {
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  /** The first is where it began; none stands for all services. */
  readonly spans: readonly Span[];
  readonly magnitude: number;
}

export interface FaultEvent extends EventTimes {
  readonly role: "fault";
  readonly kind: FaultKind;
  /** A repetition of an earlier fault: neither to be found nor a false alert. */
  readonly isRepeated: boolean;
}

export interface BenignEvent extends EventTimes {
  readonly role: "benign";
  readonly kind: BenignKind;
}

export interface PremiseEvent extends EventTimes {
  readonly role: "premise";
  readonly kind: PremiseKind;
}

export type WorkloadEvent = FaultEvent | BenignEvent | PremiseEvent;

export function isActive({ startMs, endMs }: { startMs: EpochMs; endMs: EpochMs }, atMs: EpochMs): boolean {
  return atMs >= startMs && atMs < endMs;
}
