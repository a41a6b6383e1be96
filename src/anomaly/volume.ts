import { WINDOW_STEPS, type Expectation } from "../baseline/count-model.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import { surpriseAbove, surpriseBelow, type Spread } from "../baseline/tail.ts";
import type { EpochMs } from "../log/time.ts";
import { findingKey, isCovered, severityOf, type Finding, type Look } from "./finding.ts";
import { count, duration, times } from "./words.ts";

/** By window length: 1, 5, 15 and 60 steps. */
const UP_RATIO = [3, 2, 1.7, 1.45] as const;
const DOWN_RATIO = [0, 0.4, 0.55, 0.65] as const;
const KEEP_UP = 1.25;
const KEEP_DOWN = 0.8;
const MIN_DIFFERENCE = 10;
/** On top of tau: one minute alone, and the fast model, err more often. */
const ONE_STEP_EXTRA = 2;
const FAST_EXTRA = 1;
const RECENT_STEPS = 15;
/** Learnt buckets before a volume is judged. */
const MIN_WEIGHT = 24;
/** A drop must hold up against records that are still on their way. */
const DROP_DELAY_PANES = 2;

interface Candidate {
  readonly window: number;
  readonly observed: number;
  readonly expected: number;
  readonly spread: Spread;
  readonly surprise: number;
  readonly score: number;
  readonly weak: boolean;
}

type Side = "up" | "down";

/** Records of a series in one of the window lengths; long windows reach back from the last complete step. */
function observed(series: SeriesModel, look: Look, window: number, delayPanes: number): number {
  const steps = WINDOW_STEPS[window] ?? 1;
  if (window <= 1) return series.total.panes(look.pane - delayPanes, steps * look.grid.panesPerStep);
  return series.total.steps(look.step, steps);
}

function isJudged(look: Look, window: number): boolean {
  const lengthMs = (WINDOW_STEPS[window] ?? 1) * look.grid.stepMs;
  return (window <= 1 || look.isStep) && isCovered(look, lengthMs);
}

interface Model {
  readonly windows: readonly number[];
  readonly factor: number;
  readonly extra: number;
  readonly spread: (window: number) => Spread;
}

function models(series: SeriesModel, look: Look): readonly Model[] {
  return [
    {
      windows: [1, 2, 3],
      factor: 1,
      extra: 0,
      spread: (window) => series.counts.slowSpread(window, look.nowMs),
    },
    {
      windows: [0, 1, 2],
      factor: series.counts.fastFactor,
      extra: FAST_EXTRA,
      spread: (window) => series.counts.fastSpread(window, look.nowMs),
    },
  ];
}

interface Question {
  readonly side: Side;
  readonly model: Model;
  readonly window: number;
  readonly expectation: Expectation;
  readonly isOpen: boolean;
}

function expectedOf({ side: which, expectation, model }: Question): number {
  return (which === "up" ? expectation.high : expectation.low) * model.factor;
}

function judge(series: SeriesModel, look: Look, question: Question): Candidate | null {
  const { model, window, isOpen } = question;
  const up = question.side === "up";
  const x = observed(series, look, window, up ? 0 : DROP_DELAY_PANES);
  const mu = expectedOf(question);
  if (!(mu > 0)) return null;
  const strong = isOff(question, x, mu, (up ? UP_RATIO : DOWN_RATIO)[window] ?? 2);
  if (!strong && !(isOpen && isOff(question, x, mu, up ? KEEP_UP : KEEP_DOWN))) return null;
  if (!isStillOff(series, look, question, mu)) return null;
  const tau = look.tau + model.extra + (window === 0 ? ONE_STEP_EXTRA : 0);
  const spread = model.spread(window);
  const surprise = (up ? surpriseAbove : surpriseBelow)(x, mu, spread);
  const score = surprise / tau;
  if (score < (isOpen ? 0.5 : 1)) return null;
  return { window, observed: x, expected: mu, spread, surprise, score, weak: !strong || score < 1 };
}

/** A long window remembers what is over: its last quarter must be off by itself. */
function isStillOff(series: SeriesModel, look: Look, { side: which, window }: Question, mu: number): boolean {
  if ((WINDOW_STEPS[window] ?? 1) <= RECENT_STEPS) return true;
  const usual = mu * (RECENT_STEPS / (WINDOW_STEPS[window] ?? 1));
  const recent = series.total.steps(look.step, RECENT_STEPS);
  return which === "up" ? recent >= KEEP_UP * usual : recent <= KEEP_DOWN * usual;
}

function isOff({ side }: Question, x: number, mu: number, ratio: number): boolean {
  const difference = side === "up" ? x - mu : mu - x;
  return difference >= MIN_DIFFERENCE && (side === "up" ? x >= ratio * mu : x <= ratio * mu);
}

/** Walks back from the newest step while it is clearly off. */
function onsetMs(series: SeriesModel, look: Look, side: Side, expectedPerStep: number): EpochMs {
  const limit = side === "up" ? expectedPerStep * 1.3 + 2 : expectedPerStep * 0.75;
  let step = look.step;
  for (let i = 0; i < 60; i++, step--) {
    const x = series.total.steps(step, 1);
    if (side === "up" ? x < limit : x > limit) break;
  }
  return Math.min(look.nowMs, (step + 1) * look.grid.stepMs);
}

function side(series: SeriesModel, look: Look, which: Side): Finding | null {
  const key = findingKey("volume", series, which);
  const isOpen = look.isOpen(key);
  const expectations = series.expect(look.step, look.nowMs);
  let best: Candidate | null = null;
  for (const model of models(series, look)) {
    for (const window of model.windows) {
      const expectation = expectations[window];
      if (expectation === undefined || !isJudged(look, window)) continue;
      if (which === "down" && window === 0) continue;
      const found = judge(series, look, { side: which, model, window, expectation, isOpen });
      if (found !== null && (best === null || found.score > best.score)) best = found;
    }
  }
  return best === null ? null : finding(series, look, which, key, best);
}

function finding(series: SeriesModel, look: Look, which: Side, key: string, best: Candidate): Finding {
  const windowMs = (WINDOW_STEPS[best.window] ?? 1) * look.grid.stepMs;
  const { kappa, phi } = best.spread;
  const sd = Math.sqrt(best.expected * (1 + kappa) + phi * best.expected ** 2);
  const range = [Math.max(0, best.expected - 2 * sd), best.expected + 2 * sd] as const;
  const ratio = best.expected > 0 ? best.observed / best.expected : null;
  const perStep = best.expected / (WINDOW_STEPS[best.window] ?? 1);
  return {
    key,
    detector: "volume",
    category: which === "up" ? "volume_spike" : "volume_drop",
    seriesKey: series.key,
    series: series.series,
    severity: severityOf(best.score),
    score: best.score,
    surprise: best.surprise,
    observed: best.observed,
    expected: best.expected,
    range,
    onsetMs: onsetMs(series, look, which, perStep),
    windowMs,
    pattern: null,
    description:
      `${series.series.service}: ${count(best.observed)} records in ${duration(windowMs)} against ` +
      `${count(range[0])} to ${count(range[1])} expected${which === "up" ? times(ratio) : ""}`,
    immediate: best.score >= 1.6 && best.window > 0,
    weak: best.weak,
  };
}

/** Clearly more or fewer records than the season and the recent level explain (negative-binomial tail). */
export function volume(series: SeriesModel, look: Look): Finding[] {
  if (!look.warm || series.counts.weight < MIN_WEIGHT) return [];
  const found: Finding[] = [];
  for (const which of ["up", "down"] as const) {
    const one = side(series, look, which);
    if (one !== null) found.push(one);
  }
  return found;
}
