import { errorSurplus } from "../anomaly/affected.ts";
import { percent } from "../anomaly/words.ts";
import type { ClassicBaseline } from "../baseline/classic.ts";
import type { EpochMs } from "../log/time.ts";
import type { TemplateSample } from "../window/delta.ts";
import type { WindowStats } from "../window/windows.ts";
import type { Suspect } from "./alert.ts";

export const MAX_SUSPECTS = 5;
/** Weight of "most of the added errors" against "erred first". */
const SHARE_WEIGHT = 0.6;

export interface SuspectSource {
  readonly stats: WindowStats;
  readonly baseline: ClassicBaseline;
  /** Errors first seen after this count for who erred first. */
  readonly newSinceMs: EpochMs;
  readonly samplesOf: (key: string) => readonly TemplateSample[];
}

interface Candidate {
  readonly service: string;
  readonly share: number;
  /** When its first error that is new in this window came; null where all its errors are known ones. */
  readonly onsetMs: EpochMs | null;
}

function candidates({ stats, baseline, newSinceMs, samplesOf }: SuspectSource): Candidate[] {
  const found = [...stats.services]
    .map(([key, service]) => ({ key, service, surplus: Math.max(0, errorSurplus(key, service, baseline)) }))
    .filter(({ surplus }) => surplus > 0);
  const total = found.reduce((sum, { surplus }) => sum + surplus, 0);
  return found.map(({ key, service, surplus }) => {
    const onsets = samplesOf(key)
      .map(({ firstSeenAtMs }) => firstSeenAtMs)
      .filter((firstSeenAtMs) => firstSeenAtMs > newSinceMs && firstSeenAtMs < stats.toMs);
    return {
      service: service.series.service,
      share: surplus / total,
      onsetMs: onsets.length === 0 ? null : Math.min(...onsets),
    };
  });
}

function because({ share, onsetMs }: Candidate, firstMs: EpochMs, nextMs: EpochMs): string[] {
  const reasons = [`${percent(share)} of the added errors`];
  if (onsetMs === firstMs && nextMs > firstMs) {
    const lead = Number.isFinite(nextMs)
      ? ` ${((nextMs - firstMs) / 1000).toFixed(1)} s before the others`
      : "";
    reasons.unshift(`first new error${lead}`);
  }
  return reasons;
}

/** Services ranked by their share of the added errors and by who erred first. A suspicion, not a cause. */
export function rankSuspects(source: SuspectSource): Suspect[] {
  const found = candidates(source);
  const onsets = found
    .flatMap(({ onsetMs }) => (onsetMs === null ? [] : [onsetMs]))
    .toSorted((a, b) => a - b);
  const firstMs = onsets[0] ?? Infinity;
  const nextMs = onsets[1] ?? Infinity;
  return found
    .map((candidate) => {
      const early = candidate.onsetMs === null ? 0 : 1 / (1 + onsets.indexOf(candidate.onsetMs));
      const score = SHARE_WEIGHT * candidate.share + (1 - SHARE_WEIGHT) * early;
      return {
        service: candidate.service,
        score: Math.round(score * 100) / 100,
        because: because(candidate, firstMs, nextMs),
      };
    })
    .toSorted((a, b) => b.score - a.score || a.service.localeCompare(b.service))
    .slice(0, MAX_SUSPECTS);
}
