import { Held, ratio, Rolling } from "./rolling.ts";
import { SWEEP, type MinuteCounts, type Peer, type Scorer } from "./peer.ts";

const HOUR_MIN = 60;
const WINDOW_MIN = 5;
/** Requests below five an hour's minute, per second. */
const MIN_RATE = 5 / 60;
const SEASONAL_AGO_MIN = [23.5 * HOUR_MIN, 167.5 * HOUR_MIN] as const;
const HISTORY_MIN = 168 * HOUR_MIN;

/** promql-anomaly-detection, adaptive: one hour's mean and deviation, a day's mean deviation, two seasons. */
class AdaptiveSignal {
  readonly #isRequests: boolean;
  readonly #window = new Rolling(WINDOW_MIN);
  readonly #selected = new Rolling(HOUR_MIN);
  readonly #raw = new Rolling(HOUR_MIN);
  readonly #deviations = new Rolling(26 * HOUR_MIN);
  readonly #means = new Rolling(HISTORY_MIN);
  readonly #sds = new Rolling(HISTORY_MIN);
  readonly #held = new Held(5);

  constructor(isRequests: boolean) {
    this.#isRequests = isRequests;
  }

  push(count: number): number {
    this.#window.push(count);
    const rate = this.#window.sum / (WINDOW_MIN * 60);
    this.#raw.push(rate);
    // Zeros and quiet services are dropped, so that total silence can never be seen.
    const isSelected = rate > 0 && (!this.#isRequests || this.#raw.mean >= MIN_RATE);
    if (isSelected) this.#selected.push(rate);
    const { mean, sd } = this.#selected;
    if (sd > 0.5 * mean) this.#deviations.push(sd);
    this.#means.push(mean);
    this.#sds.push(sd);
    return this.#held.push(isSelected && this.#selected.isFull ? this.#score(rate, mean) : 0);
  }

  #score(rate: number, mean: number): number {
    const spread = 2 * this.#deviations.mean;
    let upper = Math.max(mean + spread, 1.5 * mean);
    let lower = Math.min(mean - spread, 0.5 * mean);
    for (const ago of SEASONAL_AGO_MIN) {
      const seasonal = this.#means.at(ago);
      if (seasonal === undefined || seasonal === 0) continue;
      const around = 2 * (this.#sds.at(ago) ?? 0);
      upper = Math.max(upper, seasonal + around);
      lower = Math.min(lower, seasonal - around);
    }
    if (rate > mean) return ratio(rate - mean, upper - mean);
    return this.#isRequests ? ratio(mean - rate, mean - Math.max(0, lower)) : 0;
  }
}

class AdaptiveScorer implements Scorer {
  readonly #total = new AdaptiveSignal(true);
  readonly #errors = new AdaptiveSignal(false);

  push({ total, errors }: MinuteCounts): number {
    return Math.max(this.#total.push(total), this.#errors.push(errors));
  }
}

export const grafanaAdaptive: Peer = {
  name: "Grafana adaptive band",
  scorer: () => new AdaptiveScorer(),
  thresholds: SWEEP,
};
