import type { Change, ChangeBook } from "../alert/change.ts";
import type { EpochMs } from "../log/time.ts";

export const MAX_CHANGES = 5_000;

/** Where changes outlive the process. Throws only when the store cannot be reached. */
export interface ChangeStore {
  add(changes: readonly Change[]): Promise<void>;
  /** The newest, oldest first. */
  recent(limit: number): Promise<readonly Change[]>;
}

/** The changes that evidence looks at: bounded, in memory, in order of time. */
export class ChangeLog implements ChangeBook {
  #changes: Change[] = [];

  add(changes: readonly Change[]): void {
    const known = new Set(changes.map(({ id }) => id));
    this.#changes = [...this.#changes.filter(({ id }) => !known.has(id)), ...changes]
      .toSorted((a, b) => a.atMs - b.atMs)
      .slice(-MAX_CHANGES);
  }

  between(environment: string, fromMs: EpochMs, toMs: EpochMs): readonly Change[] {
    return this.#changes.filter(
      (change) =>
        change.atMs >= fromMs &&
        change.atMs <= toMs &&
        (change.environment === null || change.environment === environment),
    );
  }

  /** Newest first. */
  recent(limit: number): readonly Change[] {
    return this.#changes.slice(-limit).toReversed();
  }
}
