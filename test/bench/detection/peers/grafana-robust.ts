import { madOf, medianOf, ratio, Rolling } from "./rolling.ts";
import { SWEEP, type MinuteCounts, type Peer, type Scorer } from "./peer.ts";

/** The rules are evaluated on points of five minutes here: the medians of an hour and a day hardly differ. */
const POINT_MIN = 5;
const HOUR = 60 / POINT_MIN;
const DAY = 24 * HOUR;
const SEASONAL_AGO = [23.75 * HOUR, 167.75 * HOUR] as const;
const HISTORY = 168 * HOUR;
/** Points between two sorts of a whole day. */
const REFRESH = 6;

/** promql-anomaly-detection, robust: the hour's median within the day's median ± 2 MAD, ± 50 % or a season's. */
class RobustSignal {
  readonly #canDrop: boolean;
  readonly #window = new Rolling(POINT_MIN);
  readonly #day = new Rolling(DAY);
  readonly #levels = new Rolling(HISTORY);
  readonly #mads = new Rolling(HISTORY);
  #minutes = 0;
  #median = 0;
  #mad = 0;
  #level = 0;
  #outside = 0;

  constructor(canDrop: boolean) {
    this.#canDrop = canDrop;
  }

  /** Outside for one point is outside for the five minutes that the rule asks for. */
  push(count: number): number {
    this.#window.push(count);
    this.#minutes += 1;
    if (this.#minutes % POINT_MIN === 0) this.#point();
    return this.#outside;
  }

  #point(): void {
    this.#day.push(this.#window.sum);
    const hour = this.#day.last(HOUR);
    this.#level = medianOf(hour);
    if (this.#minutes % (REFRESH * POINT_MIN) === 0) {
      const values = this.#day.last(DAY);
      this.#median = medianOf(values);
      this.#mad = madOf(values, this.#median);
    }
    this.#outside = this.#day.isFull ? this.#score() : 0;
    this.#levels.push(this.#level);
    this.#mads.push(madOf(hour, this.#level));
  }

  #score(): number {
    const median = this.#median;
    let upper = Math.max(median + 2 * this.#mad, 1.5 * median);
    let lower = Math.min(median - 2 * this.#mad, 0.5 * median);
    for (const ago of SEASONAL_AGO) {
      const seasonal = this.#levels.at(ago);
      if (seasonal === undefined) continue;
      const around = 2 * (this.#mads.at(ago) ?? 0);
      upper = Math.max(upper, seasonal + around);
      lower = Math.min(lower, seasonal - around);
    }
    if (this.#level > median) return ratio(this.#level - median, upper - median);
    return this.#canDrop ? ratio(median - this.#level, median - Math.max(0, lower)) : 0;
  }
}

class RobustScorer implements Scorer {
  readonly #total = new RobustSignal(true);
  readonly #errors = new RobustSignal(false);

  push({ total, errors }: MinuteCounts): number {
    return Math.max(this.#total.push(total), this.#errors.push(errors));
  }
}

export const grafanaRobust: Peer = {
  name: "Grafana robust band",
  scorer: () => new RobustScorer(),
  thresholds: SWEEP,
};
