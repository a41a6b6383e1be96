import type { Finding, Look } from "../anomaly/finding.ts";
import { errorShare, warningShare } from "../anomaly/share.ts";
import { volume } from "../anomaly/volume.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import type { Gate } from "./ledger.ts";
import type { Overrides } from "./overrides.ts";

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

function nearMisses(model: SeriesModel, look: Look): readonly Finding[] {
  const near = { ...look, tau: NEAR * look.tau };
  return [...volume(model, near), ...errorShare(model, near), ...warningShare(model, near)]
    .map((finding) => atThreshold(finding, look))
    .filter(({ weak, score, key }) => !weak && score < 1 && !look.isOpen(key));
}

function tooEarly(model: SeriesModel, look: Look): readonly Finding[] {
  if (look.warm) return [];
  return volume(model, { ...look, warm: true }).filter(({ weak }) => !weak);
}

function named(gate: Gate, why: string): (finding: Finding) => HeldBack {
  return (finding) => ({ finding, gate, why });
}

/**
 * Once a step: what the warm-up keeps from being judged, and what the budget of false alerts keeps below its
 * threshold, which is each service's own.
 */
export function heldBack(
  models: readonly SeriesModel[],
  found: readonly Finding[],
  look: Look,
  overrides: Overrides,
): readonly HeldBack[] {
  if (!look.isStep) return [];
  const told = new Set(found.map(({ key }) => key));
  const early = named("gate", "seen during the warm-up");
  const budget = named("budget", "below the threshold that its budget of false alerts sets");
  return models
    .flatMap((model) => [
      ...tooEarly(model, overrides.of(look, model)).map(early),
      ...nearMisses(model, overrides.of(look, model)).map(budget),
    ])
    .filter(({ finding }) => !told.has(finding.key));
}
