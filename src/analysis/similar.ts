import type { Alert } from "../alert/alert.ts";
import { formatTime } from "../log/time.ts";

/** An alert of the past that looks like the present one, and what became of its cause. */
export interface SimilarAlert {
  readonly id: string;
  readonly alert: string;
  readonly detected_at: string;
  readonly services: readonly string[];
  readonly cause: string;
  /** `confirmed` or `refuted` by people or by how it ended, else `unknown`. */
  readonly outcome: "confirmed" | "refuted" | "unknown";
  /** 0 to 1. */
  readonly likeness: number;
}

const MAX_SIMILAR = 3;
const MIN_LIKENESS = 0.3;
const COMPARED: ReadonlySet<string> = new Set([
  "new_error",
  "new_warning",
  "exploded",
  "rare_error",
  "error",
  "exception",
]);

function marks(alert: Alert): ReadonlySet<string> {
  const templates = alert.evidence
    .filter(({ kind, template }) => COMPARED.has(kind) && template !== null)
    .slice(0, 12)
    .map(({ service, template }) => `${service}\u001f${template}`);
  return new Set([
    ...templates,
    ...alert.affectedServices.map((service) => `service ${service}`),
    `category ${alert.category}`,
  ]);
}

/** Shared marks over all marks (Jaccard). */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((mark) => b.has(mark)).length;
  return shared === 0 ? 0 : shared / (a.size + b.size - shared);
}

/**
 * What most said of the analysis itself; else what they said of the alert (real stands behind its analysis, noise
 * refutes it); where nobody did, how it ended.
 */
export function outcomeOf({ verdict, aftermath, feedback }: Alert): SimilarAlert["outcome"] {
  const rated = feedback.filter(({ outdated }) => !outdated);
  const helpful = rated.filter(({ rating }) => rating === "helpful").length;
  if (helpful * 2 !== rated.length) return helpful * 2 > rated.length ? "confirmed" : "refuted";
  if (verdict === null) return aftermath?.grade ?? "unknown";
  return verdict.verdict === "real" ? "confirmed" : "refuted";
}

/** Up to three earlier alerts that look like this one, the most alike first. */
export function similarAlerts(alert: Alert, past: readonly Alert[]): readonly SimilarAlert[] {
  const own = marks(alert);
  return past
    .filter(
      ({ id, environment, rootCause }) =>
        id !== alert.id && environment === alert.environment && rootCause !== null,
    )
    .map((other) => ({ other, alike: likeness(own, marks(other)) }))
    .filter(({ alike, other }) => alike >= MIN_LIKENESS && other.detectedAtMs < alert.detectedAtMs)
    .toSorted((a, b) => b.alike - a.alike || b.other.detectedAtMs - a.other.detectedAtMs)
    .slice(0, MAX_SIMILAR)
    .map(({ other, alike }, i) => ({
      id: `S${i + 1}`,
      alert: other.id,
      detected_at: formatTime(Math.floor(other.detectedAtMs / 1000) * 1000),
      services: other.affectedServices.slice(0, 5),
      cause: other.rootCause ?? "",
      outcome: outcomeOf(other),
      likeness: Math.round(alike * 100) / 100,
    }));
}

/** How often a word of confidence was right, of those that people judged; null where fewer than `MIN_JUDGED` were. */
export function trackRecord(
  word: "high" | "medium" | "low",
  past: readonly Alert[],
): { readonly confirmed: number; readonly judged: number } | null {
  const judged = past
    .filter(({ analysis }) => analysis.by === "claude" && analysis.report?.confidenceWord === word)
    .map(outcomeOf)
    .filter((outcome) => outcome !== "unknown")
    .slice(0, LAST);
  if (judged.length < MIN_JUDGED) return null;
  return { confirmed: judged.filter((outcome) => outcome === "confirmed").length, judged: judged.length };
}

const LAST = 10;
const MIN_JUDGED = 3;
