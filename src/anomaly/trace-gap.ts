import type { SeriesModel } from "../baseline/series-model.ts";
import { binomialSurprise } from "../baseline/tail.ts";
import { findingKey, severityOf, type Finding, type Look } from "./finding.ts";
import { count, duration, percent } from "./words.ts";

/** Steps of gaps that are judged together. */
const JUDGED_STEPS = 2;
/** Watched buckets before a step within a trace may be called slow. */
const MIN_BUCKETS = 2.9;
const MIN_SLOW = 3;
const MIN_SHARE = 0.2;
/** Gaps of one trace come together: this many tell as much as one. */
const CLUSTERING = 1.5;

interface Judged {
  readonly pair: string;
  readonly n: number;
  readonly slow: number;
  readonly p: number;
  readonly surprise: number;
}

function judged(pair: string, n: number, slow: number, expected: number): Judged {
  const p = Math.min(0.5, expected / n);
  const trials = Math.ceil(n / CLUSTERING);
  const surprise = binomialSurprise(Math.max(1, Math.round(slow / CLUSTERING)), trials, p);
  return { pair, n, slow, p, surprise };
}

/** All pairs together, or the one that is most off: less what picking it among so many adds by chance. */
function mostOff(series: SeriesModel, look: Look): Judged | null {
  const pairs: Judged[] = [];
  let [n, slow, expected] = [0, 0, 0];
  for (const [pair, gap] of series.gaps) {
    if (!gap.known) continue;
    const seen = gap.judge(look.step, JUDGED_STEPS);
    if (seen.n === 0) continue;
    n += seen.n;
    slow += seen.slow;
    expected += seen.n * seen.p;
    pairs.push(judged(pair, seen.n, seen.slow, seen.n * seen.p));
  }
  const enough = pairs.filter((one) => one.slow >= MIN_SLOW && one.slow >= MIN_SHARE * Math.min(one.n, 20));
  const [first] = enough.toSorted((a, b) => b.surprise - a.surprise);
  const penalty = Math.log10(Math.max(1, pairs.length));
  const single = first === undefined ? null : { ...first, surprise: first.surprise - penalty };
  if (slow < MIN_SLOW || slow < MIN_SHARE * Math.min(n, 20)) return single;
  const all = judged(first?.pair ?? "", n, slow, expected);
  return single !== null && single.surprise > all.surprise ? single : all;
}

/** Lines of one trace that follow each other more slowly than they used to. */
export function traceGap(series: SeriesModel, look: Look): Finding | null {
  if (!look.isStep || series.gaps.size === 0 || series.watchedBuckets < MIN_BUCKETS) return null;
  const found = mostOff(series, look);
  if (found === null) return null;
  const { n, slow, p, surprise, pair: worst } = found;
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
