import type { ClassicBaseline } from "../baseline/classic.ts";
import type { WindowStats } from "../window/windows.ts";
import { changedServices } from "./affected.ts";
import { exceeds, multiplierOf, type Detector } from "./detector.ts";
import { count, list } from "./words.ts";

const MAX_DIFFERENCE = 3;

function describe(stats: WindowStats, expected: number, changed: readonly string[]): string {
  const fewer = stats.services.size < expected;
  const names = changed.length === 0 ? "" : `; ${fewer ? "missing" : "new"}: ${list(changed)}`;
  const size = stats.services.size;
  return `${count(size)} ${size === 1 ? "service logs" : "services log"} against a baseline of ${count(expected)}${names}`;
}

function changedNames(stats: WindowStats, baseline: ClassicBaseline, fewer: boolean): string[] {
  const { missing, appeared } = changedServices(stats, baseline);
  return fewer ? missing : appeared;
}

/** The number of distinct services differs from the baseline by more than 3; the original rule. */
export const serviceChange: Detector = {
  category: "service_change",
  metric: "services",
  detect({ stats, baseline, warm, nowMs }) {
    const expected = baseline.services.value;
    if (!warm || expected === null || !this.holds(expected, stats)) return null;
    const observed = stats.services.size;
    const fewer = observed < expected;
    const affectedServices = changedNames(stats, baseline, fewer);
    return {
      category: "service_change",
      severity: fewer ? "medium" : "low",
      environment: stats.environment,
      service: null,
      observed,
      expected,
      multiplier: multiplierOf(observed, expected),
      detectedAtMs: nowMs,
      pattern: null,
      description: describe(stats, expected, affectedServices),
      affectedServices,
    };
  },
  holds(expected, { services }) {
    return exceeds(Math.abs(services.size - expected), MAX_DIFFERENCE);
  },
};
