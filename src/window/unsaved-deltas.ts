import type { EpochMs } from "../log/time.ts";
import type { SeriesCounts, WindowDelta } from "./delta.ts";

/** Deltas that the state store does not have yet, the newest of each counter and pane. */
export class UnsavedDeltas {
  readonly #deltas = new Map<string, WindowDelta>();

  add(delta: WindowDelta): void {
    // What is known beyond counts is of the moment.
    if (!delta.input) return;
    this.#deltas.set(keyOf(delta), delta);
  }

  /** All of them, and none is left. */
  take(): WindowDelta[] {
    const taken = Array.from(this.#deltas.values(), lean);
    this.#deltas.clear();
    return taken;
  }

  /** Puts back what could not be saved, unless something newer waits. */
  giveBack(deltas: readonly WindowDelta[]): void {
    for (const delta of deltas) if (!this.#deltas.has(keyOf(delta))) this.add(delta);
  }

  /** Forgets panes from before `beforeMs`. */
  expire(beforeMs: EpochMs): void {
    for (const [key, { paneStartMs }] of this.#deltas) if (paneStartMs < beforeMs) this.#deltas.delete(key);
  }
}

function keyOf({ replica, epoch, paneStartMs }: WindowDelta): string {
  return `${replica} ${epoch} ${paneStartMs}`;
}

function essential({ series, levels, templates, samples }: SeriesCounts): SeriesCounts {
  return { series, levels, templates, samples };
}

/** As a restart needs it: what templates usually do is learned elsewhere, and would be most of the bytes. */
function lean(delta: WindowDelta): WindowDelta {
  return { ...delta, series: delta.series.map(essential) };
}
