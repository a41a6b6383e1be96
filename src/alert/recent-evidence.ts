import { isError } from "../log/severity.ts";
import { MINUTE_MS, SECOND_MS, type EpochMs } from "../log/time.ts";
import type { RecentRecords } from "../window/recent.ts";
import { countBetween, type RecentTemplate } from "../window/recent-template.ts";
import type { Evidence } from "./alert.ts";
import { attributeEvidence } from "./attribute-evidence.ts";
import { lasting, loudAndEarly } from "./loud-and-early.ts";

/** An item that has not got its id yet. */
export type EvidenceItem = Omit<Evidence, "id">;

export interface RecentScene {
  readonly recent: RecentRecords;
  readonly environment: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** Services that the alert is about. */
  readonly focus?: ReadonlySet<string>;
}

const WARN = 13;
/** Watched for less time than this, a service's every line is new. */
const MIN_WATCHED_MS = 2 * MINUTE_MS;
/** A fault often begins slowly: what began so long before the alert may still belong to it. */
const LATELY_MS = 30 * MINUTE_MS;
/** After so long, what goes on has become the usual. */
const NEWCOMER_MS = 120 * MINUTE_MS;
/** Seen so often, what began before the window is more than a coincidence. */
const MIN_LASTING = 3;
const MIN_EXPLODED = 5;
/** Expected so often in the window at most, an error hardly ever comes. */
const MAX_RARE = 0.5;
const EXPLODED_FACTOR = 4;
/** Expected at least so often in the window before its absence means something. */
const MIN_VANISHED = 8;
const MAX_PER_KIND = 12;
const MAX_QUIET_NEW = 4;
const MAX_RARE_ERRORS = 6;
const MAX_VANISHED = 4;
const MAX_EXCEPTIONS = 3;
const MIN_LINKED_TRACES = 2;
const MAX_LINKS = 3;

interface Active {
  readonly known: RecentTemplate;
  readonly now: number;
  /** Since its onset. */
  readonly since: number;
  readonly expected: number;
  readonly onsetMs: EpochMs;
  readonly kind: "new_error" | "new_warning" | "new_template" | "exploded" | "rare_error";
}

function isLoud({ severity }: RecentTemplate): boolean {
  return severity >= WARN;
}

/** Mean count in as long a time as the window, over the time before it; NaN where too little is known. */
function expectedCount(known: RecentTemplate, { recent, fromMs, toMs }: RecentScene): number {
  const sinceMs = Math.max(recent.watchedSinceMs(known.key), fromMs - HISTORY_MS);
  const spanMs = fromMs - sinceMs;
  if (spanMs < MIN_WATCHED_MS) return Number.NaN;
  return (countBetween(known, sinceMs, fromMs) * (toMs - fromMs)) / spanMs;
}

const NOBODY: ReadonlySet<string> = new Set();
const HISTORY_MS = 60 * MINUTE_MS;

/**
 * Whether a warning or error is one of lately: silent for at least as long as it has now been there. Of what comes
 * now and then, few of n sightings fall so (1 in 2^n), so that one from before the window must have come several times.
 */
function beganLately(known: RecentTemplate, environmentSinceMs: EpochMs, scene: RecentScene): boolean {
  const { firstSeenAtMs, count } = known;
  const silentMs = firstSeenAtMs - environmentSinceMs;
  const ageMs = scene.toMs - firstSeenAtMs;
  if (silentMs < MIN_WATCHED_MS || silentMs < ageMs || ageMs > LATELY_MS) return false;
  return firstSeenAtMs >= scene.fromMs || count >= MIN_LASTING;
}

/** A newcomer of some time ago still counts while it goes on as it began; one that comes now and then does not. */
function goesOn(known: RecentTemplate, now: number, { fromMs, toMs }: RecentScene): boolean {
  if (known.firstSeenAtMs >= fromMs) return true;
  if (known.firstSeenAtMs < toMs - NEWCOMER_MS) return false;
  const meanPerWindow = (known.count * (toMs - fromMs)) / Math.max(toMs - known.firstSeenAtMs, 1);
  return now >= MIN_LASTING && now >= meanPerWindow / 2;
}

function exploded(now: number, expected: number): boolean {
  // Three standard deviations of a count, and several times as many.
  return (
    now >= MIN_EXPLODED && now >= EXPLODED_FACTOR * expected && now >= expected + 3 * Math.sqrt(expected + 1)
  );
}

/** A known error that hardly ever comes, and is there now. */
function isRare(known: RecentTemplate, now: number, expected: number, { fromMs }: RecentScene): boolean {
  return isError(known.severity) && now > 0 && known.burstSinceMs >= fromMs && expected <= MAX_RARE;
}

