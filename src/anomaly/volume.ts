import { WINDOW_STEPS, type Expectation, type Side } from "../baseline/count-model.ts";
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
const NONE: readonly Finding[] = [];
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
  readonly usual: boolean;
}

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
  readonly extra: number;
  readonly isSeasonal: boolean;
  readonly factor: (series: SeriesModel) => number;
  readonly spread: (series: SeriesModel, window: number, atMs: EpochMs) => Spread;
}

const MODELS: readonly Model[] = [
  {
    windows: [1, 2, 3],
    extra: 0,
    isSeasonal: true,
    factor: () => 1,
    spread: (series, window, atMs) => series.counts.slowSpread(window, atMs),
  },
  {
    windows: [0, 1, 2],
    extra: FAST_EXTRA,
    isSeasonal: false,
    factor: (series) => series.counts.fastFactor,
    spread: (series, window, atMs) => series.counts.fastSpread(window, atMs),
  },
];

interface Question {
  readonly side: Side;
  readonly model: Model;
  readonly window: number;
  readonly x: number;
  readonly mu: number;
  readonly expectation: Expectation;
}

/** Cheap to say of nearly every window: nothing is off. */
function isRemarkable(side: Side, window: number, x: number, mu: number): boolean {
  const up = Math.min(KEEP_UP, UP_RATIO[window] ?? 1);
  const down = Math.max(KEEP_DOWN, DOWN_RATIO[window] ?? 1);
  return mu > 0 && isOff(side, x, mu, side === "up" ? up : down);
}

function judge(series: SeriesModel, look: Look, question: Question): Candidate | null {
  const { side, model, window, x, mu } = question;
  const up = side === "up";
  const isOpen = look.isOpen(findingKey("volume", series, side));
  const strong = isOff(side, x, mu, (up ? UP_RATIO : DOWN_RATIO)[window] ?? 2);
  if (!strong && !(isOpen && isOff(side, x, mu, up ? KEEP_UP : KEEP_DOWN))) return null;
  if (!isStillOff(series, look, question)) return null;
  const tau = look.tau + model.extra + (window === 0 ? ONE_STEP_EXTRA : 0);
  const spread = model.spread(series, window, look.nowMs);
  const surprise = (up ? surpriseAbove : surpriseBelow)(x, mu, spread);
  const score = surprise / tau;
  if (score < (isOpen ? 0.5 : 1)) return null;
  const weak = !strong || score < 1;
  const usual = series.counts.isUsual(side, window, x, question.expectation, look.nowMs);
  return { window, observed: x, expected: mu, spread, surprise, score, weak, usual };
}

/** A long window remembers what is over: its last quarter must be off by itself. */
function isStillOff(series: SeriesModel, look: Look, { side: which, window, mu }: Question): boolean {
  if ((WINDOW_STEPS[window] ?? 1) <= RECENT_STEPS) return true;
  const usual = mu * (RECENT_STEPS / (WINDOW_STEPS[window] ?? 1));
  const recent = series.total.steps(look.step, RECENT_STEPS);
  return which === "up" ? recent >= KEEP_UP * usual : recent <= KEEP_DOWN * usual;
}

function isOff(side: Side, x: number, mu: number, ratio: number): boolean {
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

/** null where the count is unremarkable, as nearly all are: cheap, and with nothing allocated. */
function ask(series: SeriesModel, look: Look, which: Side, model: Model, window: number): Question | null {
  const up = which === "up";
  if (!isJudged(look, window) || (window === 0 && !up)) return null;
  if (model.isSeasonal && !series.counts.knowsHour(look.nowMs)) return null;
  const x = observed(series, look, window, up ? 0 : DROP_DELAY_PANES);
  // What is expected is more than nothing, and more to work out. None at all is silence.
  if (up ? x < MIN_DIFFERENCE : x === 0) return null;
  const expectation = series.expect(look.step, look.nowMs)[window];
  if (expectation === undefined) return null;
  const mu = (up ? expectation.high : expectation.low) * model.factor(series);
  return isRemarkable(which, window, x, mu) ? { side: which, model, window, x, mu, expectation } : null;
}

function side(series: SeriesModel, look: Look, which: Side): Finding | null {
  let best: Candidate | null = null;
  for (const model of MODELS) {
    for (const window of model.windows) {
      const question = ask(series, look, which, model, window);
      const found = question === null ? null : judge(series, look, question);
      if (found !== null && (best === null || isBetter(found, best))) best = found;
    }
  }
  return best === null ? null : finding(series, look, which, best);
}

/** What is unusual first, then what is strongest. */
function isBetter(one: Candidate, other: Candidate): boolean {
  return one.usual === other.usual ? one.score > other.score : other.usual;
}

function finding(series: SeriesModel, look: Look, which: Side, best: Candidate): Finding {
  const windowMs = (WINDOW_STEPS[best.window] ?? 1) * look.grid.stepMs;
  const { kappa, phi } = best.spread;
  const sd = Math.sqrt(best.expected * (1 + kappa) + phi * best.expected ** 2);
  const range = [Math.max(0, best.expected - 2 * sd), best.expected + 2 * sd] as const;
  const ratio = best.expected > 0 ? best.observed / best.expected : null;
  const perStep = best.expected / (WINDOW_STEPS[best.window] ?? 1);
  return {
    key: findingKey("volume", series, which),
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
    usual: best.usual,
  };
}

/** Clearly more or fewer records than the season and the recent level explain (negative-binomial tail). */
export function volume(series: SeriesModel, look: Look): readonly Finding[] {
  if (!look.warm || series.counts.weight < MIN_WEIGHT) return NONE;
  const up = side(series, look, "up");
  const down = side(series, look, "down");
  if (up === null) return down === null ? NONE : [down];
  return down === null ? [up] : [up, down];
}
