import type { PatternState } from "../baseline/pattern-model.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import { surpriseAbove, surpriseBelow } from "../baseline/tail.ts";
import { findingKey, isCovered, severityOf, type Finding, type Look } from "./finding.ts";
import { count, duration, quote, times } from "./words.ts";

const WINDOW_STEPS = 5;
/** Learnt buckets before a template is judged. */
const MIN_BUCKETS = 3;
const MIN_COUNT = 5;
const UP_RATIO = 2.5;
/** What is no error may come and go with what users do: half a day must be known, and the rise be large. */
const MIN_BUCKETS_PLAIN = 144;
const MIN_PLAIN = 30;
const PLAIN_RATIO = 5;
const MIN_EXPECTED = 8;
const DOWN_RATIO = 0.25;
/** Learnt buckets up to which a pattern is new, and the share of what is missed that makes it a substitute. */
const YOUNG_BUCKETS = 6;
const REPLACED_SHARE = 0.4;
/** Of all templates of all services together, among the findings of one look. */
const FALSE_DISCOVERY_RATE = 0.05;
/** Rarer patterns than this share of the series are too noisy to be told by their share. */
const KEEP_SCORE = 0.5;

interface Candidate {
  readonly series: SeriesModel;
  readonly pattern: PatternState;
  readonly side: "up" | "down";
  readonly observed: number;
  readonly expected: number;
  readonly surprise: number;
  readonly isOpen: boolean;
}

/** Templates that come much more or much less often than their share of the service's records. */
export function patternRates(models: Iterable<SeriesModel>, look: Look): Finding[] {
  if (!look.isStep || !look.warm || !isCovered(look, WINDOW_STEPS * look.grid.stepMs)) return [];
  const candidates: Candidate[] = [];
  let tests = 0;
  for (const series of models) {
    if (series.patterns.size === 0 || series.counts.weight < MIN_BUCKETS) continue;
    const total = series.total.steps(look.step, WINDOW_STEPS);
    const usual = series.expect(look.step, look.nowMs)[1]?.mu ?? 0;
    tests += series.patterns.size;
    for (const pattern of series.patterns.values()) {
      const found = judge(series, pattern, look, total, usual);
      if (found !== null) candidates.push(found);
    }
  }
  return discovered(candidates, tests, look);
}

function judge(
  series: SeriesModel,
  pattern: PatternState,
  look: Look,
  total: number,
  usual: number,
): Candidate | null {
  if (pattern.exposure <= 0 || pattern.buckets < MIN_BUCKETS) return null;
  // Only what came in nearly every bucket is missed; what has not come lately is not too much.
  const isSteady = pattern.hits >= 0.9 * pattern.buckets;
  if (!isSteady && pattern.newestStep <= look.step - WINDOW_STEPS) return null;
  const share = pattern.learnt / pattern.exposure;
  const x = pattern.sum(look.step, WINDOW_STEPS);
  const high = share * Math.max(total, usual) + 0.5 / pattern.buckets;
  const low = share * Math.min(total, 2 * usual + 20);
  const isUp = isError(pattern)
    ? x >= MIN_COUNT && x >= UP_RATIO * high
    : pattern.buckets >= MIN_BUCKETS_PLAIN && x >= MIN_PLAIN && x >= PLAIN_RATIO * high;
  if (isUp) {
    const surprise = surpriseAbove(x, high, series.patternSpread.spread(0.1));
    const key = keyOf(series, pattern, "up");
    return { series, pattern, side: "up", observed: x, expected: high, surprise, isOpen: look.isOpen(key) };
  }
  if (isSteady && low >= MIN_EXPECTED && x <= DOWN_RATIO * low && !isReplaced(series, look, low - x)) {
    const surprise = surpriseBelow(x, low, series.patternSpread.spread(0.1));
    const key = keyOf(series, pattern, "down");
    return { series, pattern, side: "down", observed: x, expected: low, surprise, isOpen: look.isOpen(key) };
  }
  return null;
}

/** A pattern that is new takes up what is missed: its text has changed, or is told apart otherwise now. */
function isReplaced(series: SeriesModel, look: Look, missed: number): boolean {
  let fresh = 0;
  for (const pattern of series.patterns.values()) {
    if (pattern.buckets <= YOUNG_BUCKETS) fresh += pattern.sum(look.step, WINDOW_STEPS);
  }
  return fresh >= REPLACED_SHARE * missed;
}

function isError({ grade }: PatternState): boolean {
  return grade >= 2;
}

function keyOf(series: SeriesModel, pattern: PatternState, side: "up" | "down"): string {
  return findingKey("pattern_rate", series, `${side} ${pattern.pattern}`);
}

/** Benjamini–Hochberg over all templates of the look, and the budget's threshold, less one for the second look. */
function discovered(candidates: readonly Candidate[], tests: number, look: Look): Finding[] {
  const sorted = candidates.toSorted((a, b) => b.surprise - a.surprise);
  let needed = Infinity;
  for (const [i, { surprise }] of sorted.entries()) {
    if (surprise >= Math.log10(tests / (FALSE_DISCOVERY_RATE * (i + 1)))) needed = surprise;
  }
  const tau = Math.max(look.tau - 1, Math.min(needed, look.tau + 2));
  return sorted.flatMap((candidate) => {
    const score = candidate.surprise / (tau * (look.strictness?.(candidate.series) ?? 1));
    const isStrong = score >= 1 && candidate.surprise >= needed;
    if (!isStrong && !(candidate.isOpen && score >= KEEP_SCORE)) return [];
    return [finding(candidate, look, score, !isStrong)];
  });
}

function finding(candidate: Candidate, look: Look, score: number, weak: boolean): Finding {
  const { series, pattern, side, observed, expected, surprise } = candidate;
  const windowMs = WINDOW_STEPS * look.grid.stepMs;
  const isGrave = isError(pattern);
  const up = side === "up";
  const sd = Math.sqrt(expected + 0.25 * expected ** 2);
  return {
    key: keyOf(series, pattern, side),
    detector: "pattern_rate",
    category: up ? (isGrave ? "error_mix" : "pattern_spike") : "pattern_drop",
    seriesKey: series.key,
    series: series.series,
    severity: severityOf(score, isGrave ? 1 : 0),
    score,
    surprise,
    observed,
    expected,
    range: [Math.max(0, expected - 2 * sd), expected + 2 * sd],
    onsetMs: look.nowMs - windowMs,
    windowMs,
    pattern: pattern.pattern,
    description:
      `${series.series.service}: ${quote(look.textOf(series.key, pattern.pattern))} ${count(observed)} times in ` +
      `${duration(windowMs)} against about ${count(expected)}${up ? times(observed / expected) : ""}`,
    immediate: false,
    weak,
  };
}
