import type { Suspicion } from "../anomaly/finding.ts";
import { percent } from "../anomaly/words.ts";
import { serviceOfKey } from "../log/series.ts";
import type { EpochMs } from "../log/time.ts";
import type { TemplateSample } from "../window/delta.ts";
import type { Suspect } from "./alert.ts";
import { isWithoutErrors, type Blamed } from "./blame.ts";
import type { Tracked } from "./confirm.ts";
import { MAX_SUSPECTS } from "./suspects.ts";

/** Earliest onset, first error in shared traces, a new error, how far it is off; what findings and evidence say. */
const WEIGHTS = {
  onset: 0.35,
  traces: 0.25,
  novelty: 0.2,
  deviation: 0.2,
  pointedTo: 0.5,
  blame: 0.6,
} as const;
const MIN_TOLD_BLAME = 0.3;
/** Onsets closer than this cannot be told apart. */
const SIMULTANEOUS_MS = 50;

export interface RankSource {
  readonly members: readonly Tracked[];
  /** In how many shared failing traces a series erred first. */
  readonly firstErrors: ReadonlyMap<string, number>;
  readonly samplesOf: (key: string) => readonly TemplateSample[];
  readonly fromMs: EpochMs;
  /** By the errors of the evidence, also of services without a finding. */
  readonly blamed: readonly Blamed[];
}

interface Candidate {
  readonly service: string;
  readonly onsetMs: EpochMs;
  readonly traces: number;
  readonly isNew: boolean;
  readonly score: number;
  /** What findings themselves say of it. */
  readonly pointedTo: Suspicion | null;
  /** Share of the blame, 0 to 1. */
  readonly blame: number;
}

/** A service without a finding of its own. */
const UNKNOWN = { traces: 0, isNew: false, score: 0, pointedTo: null } as const;

/** A finding that points to another service speaks for that one. */
function speaksFor({ newest, peak }: Tracked): string {
  const [heaviest] = (peak.suspects ?? []).toSorted((a, b) => b.weight - a.weight);
  return heaviest?.seriesKey ?? newest.seriesKey;
}

/** The heaviest that findings say of each series. */
function suspicions(members: readonly Tracked[]): ReadonlyMap<string, Suspicion> {
  const heaviest = new Map<string, Suspicion>();
  for (const suspicion of members.flatMap(({ peak }) => peak.suspects ?? [])) {
    const known = heaviest.get(suspicion.seriesKey);
    if (known === undefined || known.weight < suspicion.weight) heaviest.set(suspicion.seriesKey, suspicion);
  }
  return heaviest;
}

function candidates(source: RankSource): Candidate[] {
  const { members } = source;
  const found = ofMembers(source);
  const blamed = isWithoutErrors(members.map(({ newest }) => newest.category)) ? [] : source.blamed;
  const shares = new Map(blamed.map(({ service, share }) => [service, share]));
  const others = blamed.filter(({ service }) => !found.some((one) => one.service === service));
  return [
    ...found.map((one) => ({ ...one, blame: shares.get(one.service) ?? 0 })),
    ...others.map(({ service, share, onsetMs }) => ({ ...UNKNOWN, service, onsetMs, blame: share })),
  ];
}

function ofMembers({ members, firstErrors, samplesOf, fromMs }: RankSource): Candidate[] {
  const bySeries = new Map<string, Tracked[]>();
  for (const member of members) {
    if (member.newest.series.service.startsWith("(")) continue;
    const key = speaksFor(member);
    const list = bySeries.get(key) ?? [];
    list.push(member);
    bySeries.set(key, list);
  }
  const pointedTo = suspicions(members);
  const keys = new Set([...bySeries.keys(), ...pointedTo.keys()]);
  return [...keys].map((key) => {
    const list = bySeries.get(key) ?? [];
    const onsets = list.map(({ peak }) => peak.onsetMs);
    const sampled = samplesOf(key)
      .map(({ firstSeenAtMs }) => firstSeenAtMs)
      .filter((seenMs) => seenMs >= fromMs);
    return {
      service: serviceOfKey(key),
      onsetMs: Math.min(...(sampled.length > 0 ? sampled : onsets)),
      traces: firstErrors.get(key) ?? 0,
      isNew: list.some(({ peak }) => peak.category === "new_pattern"),
      score: Math.max(0, ...list.map(({ peak }) => peak.score)),
      pointedTo: pointedTo.get(key) ?? null,
      blame: 0,
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
  if (candidate.pointedTo !== null) reasons.push(candidate.pointedTo.because);
  if (candidate.blame >= MIN_TOLD_BLAME) {
    reasons.push(`${percent(candidate.blame)} of the blame by the errors in the evidence`);
  }
  if (candidate.score > 0) reasons.push(`${candidate.score.toFixed(1)} times its threshold`);
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
        (rank < 0 ? 0 : WEIGHTS.onset / (1 + rank)) +
        (WEIGHTS.traces * one.traces) / traces +
        (one.isNew ? WEIGHTS.novelty : 0) +
        WEIGHTS.blame * one.blame +
        WEIGHTS.pointedTo * (one.pointedTo?.weight ?? 0) +
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
