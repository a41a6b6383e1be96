import type { Alert } from "../alert/alert.ts";
import { blame } from "../alert/blame.ts";
import type { Category } from "../anomaly/anomaly.ts";

/** Findings about one service that need no error: what others err with beside it is another matter, or an echo. */
const WITHOUT_ERRORS: ReadonlySet<Category> = new Set([
  "pattern_drop",
  "service_missing",
  "silence",
  "slow_trace",
]);

type Blamable = Pick<Alert, "anomalies" | "evidence" | "suspectedService">;

/** Services where it may have begun, the likeliest first. */
export function originsOf({ anomalies, evidence, suspectedService }: Blamable): readonly string[] {
  const byErrors = blame(evidence).map(({ service }) => service);
  if (suspectedService === null) return byErrors;
  const isQuiet = anomalies.length > 0 && anomalies.every(({ category }) => WITHOUT_ERRORS.has(category));
  const ordered = isQuiet ? [suspectedService, ...byErrors] : [...byErrors, suspectedService];
  return [...new Set(ordered)];
}
