import { DAY_MS } from "../log/time.ts";
import type { Spread } from "./tail.ts";

const HALF_LIFE_MS = 7 * DAY_MS;
/** Weight of the prior, in buckets. */
const PRIOR = 40;
/** Below this mean a deviation tells of clustering, above it of a rate that varies. */
const CLUSTER_MEAN = 3;
/** Deviations up to this are never cut: at small means a cut would hide that records come in clusters. */
const MIN_CUT = 36;
const CUT_DEVIATIONS_SQUARED = 9;
const MAX_KAPPA = 200;
const MAX_PHI = 4;

/** Learns kappa and phi of `var = mu (1 + kappa) + phi mu²` from how counts of one window length miss their mean. */
export class Dispersion {
  readonly #keep: number;
  readonly #prior: Spread;
  #kappaSum = 0;
  #kappaWeight = 0;
  #phiSum = 0;
  #phiWeight = 0;

  constructor(bucketMs: number, prior: Spread) {
    this.#keep = 2 ** (-bucketMs / HALF_LIFE_MS);
    this.#prior = prior;
  }

  /** `widen` is added to phi while little is known. */
  spread(widen = 0): Spread {
    return {
      kappa: clamp((this.#kappaSum + PRIOR * this.#prior.kappa) / (this.#kappaWeight + PRIOR), 0, MAX_KAPPA),
      phi: clamp((this.#phiSum + PRIOR * this.#prior.phi) / (this.#phiWeight + PRIOR), 0, MAX_PHI) + widen,
    };
  }

  learn(count: number, mu: number, weight: number): void {
    if (!(mu > 0)) return;
    const { kappa, phi } = this.spread();
    const variance = mu * (1 + kappa) + phi * mu * mu;
    const squared = Math.min((count - mu) ** 2, Math.max(CUT_DEVIATIONS_SQUARED * variance, MIN_CUT));
    if (mu < CLUSTER_MEAN) {
      const share = weight * Math.min(mu, 1);
      this.#kappaSum = this.#kappaSum * this.#keep + (share * (squared - mu - phi * mu * mu)) / mu;
      this.#kappaWeight = this.#kappaWeight * this.#keep + share;
    } else {
      this.#phiSum = this.#phiSum * this.#keep + (weight * (squared - mu * (1 + kappa))) / (mu * mu);
      this.#phiWeight = this.#phiWeight * this.#keep + weight;
    }
  }

  toJson(): readonly number[] {
    return [this.#kappaSum, this.#kappaWeight, this.#phiSum, this.#phiWeight];
  }

  restore([kappaSum = 0, kappaWeight = 0, phiSum = 0, phiWeight = 0]: readonly number[]): void {
    this.#kappaSum = kappaSum;
    this.#kappaWeight = kappaWeight;
    this.#phiSum = phiSum;
    this.#phiWeight = phiWeight;
  }
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
