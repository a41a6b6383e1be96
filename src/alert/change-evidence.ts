import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import { blame } from "./blame.ts";
import type { ChangeBook } from "./change.ts";
import { rankChanges, type ChangeRanking, type RankedChange } from "./change-rank.ts";
import { lasting } from "./loud-and-early.ts";
import type { EvidenceItem } from "./recent-evidence.ts";

const MAX_CHANGES = 8;
const MAX_SYMPTOMS = 12;
const MAX_DIFF_CHARS = 700;
/** Slow poisons take hours: a leak, a cache that runs empty, a certificate. */
export const CHANGES_BACK_MS = 6 * 60 * MINUTE_MS;

export interface ChangeLookup {
  readonly changes: ChangeBook;
  readonly environment: string;
  readonly services: readonly string[];
  readonly nowMs: EpochMs;
}

const SYMPTOMS: ReadonlySet<string> = new Set(["new_error", "new_warning", "exploded"]);

/** The loudest of what is new, as texts. */
export function symptomTexts(items: readonly EvidenceItem[]): string[] {
  return symptoms(items)
    .toSorted((a, b) => (b.severity ?? 0) - (a.severity ?? 0) || b.count - a.count)
    .slice(0, MAX_SYMPTOMS)
    .map(({ template }) => template ?? "");
}

function symptoms(items: readonly EvidenceItem[]): EvidenceItem[] {
  const begun = items.filter(({ kind, template }) => SYMPTOMS.has(kind) && template !== null);
  return begun.length > 0 ? begun : items.filter(({ kind }) => kind === "rare_error");
}

/** When it began: the first new error or warning that is still there; `nowMs` where nothing is new. */
export function onsetOf(items: readonly EvidenceItem[], nowMs: EpochMs): EpochMs {
  const begun = lasting(symptoms(items), ({ count }) => count);
  return Math.min(nowMs, ...begun.map(({ firstSeenAtMs }) => firstSeenAtMs));
}

/** The same for each service by itself. */
export function onsetsOf(items: readonly EvidenceItem[]): ReadonlyMap<string, EpochMs> {
  const onsets = new Map<string, EpochMs>();
  for (const { service, firstSeenAtMs } of lasting(symptoms(items), ({ count }) => count))
    onsets.set(service, Math.min(onsets.get(service) ?? Infinity, firstSeenAtMs));
  return onsets;
}

/** The changes of the last hours by how well they would explain the items. */
export function rankedChanges(items: readonly EvidenceItem[], lookup: ChangeLookup): ChangeRanking {
  return rankChanges(
    lookup.changes.between(lookup.environment, lookup.nowMs - CHANGES_BACK_MS, lookup.nowMs),
    {
      onsetMs: onsetOf(items, lookup.nowMs),
      onsets: onsetsOf(items),
      blamed: blame(items).map(({ service }) => service),
      services: lookup.services,
      symptoms: symptomTexts(items),
    },
  );
}

function itemOf({ change, score, because, effectiveMs }: RankedChange): EvidenceItem {
  const { kind, ref, version, files, title, diff, service } = change;
  return {
    kind: "change",
    service: service ?? "",
    template: title,
    count: 1,
    firstSeenAtMs: effectiveMs,
    examples: diff === null || diff === "" ? [] : [diff.slice(0, MAX_DIFF_CHARS)],
    change: { kind, ref, version, files: files.slice(0, 6), score, because },
  };
}

/** The changes worth showing; an item of its own says when none of them stands out. */
export function changeEvidence(items: readonly EvidenceItem[], lookup: ChangeLookup): EvidenceItem[] {
  const { ranked, noneScore } = rankedChanges(items, lookup);
  if (ranked.length === 0) return [];
  const best = ranked[0]?.score ?? -Infinity;
  const stands = best > noneScore;
  const summary: EvidenceItem = {
    kind: "change_summary",
    service: "",
    template: null,
    count: ranked.length,
    firstSeenAtMs: lookup.nowMs,
    examples: [],
    note: stands
      ? `${ranked.length} changes in the last 6 h, those that fit best are shown`
      : `${ranked.length} changes in the last 6 h, none of them stands out as the cause`,
  };
  return [...ranked.slice(0, MAX_CHANGES).map(itemOf), summary];
}
