import type { SeriesJson } from "../baseline/series-model.ts";
import { isObject } from "../log/json.ts";
import type { EpochMs } from "../log/time.ts";

/** Raised with every change of shape: an older state is left aside. */
export const ENGINE_VERSION = 2;

/** A row of the state store. */
export interface EngineRow {
  readonly key: string;
  readonly state: unknown;
  readonly updatedAtMs: EpochMs;
}

/** One series as it is stored, with the raster that its counts are on. */
export interface EngineState {
  readonly version: number;
  readonly windowMs: number;
  readonly paneMs: number;
  readonly model: SeriesJson;
  readonly rare: readonly number[];
}

/** False for what is no state of this version and raster. */
export function isEngineState(
  state: unknown,
  options: { readonly windowMs: number; readonly bucketMs: number },
): state is EngineState {
  return (
    isObject(state) &&
    state["version"] === ENGINE_VERSION &&
    state["windowMs"] === options.windowMs &&
    state["paneMs"] === options.bucketMs &&
    isObject(state["model"])
  );
}
