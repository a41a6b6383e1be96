import type { PatternState } from "../baseline/pattern-model.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import type { EpochMs } from "../log/time.ts";
import { isLone, needsCompany } from "./first-day.ts";
import { findingKey, type Finding, type Look } from "./finding.ts";
import { CLUSTER_STEPS, COMPANY, doubtOf, isOld, surpriseOf, tells } from "./rare-error-weight.ts";
import { recentFromJson, recentToJson, type RareErrorsJson, type Recent } from "./rare-error-state.ts";
import { SharedPatterns, type ModelOf } from "./shared-patterns.ts";
import { count, list, quote } from "./words.ts";

/** After so many steps without another, a rare error is judged to its end. */
export const EPISODE_STEPS = 5;
const STEPS_PER_BUCKET = 5;
/** Weight of a rare error of another service that nothing but time links, where single errors are rare. */
const UNLINKED = 0.5;
const MAX_UNLINKED = 1.5;
const BASE_THRESHOLD = 1.5;
/**
 * So many errors that stayed alone, lately, may have told as much as the threshold, at a budget of 0.05 alerts per
 * service and week; more raise it. Fewer may once some service-weeks are known.
 */
const ALLOWED_ALONE = 3;
const ALLOWED_LATER = 1;
const LEARNT_WEEKS = 3;
const STEPS_PER_WEEK = 10_080;
const DEFAULT_BUDGET = 0.05;
const BINS = 24;
const PER_BIN = 0.25;
const HALF_LIFE_STEPS = 10_080;
/** Below this an error is no longer rare. */
const MIN_SURPRISE = 0.7;
/** How new errors come in all services together stands for one service's own, with this weight in steps. */
const PRIOR_STEPS = 60;
const PRIOR_NOVEL = 0.25;
const YOUNG_STEPS = 15;
const YOUNG_EXTRA = 1.8;
/** What a series logs within its first steps was there before it was watched. */
const FIRST_STEPS = 3;
/** What goes on for longer and was not told of is no single episode: it is how things are. */
const MAX_UNTOLD_STEPS = 10;
/** A new error that was told of says little about how many come while all is well. */
const TOLD_WEIGHT = 0.1;
const TOLD_NOVEL_WEIGHT = 0.25;
const TOLD_ALONE_WEIGHT = 0.3;
const TOLD_PATTERN_WEIGHT = 0.15;

export interface ErrorSighting {
  readonly series: SeriesModel;
  readonly pattern: PatternState;
  readonly timeMs: EpochMs;
  readonly step: number;
  readonly count: number;
  readonly fatal: boolean;
}

/** Does anything besides time tie two series together? */
export type Linked = (a: string, b: string) => boolean;

/**
 * Errors that hardly ever come: one is news on a service that never errs, and none where single errors come and go.
 * How much is enough follows from how many stayed alone before.
 */
export class RareErrors {
  readonly #stepMs: number;
  readonly #budget: number;
  #recent: Recent[] = [];
  readonly #shared = new SharedPatterns();
  /** Rare errors that stayed alone, decayed, by how much they told. */
  readonly #alone = new Float64Array(BINS);
  /** New errors of all services, and the steps that services were watched, decayed alike. */
  #novel = 0;
  #watched = 0;
  #age = 0;
  #decayedAtStep = -1;

  /** `falseAlertBudget`: per service and week. */
  constructor(stepMs: number, falseAlertBudget: number) {
    this.#stepMs = stepMs;
    this.#budget = Math.max(falseAlertBudget, 1e-3) / DEFAULT_BUDGET;
  }

