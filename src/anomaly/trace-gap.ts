import type { SeriesModel } from "../baseline/series-model.ts";
import { binomialSurprise } from "../baseline/tail.ts";
import { findingKey, severityOf, type Finding, type Look } from "./finding.ts";
import { count, duration, percent } from "./words.ts";

/** Steps of gaps that are judged together. */
const JUDGED_STEPS = 2;
const MIN_SLOW = 3;
const MIN_SHARE = 0.2;
/** Gaps of one trace come together: this many tell as much as one. */
const CLUSTERING = 1.5;

/** Lines of one trace that follow each other more slowly than they used to. */
export function traceGap(series: SeriesModel, look: Look): Finding | null {
  if (!look.isStep || series.gaps.size === 0) return null;
  let n = 0;
  let slow = 0;
  let expected = 0;
  let worst = "";
  let worstSlow = 0;
  for (const [pair, gap] of series.gaps) {
    if (!gap.known) continue;
    const judged = gap.judge(look.step, JUDGED_STEPS);
    n += judged.n;
    slow += judged.slow;
    expected += judged.n * judged.p;
    if (judged.slow > worstSlow) {
      worstSlow = judged.slow;
      worst = pair;
    }
  }
  if (slow < MIN_SLOW || slow < MIN_SHARE * Math.min(n, 20)) return null;
  const p = Math.min(0.5, expected / n);
  const surprise = binomialSurprise(Math.max(1, Math.round(slow / CLUSTERING)), Math.ceil(n / CLUSTERING), p);
  const score = surprise / look.tau;
  const key = findingKey("trace_gap", series);
  if (score < (look.isOpen(key) ? 0.5 : 1)) return null;
  const windowMs = JUDGED_STEPS * look.grid.stepMs;
  const [from = "", to = ""] = worst.split("\u001f");
  return {
    key,
    detector: "trace_gap",
    category: "slow_trace",
    seriesKey: series.key,
    series: series.series,
    severity: severityOf(score, 0),
    score,
    surprise,
    observed: slow / n,
    expected: p,
    range: [0, 2 * p],
    onsetMs: look.nowMs - windowMs,
    windowMs,
    pattern: to,
    description:
      `${series.series.service}: ${count(slow)} of ${count(n)} steps within traces took unusually long in ` +
      `${duration(windowMs)}, ${percent(slow / n)} against ${percent(p)}; most between ` +
      `"${from.slice(0, 80)}" and "${to.slice(0, 80)}"`,
    immediate: score >= 1.5,
    weak: score < 1,
  };
}
