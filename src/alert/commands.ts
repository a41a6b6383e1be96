import type { Alert } from "./alert.ts";
import type { AlertChange } from "./event.ts";

/** What a person's word does to an alert, or the sentence that says why it does nothing. */
export type Decision =
  | { readonly kind: "change"; readonly changes: readonly AlertChange[] }
  | { readonly kind: "refused"; readonly message: string };

function refused(message: string): Decision {
  return { kind: "refused", message };
}

export function decideAcknowledge(alert: Alert): Decision {
  if (alert.status === "resolved") return refused(`${alert.id} is already resolved.`);
  if (alert.status === "acknowledged") {
    return refused(`${alert.id} was already acknowledged by ${alert.acknowledgedBy ?? "somebody"}.`);
  }
  return { kind: "change", changes: [{ type: "acknowledged" }] };
}

export function decideResolve(alert: Alert): Decision {
  if (alert.status === "resolved") return refused(`${alert.id} is already resolved.`);
  return { kind: "change", changes: [{ type: "resolved", resolution: "resolved by hand" }] };
}

export function decideAnalyze(alert: Alert): Decision {
  if (alert.analysis.status === "pending") return refused(`An analysis of ${alert.id} is already running.`);
  return { kind: "change", changes: [{ type: "analysis_requested" }] };
}
