import { ratio, Rolling } from "./rolling.ts";
import { SWEEP, type MinuteCounts, type Peer, type Scorer } from "./peer.ts";

const POINT_MIN = 5;
const DAY = 1_440 / POINT_MIN;
const SEASONS = 4;
const AROUND = 3;
const Z = 3;

/**
 * SigNoz's anomaly rule with a daily season: the mean of seven points one day earlier, plus the last day's average
 * minus the mean average of the three days before; the distance in standard deviations of the last day.
 */
class SignozSignal {
  readonly #points = new Rolling((SEASONS + 1) * DAY + AROUND);
  readonly #window = new Rolling(POINT_MIN);
  #minutes = 0;
  #shift = 0;
  #sd = 0;
  #expected = 0;

  /** The signed distance in units of three sigma. */
  push(count: number): number {
    this.#window.push(count);
    this.#minutes += 1;
    if (this.#minutes % POINT_MIN === 0) {
      this.#points.push(this.#window.sum);
      this.#refresh();
    }
    if (this.#points.length < SEASONS * DAY) return 0;
    const distance = this.#window.sum - this.#expected;
    return Math.sign(distance) * ratio(Math.abs(distance), Z * this.#sd);
  }

  #refresh(): void {
    if (this.#points.length < SEASONS * DAY) return;
    // The sums of days move slowly: once in an hour is enough.
    if (this.#minutes % 60 === 0 || this.#sd === 0) this.#season();
    let near = 0;
    for (let ago = DAY - 1 - AROUND; ago <= DAY - 1 + AROUND; ago++) near += this.#points.at(ago) ?? 0;
    this.#expected = Math.max(0, near / (2 * AROUND + 1) + this.#shift);
  }

  #season(): void {
    const day = new Rolling(DAY);
    for (let ago = 0; ago < DAY; ago++) day.push(this.#points.at(ago) ?? 0);
    let before = 0;
    for (let ago = DAY; ago < SEASONS * DAY; ago++) before += this.#points.at(ago) ?? 0;
    this.#shift = day.mean - before / ((SEASONS - 1) * DAY);
    this.#sd = day.sd;
  }
}

class SignozScorer implements Scorer {
  readonly #total = new SignozSignal();
  readonly #errors = new SignozSignal();

  push({ total, errors }: MinuteCounts): number {
    return Math.max(Math.abs(this.#total.push(total)), this.#errors.push(errors));
  }
}

export const signoz: Peer = { name: "SigNoz daily z=3", scorer: () => new SignozScorer(), thresholds: SWEEP };
