import type { EpochMs } from "../log/time.ts";

/** new = alpha × current + (1 − alpha) × old; the first value seeds. */
export function stepAverage(old: number | null, current: number, alpha: number): number {
  return old === null ? current : alpha * current + (1 - alpha) * old;
}

/** While a metric keeps firing, its average is held and a shadow learns instead. */
export interface Hold {
  readonly sinceMs: EpochMs;
  readonly shadow: number;
}

export interface HeldAverage {
  /** null until the first full window. */
  readonly value: number | null;
  readonly hold: Hold | null;
}

export const UNKNOWN_AVERAGE: HeldAverage = { value: null, hold: null };

export interface LearningOptions {
  readonly alpha: number;
  /** A change that lasted this long is taken as normal; 0 never holds (the original behaviour). */
  readonly relearnMs: number;
}

export interface StepOutcome {
  readonly average: HeldAverage;
  /** The shadow has just become the baseline. */
  readonly adopted: boolean;
}

/**
 * Steps by one completed window. `firedSinceMs` is when the metric first fired in an evaluation that overlaps the
 * window, null when none did; `nowMs` is the time of the step.
 */
export function stepHeld(
  held: HeldAverage,
  current: number,
  firedSinceMs: EpochMs | null,
  nowMs: EpochMs,
  options: LearningOptions,
): StepOutcome {
  const { value, hold } = held;
  if (value === null || firedSinceMs === null || options.relearnMs === 0) {
    return { average: { value: stepAverage(value, current, options.alpha), hold: null }, adopted: false };
  }
  const sinceMs = hold?.sinceMs ?? firedSinceMs;
  const shadow = stepAverage(hold?.shadow ?? value, current, options.alpha);
  if (nowMs - sinceMs >= options.relearnMs) return { average: { value: shadow, hold: null }, adopted: true };
  return { average: { value, hold: { sinceMs, shadow } }, adopted: false };
}
