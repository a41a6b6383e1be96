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
  #overflowed = 0;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** Names that found no room so far. */
  get overflowed(): number {
    return this.#overflowed;
  }

  intern(series: Series, nowMs: EpochMs): RegisteredSeries {
    const key = seriesKey(series);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.lastSeenAtMs = nowMs;
      return known;
    }
    if (this.#byKey.size >= this.#maxSeries && series.service !== OTHER_SERVICE) {
      this.#overflowed += 1;
      return this.intern(
        { environment: this.#knownEnvironment(series), namespace: "", service: OTHER_SERVICE },
        nowMs,
      );
    }
    const added = { key, series, firstSeenAtMs: nowMs, lastSeenAtMs: nowMs };
    this.#byKey.set(key, added);
    return added;
  }

  /** Random environments are bounded too: beyond the bound they join one that exists. */
  #knownEnvironment(series: Series): string {
    let first: string | undefined;
    for (const { series: known } of this.#byKey.values()) {
      if (known.environment === series.environment) return known.environment;
      first ??= known.environment;
    }
    return first ?? series.environment;
  }

  get(key: string): RegisteredSeries | undefined {
    return this.#byKey.get(key);
  }

  all(): IterableIterator<RegisteredSeries> {
    return this.#byKey.values();
  }

  /** Forgets series that were silent for a day. */
  expire(nowMs: EpochMs): void {
    for (const [key, entry] of this.#byKey) {
      if (entry.lastSeenAtMs < nowMs - DAY_MS) this.#byKey.delete(key);
    }
  }
}
