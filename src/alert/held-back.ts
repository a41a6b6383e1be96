import type { Finding, Look } from "../anomaly/finding.ts";
import { errorShare, warningShare } from "../anomaly/share.ts";
import { volume } from "../anomaly/volume.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import type { Gate } from "./ledger.ts";

/** What a detector would have said, had it been allowed to. */
export interface HeldBack {
  readonly finding: Finding;
  readonly gate: Gate;
  readonly why: string;
}

/** From this share of the threshold on, people ask why nothing was said. */
const NEAR = 0.7;

/** `score` against the real threshold, which is higher by (1 − NEAR) × tau; the rest of it is the detector's own. */
function atThreshold(finding: Finding, look: Look): Finding {
  const needed = finding.surprise / finding.score + (1 - NEAR) * look.tau;
  return { ...finding, score: finding.surprise / needed };
}

function nearMisses(models: readonly SeriesModel[], look: Look): readonly Finding[] {
  const near = { ...look, tau: NEAR * look.tau };
  return models
    .flatMap((model) => [...volume(model, near), ...errorShare(model, near), ...warningShare(model, near)])
    .map((finding) => atThreshold(finding, look))
    .filter(({ weak, score, key }) => !weak && score < 1 && !look.isOpen(key));
}

function tooEarly(models: readonly SeriesModel[], look: Look): readonly Finding[] {
  const warm = { ...look, warm: true };
  return models.flatMap((model) => volume(model, warm)).filter(({ weak }) => !weak);
}

/** Once a step: what the warm-up keeps from being judged, and what the budget of false alerts keeps below its threshold. */
export function heldBack(
  models: readonly SeriesModel[],
  found: readonly Finding[],
  look: Look,
  falseAlertBudget: number,
): readonly HeldBack[] {
  if (!look.isStep) return [];
  const told = new Set(found.map(({ key }) => key));
  const budget = `below the threshold for ${falseAlertBudget} false alerts per service and week`;
  const early = look.warm ? [] : tooEarly(models, look);
  return [
    ...early.map((finding): HeldBack => ({ finding, gate: "gate", why: "seen during the warm-up" })),
    ...nearMisses(models, look).map((finding): HeldBack => ({ finding, gate: "budget", why: budget })),
  ].filter(({ finding }) => !told.has(finding.key));
}
