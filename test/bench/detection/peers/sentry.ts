import { Rolling } from "./rolling.ts";
import { SWEEP, type MinuteCounts, type Peer, type Scorer } from "./peer.ts";

const HOUR_MIN = 60;
const WEEK_HOURS = 168;
const MIN_HOURS = 24;
const QUIET_MAX = 30;
const QUIET_CEILING = 200;
const SDS = 5;

/** Sentry's escalating issues: an hourly ceiling from a week of hours, here per service over all its errors. */
class CeilingScorer implements Scorer {
  readonly #hours = new Rolling(WEEK_HOURS);
  readonly #hour = new Rolling(HOUR_MIN);
  #minutes = 0;
  #ceiling: number | null = null;

  push({ errors }: MinuteCounts): number {
    this.#hour.push(errors);
    this.#minutes += 1;
    if (this.#minutes % HOUR_MIN === 0) {
      this.#hours.push(this.#hour.sum);
      this.#ceiling = this.#hours.length < MIN_HOURS ? null : this.#ceilingNow();
    }
    return this.#ceiling === null ? 0 : this.#hour.sum / this.#ceiling;
  }

  #ceilingNow(): number {
    const hours = this.#hours.last(WEEK_HOURS);
    const max = Math.max(...hours);
    if (max < QUIET_MAX) return QUIET_CEILING;
    if (!this.#hours.isFull) return 10 * max;
    const { mean, sd } = this.#hours;
    const bursty = Math.min(5, Math.max(2, 5 * Math.exp((-0.65 * sd) / mean)));
    return Math.max(max * bursty, mean + SDS * sd);
  }
}

export const sentryCeiling: Peer = {
  name: "hourly ceiling (Sentry-like)",
  scorer: () => new CeilingScorer(),
  thresholds: [0.1, 0.2, 0.3, 0.5].concat(SWEEP),
};
