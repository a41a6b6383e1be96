import type { EpochMs } from "../log/time.ts";
import { PatternStore } from "./pattern-store.ts";

/** Steps of counts that a pattern keeps. */
export const PATTERN_STEPS = 16;

export type PatternGrade = 0 | 1 | 2 | 3;
/** By the gravest level seen: other, warning, error, fatal. */
export const PATTERN_GRADES = ["other", "warning", "error", "fatal"] as const;

/** Where each number of a template lies in its slot. */
const FIRST = 0;
const LAST = 1;
const LEARNT = 2;
const EXPOSURE = 3;
const BUCKETS = 4;
const HITS = 5;
const EPISODES = 6;
const ALONE = 7;
const FORGIVEN = 8;
const NUMBERS = 9;

export function patternStore(slots?: number): PatternStore {
  return new PatternStore(NUMBERS, PATTERN_STEPS, slots);
}

/** One template of one series: what it usually logs, as a share of the series, and its last minutes. */
export class PatternState {
  readonly pattern: string;
  grade: PatternGrade = 0;
  #store: PatternStore;
  #slot: number;
  /** Up to this step all is learnt. */
  #newest = -1;

  /** Its numbers lie in `store`, beside those of its series' other templates. */
  constructor(pattern: string, timeMs: EpochMs, store = patternStore(1)) {
    this.pattern = pattern;
    this.#store = store;
    this.#slot = store.take();
    this.#set(FIRST, timeMs);
    this.#set(LAST, timeMs);
  }

  #get(at: number): number {
    return this.#store.numbers[this.#slot * NUMBERS + at] ?? 0;
  }

  #set(at: number, value: number): void {
    this.#store.numbers[this.#slot * NUMBERS + at] = value;
  }

  get firstMs(): EpochMs {
    return this.#get(FIRST);
  }

  get lastMs(): EpochMs {
    return this.#get(LAST);
  }

  set lastMs(value: EpochMs) {
    this.#set(LAST, value);
  }

  /** Decayed records and the series' records over the same learnt buckets. */
  get learnt(): number {
    return this.#get(LEARNT);
  }

  set learnt(value: number) {
    this.#set(LEARNT, value);
  }

  get exposure(): number {
    return this.#get(EXPOSURE);
  }

  set exposure(value: number) {
    this.#set(EXPOSURE, value);
  }

  /** Learnt buckets, decayed, and those among them in which it came. */
  get buckets(): number {
    return this.#get(BUCKETS);
  }

  set buckets(value: number) {
    this.#set(BUCKETS, value);
  }

  get hits(): number {
    return this.#get(HITS);
  }

  set hits(value: number) {
    this.#set(HITS, value);
  }

  /** Times that it came as an error, minutes apart, and those among them with no other rare error near. */
  get episodes(): number {
    return this.#get(EPISODES);
  }

  set episodes(value: number) {
    this.#set(EPISODES, value);
  }

  get alone(): number {
    return this.#get(ALONE);
  }

  set alone(value: number) {
    this.#set(ALONE, value);
  }

  /** Of the times it came, what does not count: people could not be told yet. */
  get forgiven(): number {
    return this.#get(FORGIVEN);
  }

  set forgiven(value: number) {
    this.#set(FORGIVEN, value);
  }

  get newestStep(): number {
    return this.#newest;
  }

  add(step: number, count: number): void {
    const { steps } = this.#store;
    const from = this.#slot * PATTERN_STEPS;
    if (step > this.#newest) {
      const gap = step - this.#newest;
      if (this.#newest < 0 || gap >= PATTERN_STEPS) steps.fill(0, from, from + PATTERN_STEPS);
      else for (let s = this.#newest + 1; s <= step; s++) steps[from + (s % PATTERN_STEPS)] = 0;
      this.#newest = step;
    }
    if (step <= this.#newest - PATTERN_STEPS) return;
    const i = from + (step % PATTERN_STEPS);
    steps[i] = Math.min(65_535, (steps[i] ?? 0) + count);
  }

  /** Forgets the counts from this step on. */
  forgetFrom(step: number): void {
    const from = this.#slot * PATTERN_STEPS;
    for (let s = Math.max(step, this.#newest - PATTERN_STEPS + 1); s <= this.#newest; s++) {
      this.#store.steps[from + (s % PATTERN_STEPS)] = 0;
    }
  }

  /** Records of `count` steps up to and with `lastStep`. */
  sum(lastStep: number, count: number): number {
    const { steps } = this.#store;
    const at = this.#slot * PATTERN_STEPS;
    let sum = 0;
    const from = Math.max(lastStep - count + 1, this.#newest - PATTERN_STEPS + 1);
    for (let step = Math.min(lastStep, this.#newest); step >= from; step--) {
      sum += steps[at + (step % PATTERN_STEPS)] ?? 0;
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
      [...this.#steps()],
      this.forgiven,
    ];
  }

  #steps(): Uint16Array {
    const from = this.#slot * PATTERN_STEPS;
    return this.#store.steps.subarray(from, from + PATTERN_STEPS);
  }

  /** The same under another name. */
  named(pattern: string, store: PatternStore): PatternState {
    const [, ...known] = this.toJson();
    return PatternState.restore([pattern, ...known], store);
  }

  /** Its series knows it no longer; whoever still follows it goes on with numbers of its own. */
  detach(): void {
    const [store, slot] = [this.#store, this.#slot];
    const own = patternStore(1);
    own.numbers.set(store.numbers.subarray(slot * NUMBERS, (slot + 1) * NUMBERS));
    own.steps.set(this.#steps());
    this.#store = own;
    this.#slot = own.take();
    store.release(slot);
  }

  static restore(json: PatternJson, store = patternStore(1)): PatternState {
    const state = new PatternState(json[0], json[1], store);
    state.lastMs = json[2];
    state.grade = json[3];
    state.learnt = json[4];
    state.exposure = json[5];
    state.buckets = json[6];
    state.hits = json[7];
    state.episodes = json[8];
    state.alone = json[9];
    state.#newest = json[10];
    state.#steps().set(json[11].slice(0, PATTERN_STEPS));
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
