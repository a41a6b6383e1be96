import type { Alert } from "./alert.ts";

/** What receipts, proposals and digests need of a stored alert: everything but its long texts. */
export type AlertSummary = Pick<
  Alert,
  | "id"
  | "detectedAtMs"
  | "severity"
  | "category"
  | "status"
  | "environment"
  | "affectedServices"
  | "suspectedService"
  | "anomalies"
  | "acknowledgedAtMs"
  | "resolvedAtMs"
  | "verdict"
  | "feedback"
  | "hints"
  | "mutedBy"
  | "told"
  | "shadow"
> & {
  /** Of its evidence, the strongest first. */
  readonly templates: readonly string[];
};

export function summaryOf(alert: Alert): AlertSummary {
  return {
    id: alert.id,
    detectedAtMs: alert.detectedAtMs,
    severity: alert.severity,
    category: alert.category,
    status: alert.status,
    environment: alert.environment,
    affectedServices: alert.affectedServices,
    suspectedService: alert.suspectedService,
    anomalies: alert.anomalies,
    acknowledgedAtMs: alert.acknowledgedAtMs,
    resolvedAtMs: alert.resolvedAtMs,
    verdict: alert.verdict,
    feedback: alert.feedback,
    hints: alert.hints,
    mutedBy: alert.mutedBy,
    told: alert.told,
    shadow: alert.shadow,
    templates: alert.evidence.flatMap(({ template }) => (template === null ? [] : [template])),
  };
}
