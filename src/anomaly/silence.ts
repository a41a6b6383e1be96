import type { SeriesModel } from "../baseline/series-model.ts";
import { surpriseBelow } from "../baseline/tail.ts";
import { findingKey, isCovered, severityOf, type Finding, type Look } from "./finding.ts";
import { count, duration } from "./words.ts";

const MIN_WEIGHT = 6;
const LONGEST_STEPS = 60;

/** No record at all for longer than chance explains; whether its source or our input stopped is decided above. */
export function silence(series: SeriesModel, look: Look): Finding | null {
  const { stepMs, paneMs } = look.grid;
  const endMs = look.nowMs - Math.min(stepMs, Math.max(paneMs, series.lagMs));
  const gapMs = endMs - series.lastMs;
  if (!look.warm || gapMs < stepMs || series.counts.weight < MIN_WEIGHT) return null;
  if (!isCovered(look, gapMs)) return null;
  const steps = Math.min(LONGEST_STEPS, Math.floor(gapMs / stepMs));
  const { low, mu } = series.counts.expectation(steps, endMs);
  // Below this no spread makes a gap of this length remarkable.
  if (!(low > look.tau)) return null;
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
