import type { Anomaly, Category, Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";
import type { Alert, AlertMetrics, AnalysisState, Evidence, Findings, Suspect } from "./alert.ts";

/** Who did it. The system names the part of it that acted. */
export interface Actor {
  readonly kind: "slack" | "api" | "system";
  readonly id: string;
  /** What people see. */
  readonly name: string;
}

export const SYSTEM: Actor = { kind: "system", id: "tocsin", name: "Tocsin" };

/** What the running alert has come to: peaks so far, who is affected, what is known. */
export interface Observed {
  readonly metrics: AlertMetrics;
  readonly anomalies: readonly Anomaly[];
  readonly affectedServices: readonly string[];
  readonly suspectedService: string | null;
  readonly suspects: readonly Suspect[];
  readonly evidence: readonly Evidence[];
  /** The statistical analysis of the above; null where Claude's stands. */
  readonly findings: Findings | null;
}

/** An alert changes by these alone; together they are its audit trail. */
export type AlertChange =
  | { readonly type: "opened"; readonly alert: Alert }
  | { readonly type: "anomaly_added"; readonly anomaly: Anomaly }
  | { readonly type: "escalated"; readonly severity: Severity }
  | { readonly type: "peaked"; readonly observed: Observed }
  | { readonly type: "adopted"; readonly category: Category }
  | { readonly type: "acknowledged" }
  | { readonly type: "analysis_requested" }
  | { readonly type: "analysed"; readonly analysis: AnalysisState; readonly findings: Findings }
  | { readonly type: "analysis_failed"; readonly reason: string }
  | { readonly type: "resolved"; readonly resolution: string }
  | { readonly type: "reopened"; readonly anomaly: Anomaly };

export type AlertEvent = AlertChange & { readonly atMs: EpochMs; readonly actor: Actor };
