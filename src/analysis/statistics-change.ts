import type { Evidence } from "../alert/alert.ts";
import { symptomTexts } from "../alert/change-evidence.ts";
import { noneScoreOf } from "../alert/change-rank.ts";
import { faultClassOf } from "../alert/fault-class.ts";

/** Changes shown with the alert, the best first. */
export function shownChanges(evidence: readonly Evidence[]): readonly Evidence[] {
  return evidence
    .filter(({ kind }) => kind === "change")
    .toSorted((a, b) => (b.change?.score ?? 0) - (a.change?.score ?? 0));
}

/** What no change at all scores, on the scale of the changes. */
export function noChangeScore(evidence: readonly Evidence[]): number {
  const symptoms = symptomTexts(evidence);
  return noneScoreOf(faultClassOf(symptoms), symptoms);
}

/** The change that explains the evidence better than none would; null where there is no such change. */
export function suspectedChange(alert: { readonly evidence: readonly Evidence[] }): Evidence | null {
  const [best] = shownChanges(alert.evidence);
  if (best?.change === undefined || best.change.score <= noChangeScore(alert.evidence)) return null;
  return best;
}
