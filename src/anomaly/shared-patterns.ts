import type { PatternState } from "../baseline/pattern-model.ts";
import type { SeriesModel } from "../baseline/series-model.ts";

/** So many other services must log it. */
const MIN_ELSEWHERE = 2;
const MAX_SERIES = 8;
const MAX_PATTERNS = 2_000;

/** A series by its key; undefined for one that is no longer known. */
export type ModelOf = (seriesKey: string) => SeriesModel | undefined;

/** Series by their place in `keys`. */
export interface SharedPatternsJson {
  readonly keys: readonly string[];
  readonly patterns: readonly (readonly [pattern: string, series: readonly number[]])[];
}

/** Error patterns that several services log without anything following: what libraries log, many services log. */
export class SharedPatterns {
  readonly #byPattern = new Map<string, Set<SeriesModel>>();

  /** It stayed alone in this series. */
  add({ pattern: id }: PatternState, series: SeriesModel): void {
    const known = this.#byPattern.get(id);
    if (known !== undefined) {
      if (known.size < MAX_SERIES) known.add(series);
      return;
    }
    const [oldest] = this.#byPattern.keys();
    if (oldest !== undefined && this.#byPattern.size >= MAX_PATTERNS) this.#byPattern.delete(oldest);
    this.#byPattern.set(id, new Set([series]));
  }

  toJson(): SharedPatternsJson {
    const keys = new Map<string, number>();
    const patterns = Array.from(this.#byPattern, ([id, models]) => {
      const known = Array.from(models, ({ key }) => {
        const number = keys.get(key) ?? keys.size;
        keys.set(key, number);
        return number;
      });
      return [id, known] as const;
    });
    return { keys: [...keys.keys()], patterns };
  }

  restore({ keys, patterns }: SharedPatternsJson, modelOf: ModelOf): void {
    for (const [id, numbers] of patterns) {
      const models = numbers.flatMap((number) => modelOf(keys[number] ?? "") ?? []);
      if (models.length > 0) this.#byPattern.set(id, new Set(models));
    }
  }

  /** How often other services log it, per record; 0 where too few do. */
  perRecord({ pattern: id }: PatternState, series: SeriesModel): number {
    let [alone, records, services] = [0, 0, 0];
    for (const other of this.#byPattern.get(id) ?? []) {
      const known = other.patterns.get(id);
      if (other === series || known === undefined) continue;
      alone += known.alone;
      records += other.errorShare.records;
      services += 1;
    }
    return services < MIN_ELSEWHERE ? 0 : alone / Math.max(records, 1);
  }

  /** How often it stayed alone in other services; 0 where too few log it. */
  aloneElsewhere({ pattern: id }: PatternState, series: SeriesModel): number {
    let [alone, services] = [0, 0];
    for (const other of this.#byPattern.get(id) ?? []) {
      if (other === series) continue;
      alone += other.patterns.get(id)?.alone ?? 0;
      services += 1;
    }
    return services < MIN_ELSEWHERE ? 0 : alone;
  }
}
