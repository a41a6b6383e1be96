import { LEVELS } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import type { ServiceStats, WindowStats } from "../window/windows.ts";
import {
  stepAverage,
  stepHeld,
  UNKNOWN_AVERAGE,
  type HeldAverage,
  type LearningOptions,
  type StepOutcome,
} from "./average.ts";

export const METRICS = ["errorRate", "totalLogs", "services"] as const;
export type Metric = (typeof METRICS)[number];

/** What is normal for one service; no rule of the classic three judges it, people and explanations use it. */
export interface ServiceBaseline {
  readonly totalLogs: number;
  readonly errorRate: number | null;
  readonly levels: readonly number[];
}

/** What is normal for one environment, all services together, per window of the configured length. */
export interface ClassicBaseline {
  readonly environment: string;
  readonly windowMs: number;
  readonly errorRate: HeldAverage;
  readonly totalLogs: HeldAverage;
  readonly services: HeldAverage;
  /** Shares by level, indexed as `LEVELS`; null until the first window. */
  readonly levels: readonly number[] | null;
  readonly perService: ReadonlyMap<string, ServiceBaseline>;
  readonly updatedAtMs: EpochMs;
}

export function emptyBaseline(environment: string, windowMs: number): ClassicBaseline {
  return {
    environment,
    windowMs,
    errorRate: UNKNOWN_AVERAGE,
    totalLogs: UNKNOWN_AVERAGE,
    services: UNKNOWN_AVERAGE,
    levels: null,
    perService: new Map(),
    updatedAtMs: 0,
  };
}

/** A completed, non-overlapping window and what is known about it. */
export interface CompletedWindow {
  readonly stats: WindowStats;
  /** Input came all through it; a pause makes its counts too low to learn volume from. */
  readonly continuous: boolean;
  /** When each metric first fired in an evaluation that overlaps this window; null where it did not. */
  readonly firedSinceMs: Readonly<Record<Metric, EpochMs | null>>;
}

export interface BaselineStep {
  readonly baseline: ClassicBaseline;
  /** Metrics whose lasting change has just become normal. */
  readonly adopted: readonly Metric[];
}

/** Steps every metric that this window may teach. */
export function stepBaseline(
  baseline: ClassicBaseline,
  window: CompletedWindow,
  nowMs: EpochMs,
  options: LearningOptions,
): BaselineStep {
  const { stats, continuous, firedSinceMs } = window;
  const step = (metric: Metric, current: number | null): StepOutcome =>
    current === null
      ? { average: baseline[metric], adopted: false }
      : stepHeld(baseline[metric], current, firedSinceMs[metric], nowMs, options);
  const steps: Record<Metric, StepOutcome> = {
    errorRate: step("errorRate", stats.errorRate),
    totalLogs: step("totalLogs", continuous ? stats.total : null),
    services: step("services", continuous ? stats.services.size : null),
  };
  const held = METRICS.some((metric) => firedSinceMs[metric] !== null && !steps[metric].adopted);
  return {
    baseline: {
      ...baseline,
      errorRate: steps.errorRate.average,
      totalLogs: steps.totalLogs.average,
      services: steps.services.average,
      levels: stats.total === 0 ? baseline.levels : stepLevels(baseline.levels, stats.levels, options.alpha),
      perService:
        held && options.relearnMs > 0 ? baseline.perService : stepServices(baseline, window, options.alpha),
      updatedAtMs: nowMs,
    },
    adopted: METRICS.filter((metric) => steps[metric].adopted),
  };
}

function stepLevels(old: readonly number[] | null, counts: readonly number[], alpha: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return LEVELS.map((_, i) => stepAverage(old?.[i] ?? null, (counts[i] ?? 0) / total, alpha));
}

/** A service whose average has sunk below this is gone. */
const FORGOTTEN_LOGS = 0.01;

function stepServices(
  baseline: ClassicBaseline,
  { stats, continuous }: CompletedWindow,
  alpha: number,
): ReadonlyMap<string, ServiceBaseline> {
  const next = new Map<string, ServiceBaseline>();
  for (const [key, old] of baseline.perService) {
    const current = stats.services.get(key);
    const totalLogs = continuous ? stepAverage(old.totalLogs, current?.total ?? 0, alpha) : old.totalLogs;
    if (current !== undefined) next.set(key, { ...stepService(old, current, alpha), totalLogs });
    else if (totalLogs >= FORGOTTEN_LOGS) next.set(key, { ...old, totalLogs });
  }
  for (const [key, current] of stats.services) {
    if (!next.has(key)) next.set(key, stepService(null, current, alpha));
  }
  return next;
}

function stepService(old: ServiceBaseline | null, current: ServiceStats, alpha: number): ServiceBaseline {
  return {
    totalLogs: current.total,
    errorRate: stepAverage(old?.errorRate ?? null, current.errors / current.total, alpha),
    levels: stepLevels(old?.levels ?? null, current.levels, alpha),
  };
}
