import type { PatternState } from "../baseline/pattern-model.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import type { EpochMs } from "../log/time.ts";
import { findingKey, type Finding, type Look } from "./finding.ts";
import { count, list } from "./words.ts";

/** Rare errors this many steps apart belong together. */
const CLUSTER_STEPS = 2;
const EPISODE_STEPS = 5;
/** One pattern tells at most this much by being rare, and this much more by coming again and again. */
const MAX_RARE = 3;
const MAX_REPEATED = 3;
const PER_REPETITION = 0.5;
const FATAL_BONUS = 2;
/** Weight of a rare error of another service that nothing but time links. */
const UNLINKED = 0.5;
const MAX_UNLINKED = 3;
const BASE_THRESHOLD = 1.5;
const HALF_LIFE_STEPS = 1_440;
/** Below this an error is no longer rare. */
const MIN_SURPRISE = 0.7;
/** Of patterns seen too recently to know. */
const YOUNG_STEPS = 30;

export interface ErrorSighting {
  readonly series: SeriesModel;
  readonly pattern: PatternState;
  readonly timeMs: EpochMs;
  readonly step: number;
  readonly count: number;
  readonly fatal: boolean;
}

interface Recent {
  readonly series: SeriesModel;
  readonly pattern: PatternState;
  readonly rare: number;
  readonly firstMs: EpochMs;
  readonly step: number;
  lastStep: number;
  count: number;
  fatal: boolean;
  settled: boolean;
}

/** Does anything besides time tie two series together? */
export type Linked = (a: string, b: string) => boolean;

/**
 * Errors that hardly ever come: one is news on a service that never errs, and none where single errors come and go.
 * How much is enough follows from how many stayed alone before.
 */
export class RareErrors {
  #recent: Recent[] = [];
  /** Rare errors that stayed alone, decayed. */
  #alone = 0;
  #decayedAtStep = -1;

  /** What one more error of this pattern tells: −log10 of the chance of an episode within a cluster's time. */
  static rarity(pattern: PatternState, series: SeriesModel, look: Look): number {
    const bucketSteps = 5;
    const known = series.counts.weight * bucketSteps;
    const steps = Math.max(1, known, YOUNG_STEPS / 3);
    const rate = (pattern.episodes + 0.5) / steps;
    const novelty = pattern.episodes > 0 ? 0 : (series.novelty + 0.25) / (steps + look.grid.panesPerStep);
    return -Math.log10(1 - Math.exp(-(rate + novelty) * CLUSTER_STEPS));
  }

