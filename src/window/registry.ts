import { seriesKey, type Series } from "../log/series.ts";
import { DAY_MS, type EpochMs } from "../log/time.ts";

/** Stands for every series beyond the bound; says in its name what it is. */
export const OTHER_SERVICE = "(other services)";

export interface RegisteredSeries {
  readonly key: string;
  readonly series: Series;
  readonly firstSeenAtMs: EpochMs;
  lastSeenAtMs: EpochMs;
}

/** The known series, one object each, bounded: a sender of random names meets `maxSeries`, not the heap. */
export class SeriesRegistry {
  readonly #maxSeries: number;
  readonly #byKey = new Map<string, RegisteredSeries>();
  readonly #environments = new Set<string>();
  #overflowed = 0;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** Names that found no room so far. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /** `key`: of the series, where it is known already. */
  intern(series: Series, nowMs: EpochMs, key = seriesKey(series)): RegisteredSeries {
    const known = this.#seen(key, nowMs);
    if (known !== undefined) return known;
    if (this.#byKey.size < this.#maxSeries) return this.#add(series, key, nowMs);
    this.#overflowed += 1;
    const environment = this.#knownEnvironment(series.environment);
    const other = { environment, namespace: "", service: OTHER_SERVICE };
    const otherKey = seriesKey(other);
    return this.#seen(otherKey, nowMs) ?? this.#add(other, otherKey, nowMs);
  }

  #seen(key: string, nowMs: EpochMs): RegisteredSeries | undefined {
    const known = this.#byKey.get(key);
    if (known !== undefined) known.lastSeenAtMs = nowMs;
    return known;
  }

  #add(series: Series, key: string, nowMs: EpochMs): RegisteredSeries {
    const added = { key, series, firstSeenAtMs: nowMs, lastSeenAtMs: nowMs };
    this.#byKey.set(added.key, added);
    this.#environments.add(series.environment);
    return added;
  }

  /** Random environments are bounded too: beyond the bound they join one that exists. */
  #knownEnvironment(environment: string): string {
    if (this.#environments.has(environment)) return environment;
    const [first = environment] = this.#environments;
    return first;
  }

  get(key: string): RegisteredSeries | undefined {
    return this.#byKey.get(key);
  }

  all(): IterableIterator<RegisteredSeries> {
    return this.#byKey.values();
  }

  /** Forgets series that were silent for a day. */
  expire(nowMs: EpochMs): void {
    const known = this.#byKey.size;
    for (const [key, entry] of this.#byKey) {
      if (entry.lastSeenAtMs < nowMs - DAY_MS) this.#byKey.delete(key);
    }
    if (this.#byKey.size === known) return;
    this.#environments.clear();
    for (const { series } of this.#byKey.values()) this.#environments.add(series.environment);
  }
}