function kindOf(
  known: RecentTemplate,
  now: number,
  expected: number,
  environmentSinceMs: EpochMs,
  scene: RecentScene,
): Active["kind"] | null {
  const watchedMs = known.firstSeenAtMs - scene.recent.watchedSinceMs(known.key);
  const isNew = watchedMs >= MIN_WATCHED_MS && goesOn(known, now, scene);
  if (isLoud(known) && (isNew || beganLately(known, environmentSinceMs, scene)))
    return isError(known.severity) ? "new_error" : "new_warning";
  if (isNew && known.firstSeenAtMs >= scene.fromMs) return "new_template";
  if (exploded(now, expected)) return "exploded";
  return isRare(known, now, expected, scene) ? "rare_error" : null;
}

/** Of what exploded: the first minute of the window that has it; of what is new: its first sight, or its first now. */
function onset(known: RecentTemplate, kind: Active["kind"], { fromMs, toMs }: RecentScene): EpochMs {
  if (kind === "rare_error") return known.burstSinceMs;
  if (kind !== "exploded" || known.firstSeenAtMs >= fromMs) return known.firstSeenAtMs;
  for (let minuteMs = fromMs; minuteMs < toMs; minuteMs += MINUTE_MS) {
    if (countBetween(known, minuteMs, minuteMs + 1) > 0) return minuteMs;
  }
  return fromMs;
}

/** Since when anything of the environment is known. */
function watchedSinceMs({ recent, environment }: RecentScene): EpochMs {
  let sinceMs = Infinity;
  for (const { key } of recent.templates(environment)) {
    sinceMs = Math.min(sinceMs, recent.watchedSinceMs(key));
  }
  return sinceMs;
}

/** What is there now, or shortly before, and was not, or not so often, until then. */
function active(scene: RecentScene): Active[] {
  const found: Active[] = [];
  const environmentSinceMs = watchedSinceMs(scene);
  for (const known of scene.recent.templates(scene.environment)) {
    if (known.lastSeenAtMs < scene.fromMs - LATELY_MS) continue;
    const now = countBetween(known, scene.fromMs, scene.toMs);
    const expected = expectedCount(known, scene);
    const kind = kindOf(known, now, expected, environmentSinceMs, scene);
    if (kind === null) continue;
    const since =
      kind === "exploded" || kind === "rare_error"
        ? now
        : Math.max(now, countBetween(known, known.firstSeenAtMs, scene.toMs));
    found.push({ known, now, since, expected, kind, onsetMs: onset(known, kind, scene) });
  }
  return found.toSorted(
    (a, b) => a.onsetMs - b.onsetMs || b.since - a.since || (a.known.template < b.known.template ? -1 : 1),
  );
}

/** Where some of it came before the window: how much of it is in it. */
function earlier({ now, since }: Active): { readonly note?: string } {
  return since > now ? { note: `counted since it was first seen; ${now} of it in this window` } : {};
}

function itemOf(found: Active): EvidenceItem {
  const { known, since, expected, kind, onsetMs } = found;
  const { service, template, lastSeenAtMs, severity, examples } = known;
  const wasThere = kind === "exploded" || kind === "rare_error";
  const before = wasThere ? Math.round(expected * 100) / 100 : 0;
  return {
    kind,
    service,
    template,
    count: since,
    firstSeenAtMs: onsetMs,
    lastSeenAtMs,
    severity,
    examples: examples.slice(0, 2),
    ...(Number.isFinite(expected) ? { expected: before } : {}),
    ...earlier(found),
  };
}

/** At most so many of one service before the others had their turn: one loud service must not hide a quiet one. */
function fairly(items: readonly Active[], max: number): Active[] {
  const turns = new Map<string, number>();
  return items
    .map((item, order) => {
      const turn = turns.get(item.known.service) ?? 0;
      turns.set(item.known.service, turn + 1);
      return { item, order, turn: Math.floor(turn / 3) };
    })
    .toSorted((a, b) => a.turn - b.turn || a.order - b.order)
    .slice(0, max)
    .map(({ item }) => item);
}

function vanished(scene: RecentScene): EvidenceItem[] {
  const alive = new Set<string>();
  const gone: { readonly known: RecentTemplate; readonly expected: number }[] = [];
  for (const known of scene.recent.templates(scene.environment)) {
    if (known.lastSeenAtMs >= scene.fromMs) alive.add(known.key);
    else {
      const expected = expectedCount(known, scene);
      if (expected >= MIN_VANISHED) gone.push({ known, expected });
    }
  }
  return gone
    .filter(({ known }) => alive.has(known.key))
    .toSorted((a, b) => b.expected - a.expected)
    .slice(0, MAX_VANISHED)
    .map(({ known, expected }) => ({
      kind: "vanished_template",
      service: known.service,
      template: known.template,
      count: 0,
      firstSeenAtMs: known.firstSeenAtMs,
      lastSeenAtMs: known.lastSeenAtMs,
      severity: known.severity,
      expected: Math.round(expected * 10) / 10,
      examples: known.examples.slice(0, 1),
      note: `seen about ${Math.round(expected)} times in as long a time before, not at all in this window`,
    }));
}

