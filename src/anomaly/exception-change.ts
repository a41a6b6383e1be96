import type { PatternState } from "../baseline/pattern-model.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import { findingKey, isCovered, severityOf, type Finding, type Look } from "./finding.ts";
import { mixChange, type Share } from "./mix.ts";
import { count, duration, percent, quote } from "./words.ts";

const WINDOW_STEPS = 10;
/** Watched buckets before it is judged, decayed: most of a day, for what a service throws by night. */
const MIN_BUCKETS = 250;
/** Steps of the window, and of each half of it, in which the type that changed must have come: a burst is no change. */
const MIN_STEPS = 5;
const MIN_STEPS_IN_HALF = 2;
/** Exceptions learnt, and now, before a mix can be told. */
const MIN_LEARNT = 20;
const MIN_COUNT = 10;
/** Of one type that changed. */
const MIN_TYPE = 5;
/** In bits: a shift that is certain and small is none to be told of. */
const MIN_DIVERGENCE = 0.1;
/** One failure throws several times, and failures of one kind come together. */
const CLUSTERING = 4;
/** Added to the threshold: errors are told by others as well. */
const EXTRA = 2;

interface Kind extends Share {
  readonly type: PatternState;
}

function kindsOf({ exceptions }: SeriesModel, step: number): readonly Kind[] {
  return Array.from(exceptions.types.values(), (type) => ({
    type,
    observed: type.sum(step, WINDOW_STEPS),
    learnt: type.learnt,
  })).filter(({ observed, learnt }) => observed + learnt > 0);
}

function goesOn(type: PatternState, step: number): boolean {
  const half = WINDOW_STEPS / 2;
  let [late, early] = [0, 0];
  for (let i = 0; i < half; i++) {
    if (type.sum(step - i, 1) > 0) late += 1;
    if (type.sum(step - half - i, 1) > 0) early += 1;
  }
  return late + early >= MIN_STEPS && Math.min(late, early) >= MIN_STEPS_IN_HALF;
}

function isJudged({ exceptions, watchedBuckets }: SeriesModel, look: Look): boolean {
  if (!look.isStep || !look.warm || exceptions.types.size === 0) return false;
  return watchedBuckets >= MIN_BUCKETS && isCovered(look, WINDOW_STEPS * look.grid.stepMs);
}

/** Exceptions of a type that is new, or another mix of types, whatever the number of errors. */
export function exceptionChange(series: SeriesModel, look: Look): Finding | null {
  if (!isJudged(series, look)) return null;
  const kinds = kindsOf(series, look.step);
  const change = mixChange(kinds, CLUSTERING);
  const { most, total, learnt } = change;
  if (most === null || learnt < MIN_LEARNT || total < MIN_COUNT || most.observed < MIN_TYPE) return null;
  if (!goesOn(most.type, look.step)) return null;
  const key = findingKey("exception_change", series);
  const score = change.surprise / (look.tau + EXTRA);
  const isOpen = look.isOpen(key);
  if (change.divergence < MIN_DIVERGENCE / (isOpen ? 2 : 1) || score < (isOpen ? 0.5 : 1)) return null;
  const windowMs = WINDOW_STEPS * look.grid.stepMs;
  const [now, usual] = [most.observed / total, most.learnt / learnt];
  const against = most.learnt < 1 ? "a type that is new" : `${percent(now)} against ${percent(usual)}`;
  return {
    key,
    detector: "exception_change",
    category: "exception_change",
    seriesKey: series.key,
    series: series.series,
    severity: severityOf(score, 0),
    score,
    surprise: change.surprise,
    observed: now,
    expected: usual,
    range: [0, Math.min(1, usual + 2 * Math.sqrt((usual * (1 - usual) * CLUSTERING + 0.25 / total) / total))],
    onsetMs: Math.max(look.nowMs - windowMs, Math.min(most.type.firstMs, look.nowMs)),
    windowMs,
    pattern: most.type.pattern,
    description:
      `${series.series.service}: ${count(most.observed)} of ${count(total)} exceptions in ${duration(windowMs)} are ` +
      `${quote(most.type.pattern)}, ${against}`,
    immediate: false,
    weak: score < 1 || change.divergence < MIN_DIVERGENCE,
  };
}
