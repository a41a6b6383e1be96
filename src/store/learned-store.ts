import type { EpochMs } from "../log/time.ts";
import type { MinerChanges } from "../template/template.ts";

/** A series of which templates are stored. */
export interface StoredSeries {
  readonly seriesKey: string;
  readonly templates: number;
  /** To the hour or so: what did not change is not stored again. */
  readonly lastSeenMs: EpochMs;
}

/** The templates that were learned, by series. Throws only when the store cannot be reached. */
export interface LearnedStore {
  /** In the version that is read, the latest seen first. */
  series(): Promise<readonly StoredSeries[]>;
  /** All that is stored of these series; one of which nothing is, is absent. */
  load(seriesKeys: readonly string[]): Promise<ReadonlyMap<string, MinerChanges>>;
  /** What changed, each series all or nothing. Saving the same again changes nothing. */
  save(changes: ReadonlyMap<string, MinerChanges>): Promise<void>;
}

/** When the series was last seen, as far as its changes tell. */
export function lastSeenMs({ templates }: MinerChanges): EpochMs {
  return templates.reduce((latest, template) => Math.max(latest, template.lastSeenMs), 0);
}
