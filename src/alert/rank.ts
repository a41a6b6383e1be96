import type { EpochMs } from "../log/time.ts";
import type { TemplateSample } from "../window/delta.ts";
import type { Suspect } from "./alert.ts";
import type { Tracked } from "./confirm.ts";
import { MAX_SUSPECTS } from "./suspects.ts";

/** Earliest onset, first error in shared traces, a new error, and how far it is off. */
const WEIGHTS = { onset: 0.35, traces: 0.25, novelty: 0.2, deviation: 0.2 } as const;
/** Onsets closer than this cannot be told apart. */
const SIMULTANEOUS_MS = 50;

export interface RankSource {
  readonly members: readonly Tracked[];
  /** In how many shared failing traces a series erred first. */
  readonly firstErrors: ReadonlyMap<string, number>;
  readonly samplesOf: (key: string) => readonly TemplateSample[];
  readonly fromMs: EpochMs;
}

interface Candidate {
  readonly key: string;
  readonly service: string;
  readonly onsetMs: EpochMs;
  readonly traces: number;
  readonly isNew: boolean;
  readonly score: number;
}

function candidates({ members, firstErrors, samplesOf, fromMs }: RankSource): Candidate[] {
  const bySeries = new Map<string, Tracked[]>();
  for (const member of members) {
    if (member.newest.series.service.startsWith("(")) continue;
    const list = bySeries.get(member.newest.seriesKey) ?? [];
    list.push(member);
    bySeries.set(member.newest.seriesKey, list);
  }
  return [...bySeries].map(([key, list]) => {
    const onsets = list.map(({ peak }) => peak.onsetMs);
    const sampled = samplesOf(key)
      .map(({ firstSeenAtMs }) => firstSeenAtMs)
      .filter((seenMs) => seenMs >= fromMs);
    return {
      key,
      service: list[0]?.newest.series.service ?? "",
      onsetMs: Math.min(...(sampled.length > 0 ? sampled : onsets)),
      traces: firstErrors.get(key) ?? 0,
      isNew: list.some(({ peak }) => peak.category === "new_pattern"),
      score: Math.max(...list.map(({ peak }) => peak.score)),
    };
  });
}

function because(candidate: Candidate, next: EpochMs, isFirst: boolean): string[] {
  const reasons: string[] = [];
  const leadMs = next - candidate.onsetMs;
  if (isFirst && Number.isFinite(leadMs) && leadMs > SIMULTANEOUS_MS) {
    reasons.push(`began ${(leadMs / 1_000).toFixed(1)} s before the others`);
  }
  if (candidate.traces > 0) reasons.push(`erred first in ${candidate.traces} shared traces`);
  if (candidate.isNew) reasons.push("an error that is new");
  reasons.push(`${candidate.score.toFixed(1)} times its threshold`);
  return reasons;
}

/** Services of an incident by what speaks for each; a suspicion, never a cause. */
export function rankMembers(source: RankSource): Suspect[] {
  const found = candidates(source);
  const onsets = found.map(({ onsetMs }) => onsetMs).toSorted((a, b) => a - b);
  const [first = 0, next = Infinity] = onsets;
  const traces = Math.max(1, ...found.map((one) => one.traces));
  const deviation = Math.max(1, ...found.map(({ score }) => score));
  return found
    .map((one) => {
      const rank = onsets.findIndex((onsetMs) => one.onsetMs - onsetMs <= SIMULTANEOUS_MS);
      const score =
        WEIGHTS.onset / (1 + rank) +
        (WEIGHTS.traces * one.traces) / traces +
        (one.isNew ? WEIGHTS.novelty : 0) +
        (WEIGHTS.deviation * one.score) / deviation;
      return {
        service: one.service,
        score: Math.round(score * 100) / 100,
        because: because(one, next, one.onsetMs === first),
      };
    })
    .toSorted((a, b) => b.score - a.score || a.service.localeCompare(b.service))
    .slice(0, MAX_SUSPECTS);
}
