import type { EpochMs } from "../log/time.ts";
import type { Grid } from "../window/grid.ts";
import { WINDOW_STEPS } from "./count-model.ts";
import type { PendingBucket } from "./pending-buckets.ts";
import type { SeriesModel } from "./series-model.ts";

/** A bucket is learnt when it is this many buckets old: what starts slowly must not teach first. */
const LEARN_LAG = 6;
/** A young series knows nothing yet that could be spoilt. */
const YOUNG_LAG = 1;
const YOUNG_BUCKETS = 24;
const FOLLOW_LAG = 2;
const ADOPT_AFTER_BUCKETS = 18;
const DISTURBED_WEIGHT = 0.02;
const ODD_WEIGHT = 0.01;
const NO_DATA_BUCKETS = 12;
const PATTERN_HALF_LIFE_BUCKETS = 2_016;
const PATTERN_KEEP = 2 ** (-1 / PATTERN_HALF_LIFE_BUCKETS);
/** Patterns must be learnt while their few minutes of counts are still there. */
const PATTERN_LAG = 1;

/** What closing a bucket has led to. */
export type Closing = "learnt" | "adopted";

/** Closes the bucket that starts at `startMs`: remembers it, and learns what is old enough by now. */
export function closeBucket(series: SeriesModel, grid: Grid, startMs: EpochMs, disturbed: boolean): Closing {
  const step = Math.floor((startMs + grid.bucketMs) / grid.stepMs) - 1;
  const sums = (rings: SeriesModel["total"]): number[] =>
    WINDOW_STEPS.map((steps) => (steps === 1 ? largestStep(rings, step) : rings.steps(step, steps)));
  const bucket: PendingBucket = {
    sample: series.counts.sample(startMs, sums(series.total)),
    errors: sums(series.errors),
    warnings: sums(series.warnings),
    disturbed,
  };
  // The longest window holds what came before the input; it says nothing yet.
  if (series.counts.weight < NO_DATA_BUCKETS) forgetLongWindow(bucket, series.counts.weight);
  series.pending.push(bucket);
  series.watchedBuckets = series.watchedBuckets * PATTERN_KEEP + 1;
  series.novelty *= PATTERN_KEEP;
  series.newcomers *= PATTERN_KEEP;
  series.disturbedBuckets = disturbed ? series.disturbedBuckets + 1 : 0;
  const followed = series.pending.at(-1 - FOLLOW_LAG);
  // What waits was held against a level that is over.
  if (followed !== undefined && series.counts.follow(followed.sample, followed.disturbed))
    series.pending.clear();
  learnPatterns(series, grid, step, disturbed);
  const lag = series.counts.weight < YOUNG_BUCKETS ? YOUNG_LAG : LEARN_LAG;
  // Once it reports, what it reports on is not to be learnt, though it came in before.
  if (disturbed) series.pending.disturb(2);
  while (series.pending.length > lag) {
    const oldest = series.pending.shift();
    if (oldest !== undefined) learn(series, oldest);
  }
  return adopt(series, bucket);
}

/** Of one bucket: a burst within it must not look odd only because its bucket is spread evenly. */
function largestStep(rings: SeriesModel["total"], lastStep: number): number {
  let largest = 0;
  for (let i = 0; i < 5; i++) largest = Math.max(largest, rings.steps(lastStep - i, 1));
  return largest;
}

function forgetLongWindow({ sample }: PendingBucket, weight: number): void {
  for (const expected of [sample.slow, sample.nearSlow, sample.nearFast] as number[][]) {
    for (const i of [2, 3]) if ((WINDOW_STEPS[i] ?? 0) / 5 > weight + 1) expected[i] = NaN;
  }
}

function learn(series: SeriesModel, bucket: PendingBucket): void {
  const weight = weightOf(series, bucket);
  const { sample, errors, warnings } = bucket;
  series.counts.learn(sample, weight);
  series.errorShare.learn(sample.counts, errors, sample.slow, weight);
  series.warningShare.learn(sample.counts, warnings, sample.slow, weight);
}

/** Less for what looks wrong, unless the same time of day looked so before. */
function weightOf(series: SeriesModel, { sample, disturbed }: PendingBucket): number {
  if (series.counts.weight < YOUNG_BUCKETS) return disturbed ? DISTURBED_WEIGHT : 1;
  const odd = series.counts.oddness(sample);
  const recurs = odd >= 3 && series.oddDays.recurs(sample.startMs);
  if (odd >= 3) series.oddDays.saw(sample.startMs);
  if (recurs) return 1;
  const byOddness = odd < 3 ? 1 : odd > 5 ? ODD_WEIGHT : 10 ** (3 - odd);
  return disturbed ? Math.min(DISTURBED_WEIGHT, byOddness) : byOddness;
}

function learnPatterns(series: SeriesModel, grid: Grid, closedStep: number, disturbed: boolean): void {
  const stepsPerBucket = Math.round(grid.bucketMs / grid.stepMs);
  const lastStep = closedStep - PATTERN_LAG * stepsPerBucket;
  const records = series.total.steps(lastStep, stepsPerBucket);
  // What goes on and on becomes known, as a lasting change does.
  const lasting = series.disturbedBuckets / ADOPT_AFTER_BUCKETS;
  const weight = disturbed ? Math.min(1, Math.max(DISTURBED_WEIGHT, lasting * lasting)) : 1;
  if (records > 0) {
    const usual = series.patternSpread;
    for (const pattern of series.patterns.values()) {
      const count = pattern.sum(lastStep, stepsPerBucket);
      if (pattern.buckets > 2) usual.learn(count, (pattern.learnt / pattern.exposure) * records, weight / 4);
      if (count > 0 || pattern.firstMs <= (lastStep + 1) * grid.stepMs) {
        pattern.learn(count, records, PATTERN_KEEP, weight);
      }
    }
  }
  series.exceptions.learn(lastStep, stepsPerBucket, PATTERN_KEEP, weight);
  for (const gap of series.gaps.values()) {
    gap.learn(lastStep, disturbed ? 0 : 1);
    gap.decay();
  }
}

/** Reported on for so long that it is how things are now. */
function adopt(series: SeriesModel, { sample, errors }: PendingBucket): Closing {
  if (series.disturbedBuckets < ADOPT_AFTER_BUCKETS) return "learnt";
  series.disturbedBuckets = 0;
  const hour = sample.counts[3] ?? 0;
  const expected = sample.slow[3] ?? NaN;
  if (expected > 0) series.counts.adopt((hour + 1) / (expected + 1), sample.startMs);
  if (hour === 0) series.goneMs = sample.startMs;
  if (hour > 0) series.errorShare.adopt((errors[3] ?? 0) / hour);
  series.pending.clear();
  return "adopted";
}
