import { affectedByVolume } from "./affected.ts";
import { exceeds, multiplierOf, type Detector } from "./detector.ts";
import { count, duration, list, times } from "./words.ts";

const FACTOR = 3;
const HIGH_FACTOR = 10;

/** More than 3 × the baseline's records; the original rule. */
export const volumeSpike: Detector = {
  category: "volume_spike",
  metric: "totalLogs",
  detect({ stats, baseline, warm, nowMs }) {
    const expected = baseline.totalLogs.value;
    if (!warm || expected === null || !this.holds(expected, stats)) return null;
    const multiplier = multiplierOf(stats.total, expected);
    const affectedServices = affectedByVolume(stats, baseline);
    const where = affectedServices.length === 0 ? "" : `, most from ${list(affectedServices)}`;
    return {
      category: "volume_spike",
      severity: exceeds(stats.total, HIGH_FACTOR * expected) ? "high" : "medium",
      environment: stats.environment,
      service: null,
      observed: stats.total,
      expected,
      multiplier,
      detectedAtMs: nowMs,
      pattern: null,
      description:
        `${count(stats.total)} records in ${duration(stats.toMs - stats.fromMs)} ` +
        `against a baseline of ${count(expected)}${times(multiplier)}${where}`,
      affectedServices,
    };
  },
  holds(expected, { total }) {
    return exceeds(total, FACTOR * expected);
  },
};
