import { madOf, medianOf, ratio, Rolling } from "./rolling.ts";
import { SWEEP, type MinuteCounts, type Peer, type Scorer } from "./peer.ts";

const DAY_MIN = 1_440;
const HOUR_MIN = 60;
const CONSENSUS = 6;
const SIGMAS = 3;
const MAD_FACTOR = 6;
const COM = 50;
const BINS = 15;
const MAX_IN_BIN = 20;
const SAME_POINTS = 100;
/** Grubbs: the critical value at alpha .05 of 1,440 points; of fewer it is hardly smaller. */
const GRUBBS = 4.2;
/** Nobody asks for less than the lowest threshold of the sweep. */
const MIN_SCORE = Math.min(...SWEEP);
/** Between two looks at the whole day, which is what the median and the histogram cost. */
const REFRESH_MIN = 60;

/**
 * Etsy's Skyline: nine votes on the last day of minutes, six are an alert. Kolmogorov and Smirnov's test needs 20
 * points in 10 minutes and never votes here. The score is the sixth largest vote in units of its own limit.
 */
class SkylineSignal {
  readonly #day = new Rolling(DAY_MIN);
  readonly #firstHour = new Rolling(HOUR_MIN);
  #ewMean = 0;
  #ewVariance = 0;
  #minutes = 0;
  #same = 0;
  #last = Number.NaN;
  #median = 0;
  #mad = 0;
  #edges: { low: number; width: number; bins: number[] } = { low: 0, width: 0, bins: [] };

  push(count: number): number {
    if (!this.#firstHour.isFull) this.#firstHour.push(count);
    this.#day.push(count);
    this.#same = count === this.#last ? this.#same + 1 : 1;
    this.#last = count;
    const distance = count - this.#ewMean;
    const alpha = 1 / (1 + COM);
    this.#ewMean += alpha * distance;
    this.#ewVariance = (1 - alpha) * (this.#ewVariance + alpha * distance * distance);
    this.#minutes += 1;
    if (this.#minutes % REFRESH_MIN === 0) this.#refresh();
    if (this.#minutes <= HOUR_MIN || this.#same >= SAME_POINTS) return 0;
    return this.#score();
  }

  #refresh(): void {
    const values = this.#day.last(DAY_MIN);
    this.#median = medianOf(values);
    this.#mad = madOf(values, this.#median);
    const low = Math.min(...values);
    const width = (Math.max(...values) - low) / BINS;
    const bins = Array.from({ length: BINS }, () => 0);
    for (const value of values) {
      const bin = width === 0 ? 0 : Math.min(BINS - 1, Math.floor((value - low) / width));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    this.#edges = { low, width, bins };
  }

  #score(): number {
    // Its tests look at the mean of the last three points.
    const tail = this.#day.last(3);
    const x = tail.reduce((a, b) => a + b, 0) / tail.length;
    const { mean, sd } = this.#day;
    const fromMean = Math.abs(x - mean);
    // Three of eight votes hang on this one: without it six can never come together.
    if (fromMean < MIN_SCORE * SIGMAS * sd) return 0;
    const votes = [
      ratio(Math.abs(x - this.#firstHour.mean), SIGMAS * this.#firstHour.sd),
      ratio(Math.abs(this.#last - mean), SIGMAS * sd),
      ratio(fromMean, SIGMAS * sd),
      ratio(Math.abs(this.#last - this.#ewMean), SIGMAS * Math.sqrt(this.#ewVariance)),
      // Least squares over a day without a trend is the distance from the mean.
      ratio(fromMean, SIGMAS * sd),
      ratio(fromMean, GRUBBS * sd),
      ratio(Math.abs(this.#last - this.#median), MAD_FACTOR * this.#mad),
      this.#isInRareBin(x) ? Number.POSITIVE_INFINITY : 0,
    ];
    if (this.#mad === 0) votes[6] = 0;
    return votes.toSorted((a, b) => b - a)[CONSENSUS - 1] ?? 0;
  }

  #isInRareBin(x: number): boolean {
    const { low, width, bins } = this.#edges;
    if (width === 0) return false;
    const bin = Math.floor((x - low) / width);
    return (bins[Math.max(0, Math.min(BINS - 1, bin))] ?? 0) <= MAX_IN_BIN;
  }
}

class SkylineScorer implements Scorer {
  readonly #total = new SkylineSignal();
  readonly #errors = new SkylineSignal();

  push({ total, errors }: MinuteCounts): number {
    return Math.max(this.#total.push(total), this.#errors.push(errors));
  }
}

export const skyline: Peer = {
  name: "Etsy Skyline 6 of 9",
  scorer: () => new SkylineScorer(),
  thresholds: SWEEP,
};
