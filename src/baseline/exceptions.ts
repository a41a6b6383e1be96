import type { EpochMs } from "../log/time.ts";
import { PatternState, patternStore, type PatternJson } from "./pattern-model.ts";

/** Types of one series that are told apart; further ones are not counted. */
const MAX_TYPES = 64;

/** Which types of exceptions a series usually throws, and how often each lately. */
export class ExceptionTypes {
  readonly types = new Map<string, PatternState>();

  add(step: number, type: string, count: number, timeMs: EpochMs): void {
    let known = this.types.get(type);
    if (known === undefined) {
      if (this.types.size >= MAX_TYPES) return;
      known = new PatternState(type, timeMs);
      this.types.set(type, known);
    }
    known.add(step, count);
    known.lastMs = Math.max(known.lastMs, timeMs);
  }

  /** Exceptions of `steps` steps up to and with `lastStep`. */
  total(lastStep: number, steps: number): number {
    let sum = 0;
    for (const type of this.types.values()) sum += type.sum(lastStep, steps);
    return sum;
  }

  /** Learns what came in `steps` steps up to and with `lastStep`: each type's share of all. */
  learn(lastStep: number, steps: number, keep: number, weight: number): void {
    const all = this.total(lastStep, steps);
    for (const type of this.types.values()) type.learn(type.sum(lastStep, steps), all, keep, weight);
  }

  forgetFrom(step: number): void {
    for (const type of this.types.values()) type.forgetFrom(step);
  }

  toJson(): readonly PatternJson[] {
    return Array.from(this.types.values(), (type) => type.toJson());
  }

  restore(types: readonly PatternJson[]): void {
    for (const type of types.slice(0, MAX_TYPES))
      this.types.set(type[0], PatternState.restore(type, patternStore(1)));
  }
}
