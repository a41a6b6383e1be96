import { affectedByErrors } from "./affected.ts";
import { exceeds, multiplierOf, type Detector } from "./detector.ts";
import { count, duration, list, percent, times } from "./words.ts";

const FACTOR = 5;
const FLOOR = 0.05;
const HIGH = 0.2;

/** Error rate above 5 × baseline and above 5 %; the original rule. */
export const errorSpike: Detector = {
  category: "error_spike",
  metric: "errorRate",
  detect({ stats, baseline, nowMs }) {
    const rate = stats.errorRate;
    const expected = baseline.errorRate.value;
    if (rate === null || expected === null || !this.holds(expected, stats)) return null;
    const multiplier = multiplierOf(rate, expected);
    const affectedServices = affectedByErrors(stats, baseline);
    const where = affectedServices.length === 0 ? "" : `, most in ${list(affectedServices)}`;
    return {
      category: "error_spike",
      severity: exceeds(rate, HIGH) ? "high" : "medium",
      environment: stats.environment,
      service: null,
      observed: rate,
      expected,
      multiplier,
      detectedAtMs: nowMs,
      pattern: null,
      description:
        `Error rate ${percent(rate)} against a baseline of ${percent(expected)}${times(multiplier)}: ` +
        `${count(stats.errors)} of ${count(stats.total)} records in ${duration(stats.toMs - stats.fromMs)}${where}`,
      affectedServices,
    };
  },
  holds(expected, { errorRate }) {
    return errorRate !== null && exceeds(errorRate, FACTOR * expected) && exceeds(errorRate, FLOOR);
  },
};
