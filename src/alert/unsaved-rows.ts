import type { EngineRow } from "./engine-state.ts";

const MODEL_PREFIX = "model\u001f";
export const COURSE_KEY = "course\u001f";
const MAX_MODELS_AT_ONCE = 200;

export function modelRowKey(seriesKey: string): string {
  return `${MODEL_PREFIX}${seriesKey}`;
}

/** What a store lacks: models that have learnt since they were handed out, and what is going on. */
export class UnsavedRows {
  readonly #models = new Set<string>();
  #courseBucket: number | null = null;

  learnt(seriesKey: string): void {
    this.#models.add(seriesKey);
  }

  /** While all is calm, what is going on is saved once in a bucket. */
  isCourseDue(bucket: number, isGoing: boolean): boolean {
    const isDue = isGoing || bucket !== this.#courseBucket;
    this.#courseBucket = bucket;
    return isDue;
  }

  /** Some of the models at a time. */
  takeModels(rowOf: (seriesKey: string) => EngineRow | null): EngineRow[] {
    const rows: EngineRow[] = [];
    for (const key of this.#models) {
      if (rows.length >= MAX_MODELS_AT_ONCE) break;
      this.#models.delete(key);
      const row = rowOf(key);
      if (row !== null) rows.push(row);
    }
    return rows;
  }

  /** Could not be saved; false where the row is none of the engine's. */
  giveBack(rowKey: string): boolean {
    if (rowKey === COURSE_KEY) this.#courseBucket = null;
    else if (rowKey.startsWith(MODEL_PREFIX)) this.#models.add(rowKey.slice(MODEL_PREFIX.length));
    else return false;
    return true;
  }
}
