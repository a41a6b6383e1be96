import type { Alert, Findings } from "../alert/alert.ts";
import type { AnalysisReport } from "../alert/report.ts";

export type AnalysisOutcome =
  | {
      readonly kind: "done";
      readonly findings: Findings;
      readonly model: string | null;
      /** Why this analyst and no better one. */
      readonly reason?: string;
      readonly report?: AnalysisReport;
    }
  | {
      readonly kind: "failed";
      readonly retryable: boolean;
      readonly retryAfterMs: number | null;
      /** A word of a closed set, such as `overloaded` or `refused`. */
      readonly reason: string;
    };

/** Explains an alert from what is stored with it. One attempt per call; never throws. */
export interface Analyst {
  readonly name: "claude" | "statistics";
  analyse(alert: Alert, signal: AbortSignal): Promise<AnalysisOutcome>;
}
