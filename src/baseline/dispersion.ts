import { DAY_MS } from "../log/time.ts";
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

/**
 * Learns kappa and phi of `var = mu (1 + kappa) + phi mu²` from how counts of one window length miss their mean:
 * a weighted regression of (squared deviation − mu) / mu on mu, drawn towards what was supposed before.
 */
export class Dispersion {
  readonly #keep: number;
  readonly #prior: Spread;
  /** Of the regression: weights, weights × mu, weights × mu², weights × y, weights × y × mu. */
  #w = 0;
  #wx = 0;
  #wxx = 0;
  #wy = 0;
  #wxy = 0;
  /** Buckets learnt. */
  #learnt = 0;

  constructor(bucketMs: number, prior: Spread) {
    this.#keep = 2 ** (-bucketMs / HALF_LIFE_MS);
    this.#prior = prior;
  }

  /** `widen` is added to phi while little is known; `kappa` is what shorter windows know of it. */
  spread(widen = 0, kappa = this.#prior.kappa): Spread {
    const w = this.#w + KAPPA_PRIOR;
    const wxx = this.#wxx + PHI_PRIOR;
    const wy = this.#wy + KAPPA_PRIOR * kappa;
    const wxy = this.#wxy + PHI_PRIOR * this.#prior.phi;
    const determinant = w * wxx - this.#wx * this.#wx;
    const cluster = (wy * wxx - wxy * this.#wx) / determinant;
    const noise = (w * wxy - this.#wx * wy) / determinant;
    if (cluster < 0) return { kappa: 0, phi: between(wxy / wxx, MAX_PHI) + widen };
    if (noise < 0) return { kappa: between(wy / w, MAX_KAPPA), phi: widen };
    return { kappa: Math.min(cluster, MAX_KAPPA), phi: Math.min(noise, MAX_PHI) + widen };
  }

  learn(count: number, mu: number, weight: number, kappaBefore = this.#prior.kappa): void {
    if (!(mu > 0)) return;
    const keep = Math.min(this.#keep, this.#learnt / (this.#learnt + EARLY_POWER));
    this.#learnt += 1;
    const { kappa, phi } = this.spread(0, kappaBefore);
    const relative = 1 + kappa + phi * mu;
    const squared = Math.min((count - mu) ** 2, Math.max(CUT_DEVIATIONS_SQUARED * mu * relative, MIN_CUT));
    // Where a rate that varies outweighs chance, a deviation tells less of clusters.
    const each = weight / (1 + mu / NOISY_MEAN) ** 2;
    const w = each * Math.min(mu, 1);
    const wy = (each * (squared - mu)) / Math.max(mu, 1);
    this.#w = this.#w * keep + w;
    this.#wx = this.#wx * keep + w * mu;
    this.#wxx = this.#wxx * keep + w * mu * mu;
    this.#wy = this.#wy * keep + wy;
    this.#wxy = this.#wxy * keep + wy * mu;
  }

  toJson(): readonly number[] {
    return [this.#w, this.#wx, this.#wxx, this.#wy, this.#wxy, this.#learnt];
  }

  restore([w = 0, wx = 0, wxx = 0, wy = 0, wxy = 0, learnt = 0]: readonly number[]): void {
    this.#w = w;
    this.#wx = wx;
    this.#wxx = wxx;
    this.#wy = wy;
    this.#wxy = wxy;
    this.#learnt = learnt;
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
