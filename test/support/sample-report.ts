import type { AnalysisReport } from "../../src/alert/report.ts";

/** An analysis in full, as Claude's answer becomes one. */
export function sampleReport(change: Partial<AnalysisReport> = {}): AnalysisReport {
  return {
    tier: "standard",
    verdict: "probable",
    component: "payment-api",
    faultClass: "unknown",
    change: null,
    causalChain: [],
    actions: [],
    alternatives: [],
    missing: [],
    evidenceIds: ["E1"],
    confidenceWord: "high",
    confidenceBecause: ["3 of 3 quotes verified"],
    quotes: { checked: 3, verified: 3 },
    suspicious: [],
    evidenceHash: null,
    costUsd: 0.04,
    receipt: null,
    changed: null,
    ...change,
  };
}
