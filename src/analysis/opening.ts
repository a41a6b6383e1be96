import type { Alert, AnalysisState, Findings } from "../alert/alert.ts";
import type { Analyst } from "./analyst.ts";
import { analyseByStatistics } from "./statistics.ts";

/** Said where no analyst but statistics is there. */
export const NO_API_KEY = "no API key is set";

/** Answers a re-analysis where no key is set: the same method on what is known by now. */
export const statisticalAnalyst: Analyst = {
  name: "statistics",
  async analyse(alert) {
    return { kind: "done", findings: analyseByStatistics(alert), model: null, reason: NO_API_KEY };
  },
};

/** The analysis an alert opens with: statistics at once, Claude's to follow where it is configured. */
export function openingAnalysis(
  alert: Alert,
  claudeFollows: boolean,
): { readonly findings: Findings; readonly analysis: AnalysisState } {
  return {
    findings: analyseByStatistics(alert),
    analysis: {
      status: claudeFollows ? "pending" : "done",
      by: "statistics",
      model: null,
      reason: claudeFollows ? null : NO_API_KEY,
    },
  };
}
