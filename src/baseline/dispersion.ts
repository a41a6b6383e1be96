import { DAY_MS } from "../log/time.ts";
import { Cells } from "./cells.ts";
import type { Spread } from "./tail.ts";

const HALF_LIFE_MS = 7 * DAY_MS;
/** Weight of what is supposed before: of kappa in buckets, of phi for deviations of about a tenth. */
const KAPPA_PRIOR = 40;
const PHI_PRIOR = 2_000;
const NOISY_MEAN = 20;
/** Deviations up to this are never cut: at small means a cut would hide that records come in clusters. */
const MIN_CUT = 36;
const CUT_DEVIATIONS_SQUARED = 9;
/** What was missed while little was known says little about now: early on a bucket weighs by the square of its age. */
const EARLY_POWER = 3;
const MAX_KAPPA = 200;
const MAX_PHI = 4;

/** Of the regression: weights, weights × mu, weights × mu², weights × y, weights × y × mu; and the buckets learnt. */
const W = 0;
const WX = 1;
const WXX = 2;
const WY = 3;
const WXY = 4;
const LEARNT = 5;

/**
 * Learns kappa and phi of `var = mu (1 + kappa) + phi mu²` from how counts of one window length miss their mean:
 * a weighted regression of (squared deviation − mu) / mu on mu, drawn towards what was supposed before.
 */
export class Dispersion {
  static readonly CELLS = 6;
  readonly #bucketMs: number;
  readonly #prior: Spread;
  readonly #numbers: Float64Array;
  readonly #from: number;

  constructor(bucketMs: number, prior: Spread, cells = new Cells(Dispersion.CELLS)) {
    this.#bucketMs = bucketMs;
    this.#prior = prior;
    this.#numbers = cells.numbers;
    this.#from = cells.take(Dispersion.CELLS);
  }

  #get(at: number): number {
    return this.#numbers[this.#from + at] ?? 0;
  }

  #set(at: number, value: number): void {
    this.#numbers[this.#from + at] = value;
  }

  /** `widen` is added to phi while little is known; `kappa` is what shorter windows know of it. */
  spread(widen = 0, kappa = this.#prior.kappa): Spread {
    const w = this.#get(W) + KAPPA_PRIOR;
    const wxx = this.#get(WXX) + PHI_PRIOR;
    const wy = this.#get(WY) + KAPPA_PRIOR * kappa;
    const wxy = this.#get(WXY) + PHI_PRIOR * this.#prior.phi;
    const determinant = w * wxx - this.#get(WX) * this.#get(WX);
    const cluster = (wy * wxx - wxy * this.#get(WX)) / determinant;
    const noise = (w * wxy - this.#get(WX) * wy) / determinant;
    if (cluster < 0) return { kappa: 0, phi: between(wxy / wxx, MAX_PHI) + widen };
    if (noise < 0) return { kappa: between(wy / w, MAX_KAPPA), phi: widen };
    return { kappa: Math.min(cluster, MAX_KAPPA), phi: Math.min(noise, MAX_PHI) + widen };
  }

  learn(count: number, mu: number, weight: number, kappaBefore = this.#prior.kappa): void {
    if (!(mu > 0)) return;
    const learnt = this.#get(LEARNT);
    const keep = Math.min(2 ** (-this.#bucketMs / HALF_LIFE_MS), learnt / (learnt + EARLY_POWER));
    this.#set(LEARNT, learnt + 1);
    const { kappa, phi } = this.spread(0, kappaBefore);
    const relative = 1 + kappa + phi * mu;
    const squared = Math.min((count - mu) ** 2, Math.max(CUT_DEVIATIONS_SQUARED * mu * relative, MIN_CUT));
    // Where a rate that varies outweighs chance, a deviation tells less of clusters.
    const each = weight / (1 + mu / NOISY_MEAN) ** 2;
    const w = each * Math.min(mu, 1);
    const wy = (each * (squared - mu)) / Math.max(mu, 1);
    this.#set(W, this.#get(W) * keep + w);
    this.#set(WX, this.#get(WX) * keep + w * mu);
    this.#set(WXX, this.#get(WXX) * keep + w * mu * mu);
    this.#set(WY, this.#get(WY) * keep + wy);
    this.#set(WXY, this.#get(WXY) * keep + wy * mu);
  }

  toJson(): readonly number[] {
    return [...this.#numbers.subarray(this.#from, this.#from + Dispersion.CELLS)];
  }

  restore(numbers: readonly number[]): void {
    this.#numbers.set(numbers.slice(0, Dispersion.CELLS), this.#from);
  }
}

function between(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}

/** Records that come in clusters do so in windows of any length: what the second shortest knows stands for the longer. */
export function spreadOf(spreads: readonly Dispersion[], window: number, widen: number): Spread | undefined {
  const kappa = window > 1 ? spreads[1]?.spread().kappa : undefined;
  return spreads[window]?.spread(widen, kappa);
}

/** Learns how each of `spreads` missed what came. */
export function learnSpreads(
  spreads: readonly Dispersion[],
  counts: readonly number[],
  expected: readonly number[],
  weight: number,
): void {
  const kappa = spreads[1]?.spread().kappa;
  for (const [i, spread] of spreads.entries()) {
    spread.learn(counts[i] ?? 0, expected[i] ?? NaN, weight, i > 1 ? kappa : undefined);
  }
}
