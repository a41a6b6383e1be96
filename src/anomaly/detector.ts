import type { ClassicBaseline, Metric } from "../baseline/classic.ts";
import type { EpochMs } from "../log/time.ts";
import type { WindowStats } from "../window/windows.ts";
import type { Anomaly, Category } from "./anomaly.ts";

export interface DetectorInput {
  /** The sliding window that ends now. */
  readonly stats: WindowStats;
  readonly baseline: ClassicBaseline;
  /** Input has come long enough without a pause for volume and services to be judged. */
  readonly warm: boolean;
  readonly nowMs: EpochMs;
}

/** Adding one: a file like `error-spike.ts`, a line in `registry.ts`, a table of cases, a line in the README. */
export interface Detector {
  readonly category: Category;
  /** The metric whose learning is held while this fires. */
  readonly metric: Metric;
  /** At most one finding for all services of the environment together. */
  detect(input: DetectorInput): Anomaly | null;
  /** Does the condition of an earlier finding still hold, against what was expected then? */
  holds(expected: number, stats: WindowStats): boolean;
}

/** Strictly above, with room for the rounding of binary fractions: exactly 5 times 1.4 % is not above it. */
export function exceeds(value: number, bound: number): boolean {
  return value > bound + Math.abs(bound) * 1e-9;
}

/** observed / expected; null where nothing was expected. */
export function multiplierOf(observed: number, expected: number): number | null {
  return expected === 0 ? null : observed / expected;
}