function seconds(ms: number): string {
  const value = ms / SECOND_MS;
  return value < 120 ? `${value.toFixed(value < 10 ? 1 : 0)} s` : `${Math.round(value / 60)} min`;
}

/** Which service spoke up first, in one item. */
function onsetOrder(items: readonly Active[]): EvidenceItem[] {
  const first = new Map<string, Active>();
  for (const item of items) {
    if (item.kind !== "new_template" && !first.has(item.known.service)) first.set(item.known.service, item);
  }
  const [begin, ...rest] = [...first.values()];
  if (begin === undefined || rest.length === 0) return [];
  const startMs = begin.onsetMs;
  const order = rest
    .slice(0, 8)
    .map(({ known, onsetMs }) => `${known.service} +${seconds(onsetMs - startMs)}`)
    .join(", ");
  return [
    {
      kind: "onset_order",
      service: begin.known.service,
      template: null,
      count: first.size,
      firstSeenAtMs: startMs,
      examples: [],
      note: `first new warning or error of each service: ${begin.known.service}, then ${order}`,
    },
  ];
}

function exceptions(items: readonly Active[]): EvidenceItem[] {
  const byName = new Map<string, Active[]>();
  for (const item of items) {
    const { exception, service } = item.known;
    if (exception === null) continue;
    const key = `${service}\u001f${exception}`;
    byName.set(key, [...(byName.get(key) ?? []), item]);
  }
  return [...byName.values()].slice(0, MAX_EXCEPTIONS).flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      {
        kind: "exception",
        service: first.known.service,
        template: first.known.exception,
        count: group.reduce((sum, { since }) => sum + since, 0),
        firstSeenAtMs: first.known.firstSeenAtMs,
        examples: [],
        note: `thrown under ${group.length} message templates`,
      },
    ];
  });
}

/** Pairs of services whose new errors stand in the same traces. */
function traceLinks(items: readonly Active[]): EvidenceItem[] {
  const byTrace = new Map<string, Active[]>();
  for (const item of items) {
    for (const traceId of item.known.traceIds) byTrace.set(traceId, [...(byTrace.get(traceId) ?? []), item]);
  }
  const links = new Map<string, { first: Active; other: Active; traces: number }>();
  for (const group of byTrace.values()) {
    const [first, ...rest] = group;
    const other = rest.find(({ known }) => known.service !== first?.known.service);
    if (first === undefined || other === undefined) continue;
    const key = `${first.known.service}\u001f${other.known.service}`;
    const link = links.get(key) ?? { first, other, traces: 0 };
    link.traces += 1;
    links.set(key, link);
  }
  return [...links.values()]
    .filter(({ traces }) => traces >= MIN_LINKED_TRACES)
    .toSorted((a, b) => b.traces - a.traces)
    .slice(0, MAX_LINKS)
    .map(({ first, other, traces }) => ({
      kind: "trace_link",
      service: first.known.service,
      template: null,
      count: traces,
      firstSeenAtMs: first.known.firstSeenAtMs,
      examples: [],
      note: `${traces} traces carry errors of both ${first.known.service} and ${other.known.service}`,
    }));
}

function ofKind(all: readonly Active[], kind: Active["kind"]): readonly Active[] {
  return loudAndEarly(
    all.filter((item) => item.kind === kind),
    ({ since }) => since,
    ({ onsetMs }) => onsetMs,
  );
}

export interface RecentFindings {
  /** In order of onset within each kind. */
  readonly items: readonly EvidenceItem[];
  readonly templatesSeen: number;
}

/** What the recent past shows around the window: what is new, louder or gone, who was first, what goes together. */
export function recentEvidence(scene: RecentScene): RecentFindings {
  const all = active(scene);
  const of = (kind: Active["kind"], max: number): EvidenceItem[] =>
    fairly(ofKind(all, kind), max).map(itemOf);
  const loud = all.filter(({ known }) => isLoud(known));
  let templatesSeen = 0;
  for (const _known of scene.recent.templates(scene.environment)) templatesSeen += 1;
  return {
    templatesSeen,
    items: [
      ...of("new_error", MAX_PER_KIND),
      ...of("new_warning", MAX_PER_KIND),
      ...of("exploded", MAX_PER_KIND),
      ...of("rare_error", MAX_RARE_ERRORS),
      ...onsetOrder(lasting(loud, ({ since }) => since)),
      ...traceLinks(loud),
      ...exceptions(loud),
      ...vanished(scene),
      ...attributeEvidence(scene.recent, scene.environment, scene.fromMs, scene.focus ?? NOBODY),
      ...of("new_template", MAX_QUIET_NEW),
    ],
  };
}
