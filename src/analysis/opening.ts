import type { Alert, AnalysisState, Findings } from "../alert/alert.ts";
import type { Analyst } from "./analyst.ts";
import { statisticalReport } from "./statistics-report.ts";
import { analyseByStatistics } from "./statistics.ts";

/** Said where no analyst but statistics is there. */
export const NO_API_KEY = "no API key is set";

/** Answers a re-analysis where no key is set: the same method on what is known by now. */
export const statisticalAnalyst: Analyst = {
  name: "statistics",
  async analyse(alert) {
    const findings = analyseByStatistics(alert);
    const report = statisticalReport(alert, findings);
    return { kind: "done", findings, model: null, reason: NO_API_KEY, report };
  },
};

/** The analysis an alert opens with: statistics at once, Claude's to follow where it is configured. */
export function openingAnalysis(
  alert: Alert,
  claudeFollows: boolean,
): { readonly findings: Findings; readonly analysis: AnalysisState } {
  const findings = analyseByStatistics(alert);
  return {
    findings,
    analysis: {
      status: claudeFollows ? "pending" : "done",
      by: "statistics",
      model: null,
      reason: claudeFollows ? null : NO_API_KEY,
      report: statisticalReport(alert, findings),
    },
  };
}
