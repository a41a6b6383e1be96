import type { Alert } from "../alert/alert.ts";
import { blame, isWithoutErrors } from "../alert/blame.ts";

type Blamable = Pick<Alert, "anomalies" | "evidence" | "suspectedService">;

/** Services where it may have begun, the likeliest first. */
export function originsOf({ anomalies, evidence, suspectedService }: Blamable): readonly string[] {
  const byErrors = blame(evidence).map(({ service }) => service);
  if (suspectedService === null) return byErrors;
  const isQuiet = isWithoutErrors(anomalies.map(({ category }) => category));
  const ordered = isQuiet ? [suspectedService, ...byErrors] : [...byErrors, suspectedService];
  return [...new Set(ordered)];
}
