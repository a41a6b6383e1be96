import type { Grid } from "./grid.ts";

/** Counts of one series by pane and by step, as rings: what left them is forgotten. */
export class CountRings {
  readonly #grid: Grid;
  readonly #panes: Uint32Array;
  readonly #steps: Uint32Array;
  /** The newest pane that the rings reach to; -1 before the first. */
  #newest = -1;

  constructor(grid: Grid) {
    this.#grid = grid;
    this.#panes = new Uint32Array(grid.keptPanes);
    this.#steps = new Uint32Array(grid.keptSteps);
  }

  /** Adds to a pane; a pane that has left the ring takes nothing. A negative `count` takes back. */
  add(pane: number, count: number): void {
    this.#reach(pane);
    const { keptPanes, keptSteps, panesPerStep } = this.#grid;
    if (pane <= this.#newest - keptPanes) return;
    const i = pane % keptPanes;
    this.#panes[i] = Math.max(0, (this.#panes[i] ?? 0) + count);
    const j = Math.floor(pane / panesPerStep) % keptSteps;
    this.#steps[j] = Math.max(0, (this.#steps[j] ?? 0) + count);
  }

  #reach(pane: number): void {
    if (pane <= this.#newest) return;
    const { keptPanes, keptSteps, panesPerStep } = this.#grid;
    if (this.#newest < 0 || pane - this.#newest >= keptPanes) this.#panes.fill(0);
    else for (let p = this.#newest + 1; p <= pane; p++) this.#panes[p % keptPanes] = 0;
    const step = Math.floor(pane / panesPerStep);
    const newestStep = Math.floor(this.#newest / panesPerStep);
    if (this.#newest < 0 || step - newestStep >= keptSteps) this.#steps.fill(0);
    else for (let s = newestStep + 1; s <= step; s++) this.#steps[s % keptSteps] = 0;
    this.#newest = pane;
  }

  /** Forgets from this pane on, which begins a step: whoever counts them again must not find them counted. */
  forgetFrom(pane: number): void {
    const { keptPanes, keptSteps, panesPerStep } = this.#grid;
    for (let p = Math.max(pane, this.#newest - keptPanes + 1); p <= this.#newest; p++) {
      this.#panes[p % keptPanes] = 0;
    }
    const newestStep = Math.floor(this.#newest / panesPerStep);
    const firstStep = Math.floor(pane / panesPerStep);
    for (let s = Math.max(firstStep, newestStep - keptSteps + 1); s <= newestStep; s++) {
      this.#steps[s % keptSteps] = 0;
    }
  }

  /** Sum of `count` panes up to and with `lastPane`. */
  panes(lastPane: number, count: number): number {
    const { keptPanes } = this.#grid;
    let sum = 0;
    const from = Math.max(lastPane - count + 1, this.#newest - keptPanes + 1);
    for (let pane = Math.min(lastPane, this.#newest); pane >= from; pane--)
      sum += this.#panes[pane % keptPanes] ?? 0;
    return sum;
  }

  /** Sum of `count` steps up to and with `lastStep`. */
  steps(lastStep: number, count: number): number {
    const { keptSteps, panesPerStep } = this.#grid;
    const newest = Math.floor(this.#newest / panesPerStep);
    let sum = 0;
    const from = Math.max(lastStep - count + 1, newest - keptSteps + 1);
    for (let step = Math.min(lastStep, newest); step >= from; step--)
      sum += this.#steps[step % keptSteps] ?? 0;
    return sum;
  }

  toJson(): readonly [newest: number, panes: readonly number[], steps: readonly number[]] {
    return [this.#newest, [...this.#panes], [...this.#steps]];
  }

  restore([newest, panes, steps]: ReturnType<CountRings["toJson"]>): void {
    if (panes.length !== this.#panes.length || steps.length !== this.#steps.length) return;
    this.#newest = newest;
    this.#panes.set(panes);
    this.#steps.set(steps);
  }
}
