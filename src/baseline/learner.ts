import type { EpochMs } from "../log/time.ts";
import type { WindowStats } from "../window/windows.ts";
import type { LearningOptions } from "./average.ts";
import {
  emptyBaseline,
  METRICS,
  stepBaseline,
  type BaselineStep,
  type ClassicBaseline,
  type Metric,
} from "./classic.ts";

export interface LearnerOptions extends LearningOptions {
  readonly windowMs: number;
}

/** What the learner asks about `[fromMs, toMs)` when it wants to learn from it. */
export interface WindowSource {
  stats(fromMs: EpochMs, toMs: EpochMs): WindowStats;
  /** Anything received from any source, of any environment. */
  hasInput(fromMs: EpochMs, toMs: EpochMs): boolean;
}

interface Pending {
  readonly fromMs: EpochMs;
  readonly continuous: boolean;
}

/**
 * Learns one environment's baseline from consecutive windows that start with its first record. Window k steps when
 * k + 1 has closed, so that every evaluation that overlaps k has spoken; the very first one seeds at once.
 */
export class Learner {
  readonly #options: LearnerOptions;
  #baseline: ClassicBaseline;
  /** Start of the window that is filling; null while the environment is silent. */
  #openFromMs: EpochMs | null = null;
  #pending: Pending | null = null;
  /** Window ends of evaluations that fired, ascending, per metric. */
  readonly #firedEndsMs: Record<Metric, EpochMs[]> = { errorRate: [], totalLogs: [], services: [] };

  constructor(environment: string, options: LearnerOptions, restored: ClassicBaseline | null) {
    this.#options = options;
    this.#baseline = restored ?? emptyBaseline(environment, options.windowMs);
  }

  get baseline(): ClassicBaseline {
    return this.#baseline;
  }

  /** The environment has records from this pane on. One before the open window means that the clock was set back. */
  begin(paneStartMs: EpochMs): void {
    if (this.#openFromMs !== null && this.#openFromMs <= paneStartMs) return;
    this.#openFromMs = paneStartMs;
    if (this.#pending !== null && this.#pending.fromMs >= paneStartMs) this.#pending = null;
  }

  get begun(): boolean {
    return this.#openFromMs !== null;
  }

  /** An evaluation over the window that ends at `endMs` found the metric's condition true. */
  fired(metric: Metric, endMs: EpochMs): void {
    const ends = this.#firedEndsMs[metric];
    if (ends.at(-1) !== endMs) ends.push(endMs);
  }

  /**
   * Closes every window that has ended by `nowMs` and returns the steps taken, oldest first. `continuousSinceMs` is
   * the pane since which input has come without a pause, null during one.
   */
  learn(nowMs: EpochMs, continuousSinceMs: EpochMs | null, source: WindowSource): BaselineStep[] {
    const steps: BaselineStep[] = [];
    const { windowMs } = this.#options;
    while (this.#openFromMs !== null && this.#openFromMs + windowMs <= nowMs) {
      const fromMs = this.#openFromMs;
      const continuous = continuousSinceMs !== null && continuousSinceMs <= fromMs;
      steps.push(...this.#close({ fromMs, continuous }, nowMs, source));
    }
    return steps;
  }

  #close(closed: Pending, nowMs: EpochMs, source: WindowSource): BaselineStep[] {
    const steps: BaselineStep[] = [];
    const toMs = closed.fromMs + this.#options.windowMs;
    if (this.#pending !== null) steps.push(this.#step(this.#pending, nowMs, source));
    this.#pending = null;
    const unknown = this.#baseline.errorRate.value === null && this.#baseline.totalLogs.value === null;
    const empty = unknown && source.stats(closed.fromMs, toMs).total === 0;
    if (empty || !source.hasInput(closed.fromMs, toMs)) {
      // No data, or only late records so far: the next window starts with the next record.
      this.#openFromMs = null;
      return steps;
    }
    if (unknown) {
      steps.push(this.#step(closed, nowMs, source));
    } else {
      this.#pending = closed;
    }
    this.#openFromMs = toMs;
    return steps;
  }

  #step(window: Pending, nowMs: EpochMs, source: WindowSource): BaselineStep {
    const toMs = window.fromMs + this.#options.windowMs;
    const step = stepBaseline(
      this.#baseline,
      {
        stats: source.stats(window.fromMs, toMs),
        continuous: window.continuous,
        firedSinceMs: {
          errorRate: this.#firedSince("errorRate", window.fromMs),
          totalLogs: this.#firedSince("totalLogs", window.fromMs),
          services: this.#firedSince("services", window.fromMs),
        },
      },
      nowMs,
      this.#options,
    );
    this.#baseline = step.baseline;
    for (const metric of METRICS) {
      const ends = this.#firedEndsMs[metric];
      while (ends[0] !== undefined && ends[0] <= toMs) ends.shift();
    }
    return step;
  }

  /** An evaluation over [end − window, end) overlaps [from, from + window) when from < end < from + 2 × window. */
  #firedSince(metric: Metric, fromMs: EpochMs): EpochMs | null {
    const untilMs = fromMs + 2 * this.#options.windowMs;
    return this.#firedEndsMs[metric].find((endMs) => endMs > fromMs && endMs < untilMs) ?? null;
  }
}
