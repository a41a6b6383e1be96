import { Held, madOf, medianOf, ratio, Rolling } from "./rolling.ts";
import { SWEEP, type MinuteCounts, type Peer, type Scorer } from "./peer.ts";

const POINT_MIN = 5;
const WEEK = (7 * 1_440) / POINT_MIN;
const WEEKS = 3;
const AROUND = 6;
const BOUNDS = 3;
const HELD_MIN = 15;
const REFRESH_MIN = 15;
const MAD_TO_SIGMA = 1.4826;

/** The median of the same time of week ± 30 minutes over three weeks, ± 3 robust sigma, held for 15 minutes. */
class SeasonalSignal {
  readonly #points = new Rolling(WEEKS * WEEK + AROUND);
  readonly #window = new Rolling(POINT_MIN);
  #minutes = 0;
  #expected: number | null = null;
  #sigma = 1;

  push(count: number): number {
    this.#window.push(count);
    this.#minutes += 1;
    if (this.#minutes % POINT_MIN === 0) this.#points.push(this.#window.sum);
    if (this.#minutes % REFRESH_MIN === 0) this.#refresh();
    if (this.#expected === null) return 0;
    const distance = this.#window.sum - this.#expected;
    return Math.sign(distance) * ratio(Math.abs(distance), BOUNDS * this.#sigma);
  }

  #refresh(): void {
    const values: number[] = [];
    for (let week = 1; week <= WEEKS; week++) {
      for (let ago = week * WEEK - 1 - AROUND; ago <= week * WEEK - 1 + AROUND; ago++) {
        const value = this.#points.at(ago);
        if (value !== undefined) values.push(value);
      }
    }
    if (values.length < 2 * AROUND + 1) return;
    this.#expected = medianOf(values);
    this.#sigma = Math.max(1, MAD_TO_SIGMA * madOf(values, this.#expected));
  }
}

class SeasonalScorer implements Scorer {
  readonly #total = new SeasonalSignal();
  readonly #errors = new SeasonalSignal();
  readonly #held = new Held(HELD_MIN);

  push({ total, errors }: MinuteCounts): number {
    return this.#held.push(Math.max(Math.abs(this.#total.push(total)), this.#errors.push(errors)));
  }
}

/** A stand-in: the algorithm of Datadog's `robust` is not published. */
export const seasonalRobust: Peer = {
  name: "weekly robust, bounds 3 (Datadog-like)",
  scorer: () => new SeasonalScorer(),
  thresholds: SWEEP,
};
