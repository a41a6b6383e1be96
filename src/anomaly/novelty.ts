import type { SeriesModel } from "../baseline/series-model.ts";
import { surpriseAbove } from "../baseline/tail.ts";
import { findingKey, severityOf, type Finding, type Look } from "./finding.ts";
import { count, duration, percent, quote } from "./words.ts";

/** Templates that came up within so many steps are counted together. */
export const NOVELTY_STEPS = 15;
/** A service must be known for a day: until then most of what it logs is new. */
const MIN_WATCHED = 288;
const MIN_TEMPLATES = 6;
const MIN_RECORDS = 8;
/** Of the records since the first of them: a new feature that few use wakes nobody. */
const MIN_SHARE = 0.05;
/** What a service knew on its first day was all new once: it stands for so many in as long. */
const KNOWN_BEFORE = 2;
/** After a new version came up, its own templates are no surprise. */
const DEPLOYED_STEPS = 60;

/** Many templates at once that a service never logged before, whatever their level. */
export function novelty(series: SeriesModel, look: Look): Finding | null {
  if (!look.isStep || series.watchedBuckets < MIN_WATCHED * 0.9) return null;
  const { stepMs, bucketMs } = look.grid;
  const windowMs = NOVELTY_STEPS * stepMs;
  const fresh = series.freshPatterns(look.nowMs - windowMs);
  const [first] = fresh;
  const key = findingKey("novelty", series);
  const least = look.isOpen(key) ? MIN_TEMPLATES / 2 : MIN_TEMPLATES;
  if (first === undefined || fresh.length < least) return null;
  if (look.nowMs - series.deployedMs < DEPLOYED_STEPS * stepMs) return null;
  const steps = Math.min(NOVELTY_STEPS, Math.ceil((look.nowMs - first.firstMs) / stepMs));
  const records = fresh.reduce((sum, pattern) => sum + pattern.sum(look.step, steps), 0);
  const share = records / Math.max(1, series.total.steps(look.step, steps));
  if (records < MIN_RECORDS || share < MIN_SHARE) return null;
  const shape = series.newcomers + KNOWN_BEFORE;
  const expected = (shape / (series.watchedBuckets + MIN_WATCHED)) * (windowMs / bucketMs);
  // A rate that was counted and not known: gamma–Poisson.
  const surprise = surpriseAbove(fresh.length, expected, { kappa: 0, phi: 1 / shape });
  const score = surprise / look.tau;
  if (score < (look.isOpen(key) ? 0.5 : 1)) return null;
  const text = quote(look.textOf(series.key, first.pattern));
  return {
    key,
    detector: "novelty",
    category: "new_pattern",
    seriesKey: series.key,
    series: series.series,
    severity: severityOf(Math.min(score, 2)),
    score,
    surprise,
    observed: fresh.length,
    expected,
    range: [0, Math.ceil(2 * expected)],
    onsetMs: first.firstMs,
    windowMs,
    pattern: first.pattern,
    description:
      `${series.series.service}: ${count(fresh.length)} templates in ${duration(windowMs)} that never came before, ` +
      `${percent(share)} of the records; the first: ${text}`,
    immediate: false,
    weak: score < 1 || fresh.length < MIN_TEMPLATES,
  };
}
