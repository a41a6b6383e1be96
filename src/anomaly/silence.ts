import type { SeriesModel } from "../baseline/series-model.ts";
import { surpriseBelow } from "../baseline/tail.ts";
import { findingKey, isCovered, severityOf, type Finding, type Look } from "./finding.ts";
import { count, duration } from "./words.ts";

const MIN_WEIGHT = 6;
const LONGEST_STEPS = 60;
/** Shorter gaps may be records that are on their way: they count when they are minutes late. */
const MIN_STEPS = 2.5;
/** A gap must cost so many times the records that the longest usual one did. */
const GAP_RATIO = 2;
/** In an hour of the day that was never seen so many times the records must be missing. */
const UNKNOWN_HOUR_MARGIN = 4;
/** Of the longest gap, per gap. */
const GAP_KEEP = 0.995;

/** Some write in batches: what their gaps usually cost is learnt, unless it was so much that it was told. */
function ended(series: SeriesModel): void {
  if (series.missing <= 0) return;
  if (series.usualMissing <= 0 || series.missing < 2 * GAP_RATIO * series.usualMissing) {
    series.usualMissing = Math.max(series.usualMissing * GAP_KEEP, series.missing);
  }
  series.missing = 0;
}

/** No record at all for longer than chance explains; whether its source or our input stopped is decided above. */
export function silence(series: SeriesModel, look: Look): Finding | null {
  const { stepMs, paneMs } = look.grid;
  const endMs = look.nowMs - Math.min(stepMs, Math.max(paneMs, series.lagMs));
  const gapMs = endMs - series.lastMs;
  if (gapMs < stepMs) ended(series);
  if (!look.warm || gapMs < MIN_STEPS * stepMs || series.counts.weight < MIN_WEIGHT) return null;
  if (!isCovered(look, gapMs) || series.lastMs <= series.goneMs) return null;
  const steps = Math.min(LONGEST_STEPS, Math.floor(gapMs / stepMs));
  const { low, mu } = series.counts.expectation(steps, endMs);
  series.missing = mu;
  if (low < GAP_RATIO * series.usualMissing) return null;
  // Below this no spread makes a gap of this length remarkable.
  if (!(low > look.tau * (series.counts.knowsHour(look.nowMs) ? 1 : UNKNOWN_HOUR_MARGIN))) return null;
  const spread = series.counts.slowSpread(steps > 15 ? 3 : steps > 5 ? 2 : 1, look.nowMs);
  const surprise = surpriseBelow(0, low, spread);
  const score = surprise / look.tau;
  const key = findingKey("silence", series);
  if (score < 1 && !look.isOpen(key)) return null;
  const perSecond = mu / ((steps * stepMs) / 1_000);
  return {
    key,
    detector: "silence",
    category: "silence",
    seriesKey: series.key,
    series: series.series,
    severity: severityOf(Math.max(score, perSecond > 1 ? 2.01 : 1.31)),
    score,
    surprise,
    observed: 0,
    expected: mu,
    range: [low, mu],
    onsetMs: series.lastMs,
    windowMs: gapMs,
    pattern: null,
    description: `${series.series.service}: no record for ${duration(gapMs)} where about ${count(mu)} were expected`,
    immediate: score >= 1.1,
    weak: false,
  };
}
