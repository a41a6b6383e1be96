import { NO_ATTRIBUTES, type AttributeValue } from "../log/batch.ts";
import { seriesKey, seriesOf, type Series } from "../log/series.ts";

/** More distinct series than this and the table starts anew: memory stays bounded, counting stays right. */
export const MAX_TABLE_SERIES = 10_000;

/** What a line without a resource of its own says about its service and the service's release. */
const RESOURCE_KEYS = [
  "service.name",
  "service.namespace",
  "service.version",
  "service.instance.id",
  "deployment.environment.name",
] as const;

/** One object per series, so that columns over records share it. */
export class SeriesTable {
  readonly #series = new Map<string, Series>();
  readonly #resources = new Map<string, ReadonlyMap<string, AttributeValue>>();

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

  /** One map per distinct resource; `attribute` as above. */
  resourceOf(attribute: (key: string) => string): ReadonlyMap<string, AttributeValue> {
    const given = RESOURCE_KEYS.map((key) => [key, attribute(key)] as const).filter(
      ([, text]) => text !== "",
    );
    if (given.length === 0) return NO_ATTRIBUTES;
    const key = JSON.stringify(given);
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    if (this.#resources.size >= MAX_TABLE_SERIES) this.#resources.clear();
    const resource = new Map(given);
    this.#resources.set(key, resource);
    return resource;
  }
}
