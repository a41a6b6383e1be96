import type { SeriesJson } from "../baseline/series-model.ts";
import { isObject } from "../log/json.ts";
import type { EpochMs } from "../log/time.ts";
import type { Continuity } from "../window/continuity.ts";
import type { DeploymentJson } from "./deployments.ts";
import type { EnvironmentJson } from "./environments.ts";
import type { LinksJson } from "./links.ts";
import type { PipelineNotesJson } from "./pipeline-notes.ts";
import type { FoldedJson } from "./series-table.ts";

/** Raised with every change of shape: an older state is left aside. */
export const ENGINE_VERSION = 5;

/** A row of the state store. */
export interface EngineRow {
  readonly key: string;
  readonly state: unknown;
  readonly updatedAtMs: EpochMs;
}

interface Raster {
  readonly version: number;
  readonly windowMs: number;
  readonly paneMs: number;
  /** Panes that end later were not judged yet. */
  readonly judgedToMs: EpochMs;
}

/** One series as it is stored, with the raster that its counts are on. */
export interface ModelState extends Raster {
  readonly model: SeriesJson;
}

/** What is going on, as it is stored: all that no series holds. */
export interface CourseState extends Raster {
  readonly course: CourseJson;
}

export interface CourseJson {
  readonly closedBucket: number;
  readonly continuity: ReturnType<Continuity["toJson"]>;
  readonly folded: FoldedJson;
  readonly links: LinksJson;
  readonly deployments: readonly DeploymentJson[];
  /** When it looked last. */
  readonly lookedMs: EpochMs | null;
  readonly notes: PipelineNotesJson;
  readonly environments: readonly EnvironmentJson[];
}

/** A state of this version and raster; null for anything else. */
export function readState(
  state: unknown,
  options: { readonly windowMs: number; readonly bucketMs: number },
): ModelState | CourseState | null {
  if (
    !isObject(state) ||
    state["version"] !== ENGINE_VERSION ||
    state["windowMs"] !== options.windowMs ||
    state["paneMs"] !== options.bucketMs
  )
    return null;
  if (!isObject(state["model"]) && !isObject(state["course"])) return null;
  // The version says that this engine wrote it; nobody else writes these rows.
  return state as unknown as ModelState | CourseState;
}
