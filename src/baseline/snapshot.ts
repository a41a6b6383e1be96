import { isObject } from "../log/json.ts";
import { UNKNOWN_AVERAGE, type HeldAverage } from "./average.ts";
import type { ClassicBaseline, ServiceBaseline } from "./classic.ts";

const VERSION = 1;

/** A baseline as JSON for the state store. */
export function baselineToJson(baseline: ClassicBaseline): unknown {
  return { version: VERSION, ...baseline, perService: [...baseline.perService] };
}

/** null for anything that is not such a snapshot, of another version, or of another window length. */
export function baselineFromJson(value: unknown, windowMs: number): ClassicBaseline | null {
  if (!isObject(value) || value["version"] !== VERSION || value["windowMs"] !== windowMs) return null;
  const { environment, levels, perService, updatedAtMs } = value;
  if (typeof environment !== "string" || typeof updatedAtMs !== "number" || !Array.isArray(perService))
    return null;
  return {
    environment,
    windowMs,
    errorRate: averageFromJson(value["errorRate"]),
    totalLogs: averageFromJson(value["totalLogs"]),
    services: averageFromJson(value["services"]),
    levels: numbers(levels),
    perService: new Map(perService.flatMap(serviceFromJson)),
    updatedAtMs,
  };
}

function numbers(value: unknown): number[] | null {
  if (!Array.isArray(value)) return null;
  const items: unknown[] = value;
  return items.every((item) => typeof item === "number") ? items : null;
}

function averageFromJson(value: unknown): HeldAverage {
  if (!isObject(value) || typeof value["value"] !== "number") return UNKNOWN_AVERAGE;
  const hold = value["hold"];
  if (!isObject(hold) || typeof hold["sinceMs"] !== "number" || typeof hold["shadow"] !== "number") {
    return { value: value["value"], hold: null };
  }
  return { value: value["value"], hold: { sinceMs: hold["sinceMs"], shadow: hold["shadow"] } };
}

function serviceFromJson(entry: unknown): [string, ServiceBaseline][] {
  if (!Array.isArray(entry)) return [];
  const [key, value]: unknown[] = entry;
  if (typeof key !== "string" || !isObject(value) || typeof value["totalLogs"] !== "number") return [];
  const errorRate = value["errorRate"];
  return [
    [
      key,
      {
        totalLogs: value["totalLogs"],
        errorRate: typeof errorRate === "number" ? errorRate : null,
        levels: numbers(value["levels"]) ?? [],
      },
    ],
  ];
}