  /** What one more error of this pattern tells: −log10 of the chance of an episode within a cluster's time. */
  #rarity(pattern: PatternState, series: SeriesModel, step: number, isFirst: boolean): number {
    const steps = series.watchedBuckets * STEPS_PER_BUCKET;
    const times = Math.max(0, Math.max(pattern.hits, pattern.alone) - pattern.forgiven);
    const byTime = times / Math.max(steps, STEPS_PER_BUCKET);
    // What comes with so many records is no news while many come, however quiet it was before.
    const records = series.total.steps(step, EPISODE_STEPS);
    const each = Math.max(0, times - 1) / Math.max(series.errorShare.records, records, 1);
    const byRecords = (Math.max(each, this.#shared.perRecord(pattern, series)) * records) / CLUSTER_STEPS;
    const known = Math.max(byTime, byRecords);
    const doubt = doubtOf(pattern, this.#shared.aloneElsewhere(pattern, series));
    if (!isFirst) return surpriseOf(known) - doubt;
    const usual = (this.#novel + PRIOR_NOVEL) / (this.#watched + PRIOR_STEPS / 2);
    const novel = (series.novelty + usual * PRIOR_STEPS) / (steps + PRIOR_STEPS);
    return surpriseOf(Math.max(novel, known)) - doubt;
  }

  #wasThere({ series, pattern, timeMs, fatal }: ErrorSighting): boolean {
    const early = pattern.firstMs - series.firstMs < FIRST_STEPS * this.#stepMs;
    return early && !fatal && timeMs - pattern.firstMs < YOUNG_STEPS * this.#stepMs;
  }

  saw(sighting: ErrorSighting): void {
    const { series, pattern, step, count: n, fatal, timeMs } = sighting;
    const known = this.#recent.find(
      (one) =>
        !one.settled &&
        one.series === series &&
        one.pattern === pattern &&
        step - one.lastStep <= EPISODE_STEPS &&
        (one.told || step - one.step < MAX_UNTOLD_STEPS),
    );
    if (known !== undefined) {
      known.count += n;
      known.lastStep = Math.max(known.lastStep, step);
      known.fatal ||= fatal;
      return;
    }
    const rare = this.#wasThere(sighting) ? 0 : this.#rarity(pattern, series, step, true);
    if (pattern.episodes === 0 && pattern.hits === 0) this.#novel += 1;
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
      told: false,
      early: this.#age < YOUNG_STEPS,
    });
  }

  /** What must be told for people to hear of it: more than all but a few of those that stayed alone. */
  get threshold(): number {
    const weeks = this.#watched / STEPS_PER_WEEK;
    const allowed =
      this.#budget * ((ALLOWED_ALONE - ALLOWED_LATER) / (1 + weeks / LEARNT_WEEKS) + ALLOWED_LATER);
    let above = 0;
    let needed = BASE_THRESHOLD;
    for (let bin = BINS - 1; bin >= 0; bin--) {
      const before = above;
      above += this.#alone[bin] ?? 0;
      if (before <= allowed && above > allowed) needed = Math.max(needed, (bin + 1) * PER_BIN);
    }
    const young = YOUNG_EXTRA * Math.max(0, 1 - this.#age / YOUNG_STEPS);
    // Of many that stayed alone, chance makes some rare that have not come yet.
    return Math.max(needed, 1 + 0.4 * Math.log10(1 + above / allowed)) + young;
  }

  /** Findings of this moment, one per series that erred in the last steps. */
  judge(look: Look, models: readonly SeriesModel[], linked: Linked): Finding[] {
    this.#settle(look, models.length);
    for (const one of this.#recent)
      one.rare = Math.min(one.rare, this.#rarity(one.pattern, one.series, one.lastStep, false));
    const near = this.#recent.filter(
      (one) =>
        look.step + 1 - one.lastStep <= EPISODE_STEPS && one.rare >= MIN_SURPRISE && !isOld(one, look.step),
    );
    const bySeries = Map.groupBy(near, ({ series }) => series);
    const centres = new Set(
      this.#recent
        .filter(({ lastStep }) => look.step + 1 - lastStep <= CLUSTER_STEPS)
        .map(({ series }) => series),
    );
    const { threshold } = this;
    const found: Finding[] = [];
    for (const series of centres) {
      const own = bySeries.get(series);
      const finding = own === undefined ? null : this.#around(own, near, threshold, look, models, linked);
      if (finding !== null) found.push(finding);
    }
    return found;
  }

  #around(
    own: readonly Recent[],
    near: readonly Recent[],
    threshold: number,
    look: Look,
    models: readonly SeriesModel[],
    linked: Linked,
  ): Finding | null {
    const [first] = own;
    if (first === undefined) return null;
    const { series } = first;
    const rarest = Math.max(...own.map(tells));
    // Further patterns tell only what chance would not often add.
    let sum = Math.min(rarest, COMPANY);
    let unlinked = 0;
    for (const one of near) {
      const told = Math.max(0, tells(one) - COMPANY);
      if (one.series === series) sum += told;
      else if (Math.abs(one.lastStep - first.lastStep) > CLUSTER_STEPS) continue;
      else if (linked(one.series.key, series.key)) sum += told;
      else if (one.rare >= threshold) unlinked += UNLINKED * told;
    }
    const surprise = sum + Math.min(MAX_UNLINKED, unlinked);
    const others = near.length - own.length;
    const isOpen = look.isOpen(findingKey("rare_error", series));
    const isAlone = (): boolean => isLone(own, this.#company(own, look.step));
    if (!isOpen && isAlone() && needsCompany(series, models, look.nowMs)) return null;
    return this.#finding(series, own, others, surprise, look);
  }

  /** Other errors of the last steps that are not everyday, whatever they tell. */
  #company(own: readonly Recent[], step: number): number {
    return this.#recent.filter(
      (one) => one.rare > 0 && step + 1 - one.lastStep <= EPISODE_STEPS && !own.includes(one),
    ).length;
  }

  #finding(
    series: SeriesModel,
    own: readonly Recent[],
    others: number,
    surprise: number,
    look: Look,
  ): Finding | null {
    const key = findingKey("rare_error", series);
    const score = surprise / (this.threshold * (look.strictness?.(series) ?? 1));
    if (score < (look.isOpen(key) ? 0.5 : 1)) return null;
    if (score >= 1) for (const one of own) one.told = true;
    const [first] = own.toSorted((a, b) => a.firstMs - b.firstMs);
    if (first === undefined) return null;
    const isNew = own.some(({ pattern }) => pattern.episodes === 0);
    const records = own.reduce((sum, one) => sum + one.count, 0);
    const isGrave = own.some(({ fatal }) => fatal) || own.length + others >= 3 || records >= 10;
    const shown = list(
      own.slice(0, 3).map(({ pattern: { pattern } }) => quote(look.textOf(series.key, pattern))),
    );
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

  /** An episode is over: it counts towards what is usual, unless it was part of something that was told. */
  #settle(look: Look, services: number): void {
    this.#decay(look.step, services);
    for (const one of this.#recent) {
      if (one.settled || look.step - one.lastStep < EPISODE_STEPS) continue;
      one.settled = true;
      if (this.#forgives(one)) forgive(one);
      else this.#count(one);
    }
    this.#recent = this.#recent.filter(({ lastStep }) => look.step - lastStep < 2 * EPISODE_STEPS);
  }

  #count(one: Recent): void {
    const { pattern, series, told } = one;
    const stayedAlone = !told || (!one.fatal && !this.#hasCompany(one));
    if (stayedAlone) {
      series.erredAlone += 1;
      if (!told) this.#shared.add(pattern, series);
      pattern.alone += told ? TOLD_PATTERN_WEIGHT : 1;
      if (one.rare >= MIN_SURPRISE) this.#stayedAlone(one);
    }
    pattern.episodes += 1;
    if (pattern.episodes > 1) return;
    const weight = !stayedAlone ? TOLD_WEIGHT : told ? TOLD_NOVEL_WEIGHT : 1;
    series.novelty += weight;
    this.#novel -= 1 - weight;
  }

  /** One single error of the first minutes, which was too early to be told, does not make the next one usual. */
  #forgives({ told, step, lastStep, pattern }: Recent): boolean {
    return !told && lastStep === step && pattern.forgiven === 0 && this.#age < YOUNG_STEPS + EPISODE_STEPS;
  }

  #stayedAlone(one: Recent): void {
    const bin = Math.min(BINS - 1, Math.floor(tells(one) / PER_BIN));
    this.#alone[bin] = (this.#alone[bin] ?? 0) + (one.told ? TOLD_ALONE_WEIGHT : 1);
  }

  #hasCompany(one: Recent): boolean {
    return this.#recent.some(
      (other) =>
        other !== one &&
        Math.abs(other.step - one.step) <= CLUSTER_STEPS &&
        (other.series === one.series ? other.rare >= MIN_SURPRISE : other.rare >= this.threshold),
    );
  }

  #decay(step: number, services: number): void {
    const steps = this.#decayedAtStep < 0 ? 0 : step - this.#decayedAtStep;
    this.#decayedAtStep = step;
    if (steps <= 0) return;
    const fade = 2 ** (-steps / HALF_LIFE_STEPS);
    for (let bin = 0; bin < BINS; bin++) this.#alone[bin] = (this.#alone[bin] ?? 0) * fade;
    // A pause was not watched.
    if (steps > EPISODE_STEPS) return;
    const keep = 2 ** (-steps / HALF_LIFE_STEPS);
    this.#novel *= keep;
    this.#watched = this.#watched * keep + steps * services;
    this.#age += steps;
  }

  /** Something rare has just come. */
  get going(): boolean {
    return this.#recent.length > 0;
  }

  toJson(): RareErrorsJson {
    return {
      counts: [this.#decayedAtStep, this.#novel, this.#watched, this.#age, ...this.#alone],
      shared: this.#shared.toJson(),
      recent: this.#recent.map(recentToJson),
    };
  }

  restore({ counts, shared, recent }: RareErrorsJson, modelOf: ModelOf): void {
    const [decayedAtStep = -1, novel = 0, watched = 0, age = 0, ...alone] = counts;
    this.#decayedAtStep = decayedAtStep;
    this.#novel = novel;
    this.#watched = watched;
    this.#age = age;
    this.#alone.set(alone.slice(0, BINS));
    this.#shared.restore(shared, modelOf);
    this.#recent = recent.flatMap((one) => recentFromJson(one, modelOf) ?? []);
  }
}

function forgive({ pattern, series }: Recent): void {
  if (pattern.episodes === 0) series.novelty += TOLD_NOVEL_WEIGHT;
  pattern.episodes += 1;
  pattern.alone += 1;
  pattern.forgiven = 1 - TOLD_PATTERN_WEIGHT;
}
