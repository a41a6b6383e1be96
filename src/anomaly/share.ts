import { WINDOW_STEPS } from "../baseline/count-model.ts";
import type { ErrorModel } from "../baseline/error-model.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import { surpriseAbove, surpriseBelow } from "../baseline/tail.ts";
import type { EpochMs } from "../log/time.ts";
import type { CountRings } from "../window/rings.ts";
import type { Category } from "./anomaly.ts";
import { findingKey, severityOf, type DetectorName, type Finding, type Look } from "./finding.ts";
import { count, duration, percent, times } from "./words.ts";

const MIN_COUNT = 4;
const RATIO = 2;
const KEEP_RATIO = 1.25;
const MIN_RISE = 0.004;
/** −log10 of the chance that as few come in the last minutes while it goes on. */
const FADED = 0.7;
const HIGH_SHARE = 0.2;
/** Records learnt before a share is judged. */
const MIN_RECORDS = 20;
const RECENT_STEPS = 5;
const NONE: readonly Finding[] = [];
const WINDOWS = [1, 2, 3] as const;

export interface ShareKind {
  readonly detector: DetectorName;
  readonly category: Category;
  readonly noun: string;
  readonly model: (series: SeriesModel) => ErrorModel;
  readonly rings: (series: SeriesModel) => CountRings;
  /** Steps added to the threshold: some shares matter less than others. */
  readonly extra: number;
  readonly minCount?: number;
  readonly minRecords?: number;
}

interface Candidate {
  readonly window: number;
  readonly observed: number;
  readonly total: number;
  readonly expected: number;
  readonly surprise: number;
  readonly score: number;
  readonly weak: boolean;
}

interface Judged {
  readonly window: number;
  readonly observed: number;
  readonly total: number;
  readonly expected: number;
  readonly isOpen: boolean;
}

function counted(rings: CountRings, look: Look, window: number): number {
  const steps = WINDOW_STEPS[window] ?? 1;
  return window <= 1 ? rings.panes(look.pane, steps * look.grid.panesPerStep) : rings.steps(look.step, steps);
}

function judge(
  series: SeriesModel,
  look: Look,
  kind: ShareKind,
  window: number,
  key: string,
): Candidate | null {
  const model = kind.model(series);
  const observed = counted(kind.rings(series), look, window);
  const isOpen = look.isOpen(key);
  const total = counted(series.total, look, window);
  const usual = series.expect(look.step, look.nowMs)[window]?.mu ?? NaN;
  const expected = model.expected(total, usual);
  const strong = observed >= RATIO * expected && observed / Math.max(total, 1) - model.share >= MIN_RISE;
  if (!strong && !(isOpen && observed >= KEEP_RATIO * expected)) return null;
  if (!isStillOn(series, look, kind, { window, observed, total, expected, isOpen })) return null;
  const surprise = surpriseAbove(observed, expected, model.spread(window));
  const score = surprise / (look.tau + kind.extra);
  if (score < (isOpen ? 0.5 : 1)) return null;
  return { window, observed, total, expected, surprise, score, weak: !strong || score < 1 };
}

/** A long window remembers what is over: the last minutes must keep its pace, as far as their few errors can tell. */
function isStillOn(
  series: SeriesModel,
  look: Look,
  kind: ShareKind,
  { window, observed, total, expected, isOpen }: Judged,
): boolean {
  if (window <= 1) return true;
  const steps = WINDOW_STEPS[window] ?? 1;
  const few = Math.max(RECENT_STEPS, Math.ceil((3 * steps) / observed));
  const sum = (count: number): number => kind.rings(series).steps(look.step, Math.min(steps, count));
  const last = sum(few);
  if (last <= 0 || last < KEEP_RATIO * expected * Math.min(1, few / steps)) return false;
  if (isOpen) return true;
  // A single error after the end must not open it again.
  const { kappa } = kind.model(series).spread(window);
  return [few, Math.max(few, steps / 4)].every((count) => {
    const records = series.total.steps(look.step, Math.min(steps, count));
    const pace = (observed * records) / Math.max(total, 1);
    return surpriseBelow(sum(count), pace, { kappa, phi: 0 }) < FADED;
  });
}

function onsetMs(series: SeriesModel, look: Look, kind: ShareKind): EpochMs {
  const share = kind.model(series).share;
  let step = look.step;
  let quiet = 0;
  let onset = look.step;
  for (let i = 0; i < 60 && quiet < 2; i++, step--) {
    const errors = kind.rings(series).steps(step, 1);
    const isOff = errors >= 1 && errors > 2 * share * series.total.steps(step, 1);
    quiet = isOff ? 0 : quiet + 1;
    if (isOff) onset = step;
  }
  return Math.min(look.nowMs, onset * look.grid.stepMs);
}

/** A share among a series' records that rose beyond what its history explains. */
export function shareOf(kind: ShareKind): (series: SeriesModel, look: Look) => readonly Finding[] {
  const { minCount = MIN_COUNT, minRecords = MIN_RECORDS } = kind;
  return (series, look) => {
    if (kind.model(series).records < minRecords) return NONE;
    let key: string | null = null;
    let best: Candidate | null = null;
    for (const window of WINDOWS) {
      if (window > 1 && !look.isStep) continue;
      if (counted(kind.rings(series), look, window) < minCount) continue;
      key ??= findingKey(kind.detector, series);
      const found = judge(series, look, kind, window, key);
      if (found !== null && (best === null || found.score > best.score)) best = found;
    }
    return best === null || key === null ? NONE : [finding(series, look, kind, key, best)];
  };
}

function finding(series: SeriesModel, look: Look, kind: ShareKind, key: string, best: Candidate): Finding {
  const model = kind.model(series);
  const windowMs = (WINDOW_STEPS[best.window] ?? 1) * look.grid.stepMs;
  const share = best.observed / Math.max(best.total, 1);
  const { kappa, phi } = model.spread(best.window);
  const sd = Math.sqrt(best.expected * (1 + kappa) + phi * best.expected ** 2);
  const total = Math.max(best.total, 1);
  return {
    key,
    detector: kind.detector,
    category: kind.category,
    seriesKey: series.key,
    series: series.series,
    severity: share > HIGH_SHARE ? severityOf(Math.max(best.score, 2.01)) : severityOf(best.score, 0),
    score: best.score,
    surprise: best.surprise,
    observed: share,
    expected: model.share,
    range: [Math.max(0, best.expected - 2 * sd) / total, (best.expected + 2 * sd) / total],
    onsetMs: onsetMs(series, look, kind),
    windowMs,
    pattern: null,
    description:
      `${series.series.service}: ${count(best.observed)} ${kind.noun} among ${count(best.total)} records in ` +
      `${duration(windowMs)}, ${percent(share)} against ${percent(model.share)}${times(share / model.share)}`,
    immediate: best.score >= 1.3,
    weak: best.weak,
  };
}

/** ERROR and FATAL among a series' records. */
export const errorShare = shareOf({
  detector: "error_share",
  category: "error_spike",
  noun: "errors",
  model: (series) => series.errorShare,
  rings: (series) => series.errors,
  extra: 0,
});

/** WARN among a series' records: the mix of levels moved though errors did not. */
export const warningShare = shareOf({
  detector: "warning_share",
  category: "level_mix",
  noun: "warnings",
  model: (series) => series.warningShare,
  rings: (series) => series.warnings,
  extra: 2,
  minCount: 20,
  minRecords: 500,
});
