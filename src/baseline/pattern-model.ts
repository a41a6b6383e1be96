import type { EpochMs } from "../log/time.ts";

/** Steps of counts that a pattern keeps. */
export const PATTERN_STEPS = 16;

export type PatternGrade = 0 | 1 | 2 | 3;
/** By the gravest level seen: other, warning, error, fatal. */
export const PATTERN_GRADES = ["other", "warning", "error", "fatal"] as const;

/** One template of one series: what it usually logs, as a share of the series, and its last minutes. */
export class PatternState {
  readonly pattern: string;
  readonly firstMs: EpochMs;
  lastMs: EpochMs;
  grade: PatternGrade = 0;
  /** Decayed records and the series' records over the same learnt buckets. */
  learnt = 0;
  exposure = 0;
  /** Learnt buckets, decayed, and those among them in which it came. */
  buckets = 0;
  hits = 0;
  /** Times that it came as an error, minutes apart, and those among them with no other rare error near. */
  episodes = 0;
  alone = 0;
  /** Of the times it came, what does not count: people could not be told yet. */
  forgiven = 0;
  /** Up to this step all is learnt. */
  #newest = -1;
  readonly #steps = new Uint16Array(PATTERN_STEPS);

  constructor(pattern: string, timeMs: EpochMs) {
    this.pattern = pattern;
    this.firstMs = timeMs;
    this.lastMs = timeMs;
  }

  get newestStep(): number {
    return this.#newest;
  }

  add(step: number, count: number): void {
    if (step > this.#newest) {
      const gap = step - this.#newest;
      if (this.#newest < 0 || gap >= PATTERN_STEPS) this.#steps.fill(0);
      else for (let s = this.#newest + 1; s <= step; s++) this.#steps[s % PATTERN_STEPS] = 0;
      this.#newest = step;
    }
    if (step <= this.#newest - PATTERN_STEPS) return;
    const i = step % PATTERN_STEPS;
    this.#steps[i] = Math.min(65_535, (this.#steps[i] ?? 0) + count);
  }

  /** Forgets the counts from this step on. */
  forgetFrom(step: number): void {
    for (let s = Math.max(step, this.#newest - PATTERN_STEPS + 1); s <= this.#newest; s++) {
      this.#steps[s % PATTERN_STEPS] = 0;
    }
  }

  /** Records of `count` steps up to and with `lastStep`. */
  sum(lastStep: number, count: number): number {
    let sum = 0;
    const from = Math.max(lastStep - count + 1, this.#newest - PATTERN_STEPS + 1);
    for (let step = Math.min(lastStep, this.#newest); step >= from; step--) {
      sum += this.#steps[step % PATTERN_STEPS] ?? 0;
    }
    return sum;
  }

  /** Learns one bucket: its own records, and those of the whole series. */
  learn(count: number, records: number, keep: number, weight: number): void {
    this.learnt = this.learnt * keep + weight * count;
    this.exposure = this.exposure * keep + weight * records;
    this.buckets = this.buckets * keep + weight;
    this.hits = this.hits * keep + (count > 0 ? weight : 0);
  }

  toJson(): PatternJson {
    const { pattern, firstMs, lastMs, grade, learnt, exposure, buckets, hits, episodes, alone } = this;
    return [
      pattern,
      firstMs,
      lastMs,
      grade,
      learnt,
      exposure,
      buckets,
      hits,
      episodes,
      alone,
      this.#newest,
      [...this.#steps],
      this.forgiven,
    ];
  }

  /** The same under another name. */
  named(pattern: string): PatternState {
    const [, ...known] = this.toJson();
    return PatternState.restore([pattern, ...known]);
  }

  static restore(json: PatternJson): PatternState {
    const state = new PatternState(json[0], json[1]);
    state.lastMs = json[2];
    state.grade = json[3];
    state.learnt = json[4];
    state.exposure = json[5];
    state.buckets = json[6];
    state.hits = json[7];
    state.episodes = json[8];
    state.alone = json[9];
    state.#newest = json[10];
    state.#steps.set(json[11].slice(0, PATTERN_STEPS));
    state.forgiven = json[12] ?? 0;
    return state;
  }
}

export type PatternJson = readonly [
  pattern: string,
  firstMs: EpochMs,
  lastMs: EpochMs,
  grade: PatternGrade,
  learnt: number,
  exposure: number,
  buckets: number,
  hits: number,
  episodes: number,
  alone: number,
  newest: number,
  steps: readonly number[],
  forgiven?: number,
];
