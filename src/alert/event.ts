import type { Anomaly, Category, Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";
import type { Alert, AlertMetrics, AnalysisState, Findings } from "./alert.ts";

/** Who did it. The system names the part of it that acted. */
export interface Actor {
  readonly kind: "slack" | "api" | "system";
  readonly id: string;
  /** What people see. */
  readonly name: string;
}

export const SYSTEM: Actor = { kind: "system", id: "tocsin", name: "Tocsin" };

/** An alert changes by these alone; together they are its audit trail. */
export type AlertChange =
  | { readonly type: "opened"; readonly alert: Alert }
  | { readonly type: "anomaly_added"; readonly anomaly: Anomaly }
  | { readonly type: "escalated"; readonly severity: Severity }
  | { readonly type: "peaked"; readonly metrics: AlertMetrics; readonly anomalies: readonly Anomaly[] }
  | { readonly type: "adopted"; readonly category: Category }
  | { readonly type: "acknowledged" }
  | { readonly type: "analysis_requested" }
  | { readonly type: "analysed"; readonly analysis: AnalysisState; readonly findings: Findings }
  | { readonly type: "analysis_failed"; readonly reason: string }
  | { readonly type: "resolved"; readonly resolution: string }
  | { readonly type: "reopened"; readonly anomaly: Anomaly };

export type AlertEvent = AlertChange & { readonly atMs: EpochMs; readonly actor: Actor };
