import type { Findings } from "../alert/alert.ts";
import { blame } from "../alert/blame.ts";
import { symptomTexts } from "../alert/change-evidence.ts";
import { faultClassOf } from "../alert/fault-class.ts";
import type { AnalysisReport } from "../alert/report.ts";
import { confidenceWord } from "./confidence.ts";
import { suspiciousItems } from "./hostile.ts";
import { originsOf } from "./origin.ts";
import { suspectedChange } from "./statistics-change.ts";
import { leadingError, type StatisticalView } from "./statistics.ts";

function evidenceIds(alert: StatisticalView): string[] {
  const lead = leadingError(alert.evidence);
  const onset = alert.evidence.find(({ kind }) => kind === "onset_order");
  const ids = [lead?.id, onset?.id, suspectedChange(alert)?.id];
  return ids.filter((id) => id !== undefined);
}

/** What counting alone says, in the shape of an analysis. Never `identified`: it shows where, not why. */
export function statisticalReport(alert: StatisticalView, findings: Findings): AnalysisReport {
  const ids = evidenceIds(alert);
  const confidence = findings.confidence ?? 0;
  const change = suspectedChange(alert);
  return {
    tier: "statistics",
    verdict: findings.rootCause === null || confidence < 0.3 ? "inconclusive" : "probable",
    component: originsOf(alert)[0] ?? null,
    faultClass: faultClassOf(symptomTexts(alert.evidence)),
    change: change?.change?.ref ?? change?.change?.version ?? null,
    causalChain: [],
    actions: findings.recommendedActions.map((action) => ({
      action,
      kind: "check",
      risk: "low",
      evidenceIds: [],
      fromLogText: false,
      destructive: false,
    })),
    alternatives: blame(alert.evidence)
      .slice(1, 3)
      .map(
        ({ service, share }) =>
          `it began in ${service} (${Math.round(share * 100)} % of the blame by counting)`,
      ),
    missing: [],
    evidenceIds: ids,
    confidenceWord: confidenceWord(confidence),
    confidenceBecause: ["counting shows where it began, not why"],
    quotes: { checked: 0, verified: 0 },
    suspicious: suspiciousItems(alert.evidence),
    evidenceHash: null,
    costUsd: null,
    receipt: null,
    changed: null,
  };
}
