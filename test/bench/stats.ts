/** The value below which `share` of the samples lie, by the nearest rank; NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** `median of 7, 310 to 402`. */
export function spread(samples: readonly number[]): string {
  const [low, high] = [Math.min(...samples), Math.max(...samples)];
  const digits = high >= 100 ? 0 : 3;
  return `median of ${samples.length}, ${low.toFixed(digits)} to ${high.toFixed(digits)}`;
}
