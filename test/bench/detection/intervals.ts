import { Random } from "./random.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const Z95 = 1.959963984540054;

/** Wilson's 95 % interval of a share; all of [0, 1] where nothing was tried. */
export function wilson(hits: number, tries: number): Interval {
  if (tries === 0) return { low: 0, high: 1 };
  const share = hits / tries;
  const z2 = Z95 * Z95;
  const centre = share + z2 / (2 * tries);
  const half = Z95 * Math.sqrt((share * (1 - share)) / tries + z2 / (4 * tries * tries));
  const scale = 1 + z2 / tries;
  return { low: Math.max(0, (centre - half) / scale), high: Math.min(1, (centre + half) / scale) };
}

const RESAMPLES = 500;

/** 95 % percentile interval of a figure over groups (seeds, days, testbeds) drawn with replacement. */
export function bootstrap<T>(
  groups: readonly T[],
  label: string,
  figure: (drawn: readonly T[]) => number,
): Interval {
  if (groups.length === 0) return { low: Number.NaN, high: Number.NaN };
  const random = new Random(`bootstrap/${label}`);
  const figures = Array.from({ length: RESAMPLES }, () => figure(groups.map(() => random.pick(groups))))
    .filter((value) => !Number.isNaN(value))
    .toSorted((a, b) => a - b);
  const at = (share: number): number => figures[Math.round(share * (figures.length - 1))] ?? Number.NaN;
  return { low: at(0.025), high: at(0.975) };
}
