import type { Grid } from "./grid.ts";

/**
 * Counts of one series by pane and by step, as rings: what left them is forgotten. Kept as running sums (modulo 2³²),
 * so that any stretch is one subtraction, however long.
 */
export class CountRings {
  readonly #grid: Grid;
  /** Running sums of the panes, then of the steps; each ring has one more, the sum of all that was before it. */
  readonly #sums: Uint32Array;
  readonly #from: number;
  /** The newest pane that the rings reach to; -1 before the first. */
  #newest = -1;

  /** Takes `cellsOf(grid)` cells of `sums` from `from` on; they must be zero. */
  constructor(grid: Grid, sums = new Uint32Array(CountRings.cellsOf(grid)), from = 0) {
    this.#grid = grid;
    this.#sums = sums;
    this.#from = from;
  }

  static cellsOf({ keptPanes, keptSteps }: Grid): number {
    return keptPanes + 1 + keptSteps + 1;
  }

  get #stepsFrom(): number {
    return this.#from + this.#grid.keptPanes + 1;
  }

  get #newestStep(): number {
    return this.#newest < 0 ? -1 : Math.floor(this.#newest / this.#grid.panesPerStep);
  }

  /** Adds to a pane; a pane that has left the ring takes nothing. A negative `count` takes back. */
  add(pane: number, count: number): void {
    this.#reach(pane);
    const { keptPanes, keptSteps, panesPerStep } = this.#grid;
    if (pane <= this.#newest - keptPanes) return;
    this.#raise(this.#from, keptPanes, pane, this.#newest, count);
    this.#raise(this.#stepsFrom, keptSteps, Math.floor(pane / panesPerStep), this.#newestStep, count);
  }

  /** A count never falls below zero. */
  #raise(from: number, kept: number, at: number, newest: number, count: number): void {
    const more = count < 0 ? -Math.min(-count, this.#sum(from, kept, newest, at, 1)) : count;
    for (let i = at; i <= newest; i++) {
      const cell = from + (i % (kept + 1));
      this.#sums[cell] = (this.#sums[cell] ?? 0) + more;
    }
  }

  #reach(pane: number): void {
    if (pane <= this.#newest) return;
    const { keptPanes, keptSteps, panesPerStep } = this.#grid;
    const step = Math.floor(pane / panesPerStep);
    this.#extend(this.#stepsFrom, keptSteps, this.#newestStep, step);
    this.#extend(this.#from, keptPanes, this.#newest, pane);
    this.#newest = pane;
  }

  /** Nothing has come yet for what is new. */
  #extend(from: number, kept: number, newest: number, to: number): void {
    if (newest < 0 || to - newest > kept) {
      this.#sums.fill(0, from, from + kept + 1);
      return;
    }
    const known = this.#sums[from + (newest % (kept + 1))] ?? 0;
    for (let i = newest + 1; i <= to; i++) this.#sums[from + (i % (kept + 1))] = known;
  }

  /** Sum of the last `count` of a ring up to and with `last`. */
  #sum(from: number, kept: number, newest: number, last: number, count: number): number {
    const to = last < newest ? last : newest;
    const before = Math.max(last - count, newest - kept);
    if (to <= before) return 0;
    const upTo = this.#sums[from + (to % (kept + 1))] ?? 0;
    // What would have been before the first pane of all is the empty sum of a ring's first round.
    const upToBefore = before < 0 ? 0 : (this.#sums[from + (before % (kept + 1))] ?? 0);
    return (upTo - upToBefore) >>> 0;
  }

  /** Forgets from this pane on, which begins a step: whoever counts them again must not find them counted. */
  forgetFrom(pane: number): void {
    const { keptPanes, keptSteps, panesPerStep } = this.#grid;
    this.#level(this.#from, keptPanes, pane, this.#newest);
    this.#level(this.#stepsFrom, keptSteps, Math.floor(pane / panesPerStep), this.#newestStep);
  }

  #level(from: number, kept: number, at: number, newest: number): void {
    const first = Math.max(at, newest - kept + 1);
    if (newest < 0 || first > newest) return;
    const known = first < 1 ? 0 : (this.#sums[from + ((first - 1) % (kept + 1))] ?? 0);
    for (let i = first; i <= newest; i++) this.#sums[from + (i % (kept + 1))] = known;
  }

  /** Sum of `count` panes up to and with `lastPane`. */
  panes(lastPane: number, count: number): number {
    return this.#sum(this.#from, this.#grid.keptPanes, this.#newest, lastPane, count);
  }

  /** Sum of `count` steps up to and with `lastStep`. */
  steps(lastStep: number, count: number): number {
    return this.#sum(this.#stepsFrom, this.#grid.keptSteps, this.#newestStep, lastStep, count);
  }

  /** Counts, the newest pane's and its step's first. */
  toJson(): readonly [newest: number, panes: readonly number[], steps: readonly number[]] {
    const { keptPanes, keptSteps } = this.#grid;
    if (this.#newest < 0) return [-1, [], []];
    const back = (kept: number, one: (ago: number) => number): number[] => {
      const counts = Array.from({ length: kept }, (_, ago) => one(ago));
      return counts.slice(0, counts.findLastIndex((count) => count > 0) + 1);
    };
    return [
      this.#newest,
      back(keptPanes, (ago) => this.panes(this.#newest - ago, 1)),
      back(keptSteps, (ago) => this.steps(this.#newestStep - ago, 1)),
    ];
  }

  restore([newest, panes, steps]: ReturnType<CountRings["toJson"]>): void {
    const { keptPanes, keptSteps, panesPerStep } = this.#grid;
    if (newest < 0 || panes.length > keptPanes || steps.length > keptSteps) return;
    this.#newest = newest;
    const fill = (from: number, kept: number, last: number, counts: readonly number[]): void => {
      this.#sums.fill(0, from, from + kept + 1);
      for (const [ago, count] of counts.entries()) this.#raise(from, kept, last - ago, last, count);
    };
    fill(this.#from, keptPanes, newest, panes);
    fill(this.#stepsFrom, keptSteps, Math.floor(newest / panesPerStep), steps);
  }
}
