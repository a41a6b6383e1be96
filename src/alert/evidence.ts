import type { ClassicBaseline } from "../baseline/classic.ts";
import { serviceOfKey } from "../log/series.ts";
import type { EpochMs } from "../log/time.ts";
import type { TemplateSample } from "../window/delta.ts";
import type { WindowStats } from "../window/windows.ts";
import { changedServices } from "../anomaly/affected.ts";
import type { RecentRecords } from "../window/recent.ts";
import type { Evidence } from "./alert.ts";
import type { ChangeBook } from "./change.ts";
import { changeEvidence } from "./change-evidence.ts";
import { recentEvidence, type EvidenceItem } from "./recent-evidence.ts";

export const MAX_EVIDENCE = 44;
/** Errors that the longer memory does not call new, beside those that it does. */
const MAX_KNOWN = 6;
export const MAX_EXAMPLE_LENGTH = 700;

export interface EvidenceSource extends Partial<EvidencePast> {
  readonly stats: WindowStats;
  readonly baseline: ClassicBaseline;
  /** Error templates per series key with their counts in the window. */
  readonly templates: ReadonlyMap<string, ReadonlyMap<string, number>>;
  sample(key: string, template: string): TemplateSample | undefined;
  /** An error template first seen after this is new. */
  readonly newSinceMs: EpochMs;
  /** Services that the alert is about. */
  readonly focus?: ReadonlySet<string>;
  /** What others have found for it. */
  readonly more?: readonly EvidenceItem[];
}

/** What evidence reaches back to beyond the window. */
export interface EvidencePast {
  readonly recent: RecentRecords;
  readonly changes: ChangeBook;
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

/** What the longer memory adds to the window's own counts, of which those of errors are exact. */
function withRecent(source: EvidenceSource, found: readonly EvidenceItem[]): EvidenceItem[] {
  const { recent, stats, changes } = source;
  if (recent === undefined) return [...found];
  const { environment, fromMs, toMs } = stats;
  const { items } = recentEvidence({
    recent,
    environment,
    fromMs,
    toMs,
    ...(source.focus === undefined ? {} : { focus: source.focus }),
  });
  const merged = items.map((item) => exact(item, found));
  const known = new Set(merged.map(identity));
  const others = found.filter((item) => !known.has(identity(item)));
  // The longer memory knows better what is new: of the rest only the most frequent is worth a place.
  const rest = others
    .toSorted((a, b) => b.count - a.count)
    .slice(0, merged.length > 0 ? MAX_KNOWN : MAX_EVIDENCE);
  const all = [...merged, ...rest];
  if (changes === undefined) return all;
  const services = recent.services(environment);
  return [...all, ...changeEvidence(all, { changes, environment, services, nowMs: toMs })];
}

function identity({ service, template, kind }: EvidenceItem): string {
  return template === null || kind === "exception" || kind === "attribute"
    ? `${kind}\u001f${service}\u001f${template ?? ""}`
    : `${service}\u001f${template}`;
}

function exact(item: EvidenceItem, found: readonly EvidenceItem[]): EvidenceItem {
  const counted = found.find((other) => identity(other) === identity(item));
  return counted === undefined ? item : { ...item, count: Math.max(counted.count, item.count) };
}

const RANK: readonly string[] = [
  "new_error",
  "service_missing",
  "service_appeared",
  "new_warning",
  "rare_error",
  "exploded",
  "onset_order",
  "change",
  "change_summary",
  "deployment",
  "trace_link",
  "exception",
  "attribute",
  "vanished_template",
  "error",
  "new_template",
];

/** Errors by onset as before; everything else in the order that its own collector gave it. */
function ordered(items: readonly EvidenceItem[]): EvidenceItem[] {
  return items
    .map((item, order) => ({ item, order }))
    .toSorted(
      (a, b) =>
        RANK.indexOf(a.item.kind) - RANK.indexOf(b.item.kind) ||
        (a.item.kind === "new_error" ? a.item.firstSeenAtMs - b.item.firstSeenAtMs : 0) ||
        a.order - b.order,
    )
    .map(({ item }) => item);
}

/** What the window shows, new error templates first and among them the earliest; ids E1, E2 … */
export function collectEvidence(source: EvidenceSource, withServices: boolean): Evidence[] {
  const counted = [...errors(source), ...(withServices ? services(source) : [])]
    .toSorted(compare)
    .slice(0, MAX_EVIDENCE);
  return ordered([...withRecent(source, counted), ...(source.more ?? [])])
    .slice(0, MAX_EVIDENCE)
    .map((item, i) => ({ ...item, id: `E${i + 1}`, examples: item.examples.map(clip) }));
}

function clip(text: string): string {
  return text.length > MAX_EXAMPLE_LENGTH ? `${text.slice(0, MAX_EXAMPLE_LENGTH - 1)}…` : text;
}
