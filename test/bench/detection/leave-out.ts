import type { Interval } from "./intervals.ts";

export interface LeftOut {
  readonly group: string;
  /** The figure over all other groups. */
  readonly value: number;
}

/** What leaving one group out at a time makes of a figure. */
export interface LeaveOut {
  readonly figure: string;
  readonly dimension: string;
  readonly all: number;
  readonly interval: Interval;
  readonly rows: readonly LeftOut[];
  /** No group moves the figure out of its interval. */
  readonly isStable: boolean;
}

export interface LeaveOutInput<T> {
  readonly figure: string;
  readonly dimension: string;
  readonly items: readonly T[];
  readonly groupOf: (item: T) => string;
  readonly value: (items: readonly T[]) => number;
  readonly interval: Interval;
}

export function leaveOut<T>(input: LeaveOutInput<T>): LeaveOut {
  const { figure, dimension, items, groupOf, value, interval } = input;
  const groups = [...new Set(items.map(groupOf))].toSorted();
  const rows = groups.map((group) => ({
    group,
    value: value(items.filter((item) => groupOf(item) !== group)),
  }));
  const isWithin = (at: number): boolean => Number.isNaN(at) || (at >= interval.low && at <= interval.high);
  return {
    figure,
    dimension,
    all: value(items),
    interval,
    rows,
    isStable: rows.every((row) => isWithin(row.value)),
  };
}