  saw(sighting: ErrorSighting, look: Look): void {
    const { series, pattern, step, count: n, fatal, timeMs } = sighting;
    const known = this.#recent.find(
      (one) => one.series === series && one.pattern === pattern && step - one.lastStep <= EPISODE_STEPS,
    );
    if (known !== undefined) {
      known.count += n;
      known.lastStep = Math.max(known.lastStep, step);
      known.fatal ||= fatal;
      return;
    }
    const rare = Math.min(MAX_RARE, RareErrors.rarity(pattern, series, look));
    this.#recent.push({
      series,
      pattern,
      rare,
      firstMs: timeMs,
      step,
      lastStep: step,
      count: n,
      fatal,
      settled: false,
    });
  }

  get threshold(): number {
    return BASE_THRESHOLD + 2 * Math.log10(1 + this.#alone / 3);
  }

  /** Findings of this moment, one per series that erred in the last steps. */
  judge(look: Look, linked: Linked): Finding[] {
    this.#settle(look);
    const centres = new Set(
      this.#recent
        .filter(({ lastStep }) => look.step + 1 - lastStep <= CLUSTER_STEPS)
        .map(({ series }) => series),
    );
    const found: Finding[] = [];
    for (const series of centres) {
      const finding = this.#around(series, look, linked);
      if (finding !== null) found.push(finding);
    }
    return found;
  }

  #around(series: SeriesModel, look: Look, linked: Linked): Finding | null {
    const near = this.#recent.filter(
      ({ lastStep, rare }) => look.step + 1 - lastStep <= EPISODE_STEPS && rare >= MIN_SURPRISE,
    );
    const own = near.filter((one) => one.series === series);
    const [first] = own;
    if (first === undefined) return null;
    let sum = 0;
    let unlinked = 0;
    for (const one of near) {
      const told = tells(one);
      if (one.series === series) sum += told;
      else if (Math.abs(one.lastStep - first.lastStep) > CLUSTER_STEPS) continue;
      else if (linked(one.series.key, series.key)) sum += told;
      else unlinked += UNLINKED * told;
    }
    const surprise = sum + Math.min(MAX_UNLINKED, unlinked);
    return this.#finding(series, own, near.length - own.length, surprise, look);
  }

  #finding(
    series: SeriesModel,
    own: readonly Recent[],
    others: number,
    surprise: number,
    look: Look,
  ): Finding | null {
    const key = findingKey("rare_error", series);
    const score = surprise / this.threshold;
    if (score < (look.isOpen(key) ? 0.5 : 1)) return null;
    const [first] = own.toSorted((a, b) => a.firstMs - b.firstMs);
    if (first === undefined) return null;
    const isNew = own.some(({ pattern }) => pattern.episodes <= 1 && pattern.learnt === 0);
    const records = own.reduce((sum, one) => sum + one.count, 0);
    const isGrave = own.some(({ fatal }) => fatal) || own.length + others >= 3 || records >= 10;
    const shown = list(own.slice(0, 3).map(({ pattern }) => `"${pattern.pattern.slice(0, 120)}"`));
    return {
      key,
      detector: "rare_error",
      category: isNew ? "new_pattern" : "error_spike",
      seriesKey: series.key,
      series: series.series,
      severity: isGrave ? "high" : "medium",
      score,
      surprise,
      observed: records,
      expected: 0,
      range: [0, 0],
      onsetMs: first.firstMs,
      windowMs: EPISODE_STEPS * look.grid.stepMs,
      pattern: first.pattern.pattern,
      description:
        `${series.series.service}: ${count(records)} ${records === 1 ? "error" : "errors"} that hardly ever ` +
        `${records === 1 ? "comes" : "come"}: ${shown}`,
      immediate: true,
      weak: score < 1,
    };
  }

  /** An episode is over: it counts towards what is usual, fully where nothing else was odd. */
  #settle(look: Look): void {
    this.#decay(look.step);
    for (const one of this.#recent) {
      if (one.settled || look.step - one.lastStep < EPISODE_STEPS) continue;
      one.settled = true;
      const together = this.#recent.some(
        (other) =>
          other !== one && Math.abs(other.step - one.step) <= CLUSTER_STEPS && other.rare >= MIN_SURPRISE,
      );
      if (!together && one.count <= 2 && !one.fatal && one.rare >= MIN_SURPRISE) this.#alone += 1;
      one.pattern.episodes += 1;
      if (one.pattern.episodes === 1) one.series.novelty += 1;
    }
    this.#recent = this.#recent.filter(({ lastStep }) => look.step - lastStep < 2 * EPISODE_STEPS);
  }

  #decay(step: number): void {
    if (this.#decayedAtStep >= 0 && step > this.#decayedAtStep) {
      this.#alone *= 2 ** (-(step - this.#decayedAtStep) / HALF_LIFE_STEPS);
    }
    this.#decayedAtStep = step;
  }

  toJson(): readonly number[] {
    return [this.#alone, this.#decayedAtStep];
  }

  restore([alone = 0, decayedAtStep = -1]: readonly number[]): void {
    this.#alone = alone;
    this.#decayedAtStep = decayedAtStep;
  }
}

function tells({ rare, count: n, fatal }: Recent): number {
  const repeated = Math.min(MAX_REPEATED, PER_REPETITION * (n - 1));
  return rare + repeated + (fatal ? FATAL_BONUS : 0);
}
