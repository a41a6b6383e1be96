import { seriesKey, seriesOf, type Series } from "../log/series.ts";

/** More distinct series than this and the table starts anew: memory stays bounded, counting stays right. */
export const MAX_TABLE_SERIES = 10_000;

/** One object per series, so that columns over records share it. */
export class SeriesTable {
  readonly #series = new Map<string, Series>();

  /** `attribute` returns "" for what is not there, as for `seriesOf`. */
  of(attribute: (key: string) => string): Series {
    const series = seriesOf(attribute);
    const key = seriesKey(series);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MAX_TABLE_SERIES) this.#series.clear();
    this.#series.set(key, series);
    return series;
  }
}
