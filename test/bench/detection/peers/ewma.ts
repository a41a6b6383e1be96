import { ratio, Rolling } from "./rolling.ts";
import { SWEEP, type MinuteCounts, type Peer, type Scorer } from "./peer.ts";

const ALPHA = 0.05;
const SIGMAS = 3;
const WINDOW_MIN = 5;
const MIN_MINUTES = 60;

/** Exponentially weighted mean and variance of the sliding 5-minute sum; it learns whatever it sees. */
class EwmaSignal {
  readonly #window = new Rolling(WINDOW_MIN);
  #mean = 0;
  #variance = 0;
  #minutes = 0;

  /** The signed distance in units of 3 sigma. */
  push(count: number): number {
    this.#window.push(count);
    const x = this.#window.sum;
    const distance = x - this.#mean;
    const scale = SIGMAS * Math.sqrt(this.#variance);
    const score = this.#minutes < MIN_MINUTES ? 0 : Math.sign(distance) * ratio(Math.abs(distance), scale);
    this.#mean += ALPHA * distance;
    this.#variance = (1 - ALPHA) * (this.#variance + ALPHA * distance * distance);
    this.#minutes += 1;
    return score;
  }
}

class EwmaScorer implements Scorer {
  readonly #total = new EwmaSignal();
  readonly #errors = new EwmaSignal();

  push({ total, errors }: MinuteCounts): number {
    return Math.max(Math.abs(this.#total.push(total)), this.#errors.push(errors));
  }
}

export const ewma: Peer = { name: "EWMA 3 sigma", scorer: () => new EwmaScorer(), thresholds: SWEEP };
