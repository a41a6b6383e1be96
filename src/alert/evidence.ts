import type { ClassicBaseline } from "../baseline/classic.ts";
import { serviceOfKey } from "../log/series.ts";
import type { EpochMs } from "../log/time.ts";
import type { TemplateSample } from "../window/delta.ts";
import type { WindowStats } from "../window/windows.ts";
import { changedServices } from "../anomaly/affected.ts";
import type { Evidence } from "./alert.ts";

export const MAX_EVIDENCE = 20;
export const MAX_EXAMPLE_LENGTH = 400;

export interface EvidenceSource {
  readonly stats: WindowStats;
  readonly baseline: ClassicBaseline;
  /** Error templates per series key with their counts in the window. */
  readonly templates: ReadonlyMap<string, ReadonlyMap<string, number>>;
  sample(key: string, template: string): TemplateSample | undefined;
  /** An error template first seen after this is new. */
  readonly newSinceMs: EpochMs;
}

interface Candidate {
  readonly kind: "new_error" | "error" | "service_missing" | "service_appeared";
  readonly service: string;
  readonly template: string | null;
  readonly count: number;
  readonly firstSeenAtMs: EpochMs;
  readonly examples: readonly string[];
}

function errors(source: EvidenceSource): Candidate[] {
  const { newSinceMs } = source;
  const found: Candidate[] = [];
  for (const [key, templates] of source.templates) {
    for (const [template, count] of templates) {
      const sample = source.sample(key, template);
      const firstSeenAtMs = sample?.firstSeenAtMs ?? newSinceMs;
      found.push({
        kind: firstSeenAtMs > newSinceMs ? "new_error" : "error",
        service: serviceOfKey(key),
        template,
        count,
        firstSeenAtMs,
        examples: sample?.examples ?? [],
      });
    }
  }
  return found;
}

function services({ stats, baseline }: EvidenceSource): Candidate[] {
  const { missing, appeared } = changedServices(stats, baseline);
  const item = (kind: Candidate["kind"], service: string): Candidate => ({
    kind,
    service,
    template: null,
    count: 0,
    firstSeenAtMs: stats.fromMs,
    examples: [],
  });
  return [
    ...missing.map((service) => item("service_missing", service)),
    ...appeared.map((service) => item("service_appeared", service)),
  ];
}

const KIND_ORDER: readonly Candidate["kind"][] = [
  "new_error",
  "service_missing",
  "service_appeared",
  "error",
];

function compare(a: Candidate, b: Candidate): number {
  const byKind = KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind);
  const byOnset = a.kind === "new_error" ? a.firstSeenAtMs - b.firstSeenAtMs : 0;
  return byKind || byOnset || b.count - a.count || a.service.localeCompare(b.service);
}

/** What the window shows, new error templates first and among them the earliest; ids E1, E2 … */
export function collectEvidence(source: EvidenceSource, withServices: boolean): Evidence[] {
  const candidates = [...errors(source), ...(withServices ? services(source) : [])];
  return candidates
    .toSorted(compare)
    .slice(0, MAX_EVIDENCE)
    .map((candidate, i) => ({
      ...candidate,
      id: `E${i + 1}`,
      examples: candidate.examples.map(clip),
    }));
}

function clip(text: string): string {
  return text.length > MAX_EXAMPLE_LENGTH ? `${text.slice(0, MAX_EXAMPLE_LENGTH - 1)}…` : text;
}
