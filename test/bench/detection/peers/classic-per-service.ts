import { Rolling } from "./rolling.ts";
import { SWEEP, type MinuteCounts, type Peer, type Scorer } from "./peer.ts";

const ALPHA = 0.2;
const ERROR_FACTOR = 5;
const ERROR_FLOOR = 0.05;
const VOLUME_FACTOR = 3;
const WINDOW_MIN = 5;

function stepped(average: number | null, value: number): number {
  return average === null ? value : ALPHA * value + (1 - ALPHA) * average;
}

/** The two original rules that a single service can break, each service by itself: compare, then step. */
class ClassicScorer implements Scorer {
  readonly #totals = new Rolling(WINDOW_MIN);
  readonly #errors = new Rolling(WINDOW_MIN);
  #baseTotal: number | null = null;
  #baseRate: number | null = null;
  #minutes = 0;

  push({ total, errors }: MinuteCounts): number {
    this.#totals.push(total);
    this.#errors.push(errors);
    const score = Math.max(this.#volume(), this.#errorRate());
    this.#minutes += 1;
    if (this.#minutes % WINDOW_MIN === 0) this.#step();
    return score;
  }

  #volume(): number {
    if (this.#baseTotal === null) return 0;
    return this.#totals.sum / Math.max(1e-9, VOLUME_FACTOR * this.#baseTotal);
  }

  #errorRate(): number {
    if (this.#baseRate === null || this.#totals.sum === 0) return 0;
    const rate = this.#errors.sum / this.#totals.sum;
    return Math.min(rate / ERROR_FLOOR, rate / Math.max(1e-9, ERROR_FACTOR * this.#baseRate));
  }

  #step(): void {
    this.#baseTotal = stepped(this.#baseTotal, this.#totals.sum);
    if (this.#totals.sum > 0) this.#baseRate = stepped(this.#baseRate, this.#errors.sum / this.#totals.sum);
  }
}

export const classicPerService: Peer = {
  name: "classic rules per service",
  scorer: () => new ClassicScorer(),
  thresholds: SWEEP,
};
