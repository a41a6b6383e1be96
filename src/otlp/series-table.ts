import type { AttributeValue } from "../log/batch.ts";
import { seriesKey, seriesOf } from "../log/series.ts";
import type { Series } from "../log/series.ts";
import { textOf } from "./value-text.ts";

/** The distinct series of one request: equal ones share an index, whichever resource they came from. */
export class SeriesTable {
  readonly series: Series[] = [];
  readonly #indexes = new Map<string, number>();

  add(series: Series): number {
    const key = seriesKey(series);
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.series.push(series) - 1;
      this.#indexes.set(key, index);
    }
    return index;
  }
}

/** A resource's series; `scopeNames` says that it names no service, so that the scope's name decides. */
export interface ResourceSeries {
  readonly scopeNames: boolean;
  of(scopeName: string): number;
}

export function resourceSeries(
  attributes: ReadonlyMap<string, AttributeValue>,
  table: SeriesTable,
): ResourceSeries {
  const attribute = (key: string): string => textOf(attributes.get(key) ?? null);
  const scopeNames = seriesOf(attribute, "a").service !== seriesOf(attribute, "b").service;
  const index = scopeNames ? -1 : table.add(seriesOf(attribute));
  return { scopeNames, of: (scopeName) => (scopeNames ? table.add(seriesOf(attribute, scopeName)) : index) };
}
