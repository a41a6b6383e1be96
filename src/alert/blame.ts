import type { Category } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";
import { lasting } from "./loud-and-early.ts";
import type { EvidenceItem } from "./recent-evidence.ts";

export interface Blamed {
  readonly service: string;
  /** 0 to 1; together they make 1. */
  readonly share: number;
  readonly onsetMs: EpochMs;
}

/** Findings about one service that need no error: what others err with beside it is another matter, or an echo. */
const WITHOUT_ERRORS: ReadonlySet<Category> = new Set([
  "pattern_drop",
  "service_missing",
  "silence",
  "slow_trace",
]);

/** Is an alert of these categories about no error at all? Then errors say nothing of where it began. */
export function isWithoutErrors(categories: readonly Category[]): boolean {
  return categories.length > 0 && categories.every((category) => WITHOUT_ERRORS.has(category));
}

const ERROR = 17;
const WARNING = 13;
const LOUD: ReadonlySet<string> = new Set(["new_error", "new_warning", "exploded", "rare_error", "error"]);
/** How much of its blame a service passes on to the one that its errors name. */
const PASSED_ON = 0.8;
const MIN_NAME_CHARS = 4;
const ONSET_HALF_MS = 120_000;
/** Whoever is called logs its error before it answers: an error so shortly after another's may only repeat it. */
const ECHO_MS = 10_000;
/** How much of its blame goes to who erred first. */
const ECHOED = 0.5;

/** `search` of `search-service`: how messages call it. */
function bare(service: string): string {
  return service.toLowerCase().replace(/[-_. ]?(?:service|svc)$/, "");
}

function names(template: string, service: string): boolean {
  const text = template.toLowerCase();
  const full = service.toLowerCase();
  if (text.includes(full)) return true;
  const short = bare(service);
  return short.length >= MIN_NAME_CHARS && new RegExp(`\\b${short.replace(/[^a-z0-9]/g, ".")}\\b`).test(text);
}

/** The other side hung up: whoever says this was left, not broken. */
const LEFT_ALONE =
  /cancell?ed by (?:the )?(?:client|caller|peer|remote)|client (?:closed|disconnected|went away|cancell?ed|aborted)|broken pipe|EPIPE|reset by peer|context cancell?ed/i;
const LEFT_ALONE_WEIGHT = 0.1;

interface Voice {
  weight: number;
  onsetMs: EpochMs;
  /** It speaks of a trouble of its own. */
  own: boolean;
}

/** How much one record of the item says; an error that is new says most. */
function weightOf({ kind, severity = ERROR, template }: EvidenceItem, errors: boolean): number {
  const level = severity >= ERROR ? 1 : severity >= WARNING ? (errors ? 0.1 : 0.3) : 0.02;
  const left = LEFT_ALONE.test(template ?? "") ? LEFT_ALONE_WEIGHT : 1;
  return level * left * (kind === "error" ? 0.2 : kind === "exploded" ? 0.5 : 1);
}

/** How loud and how early each service speaks up. */
function voices(items: readonly EvidenceItem[]): Map<string, Voice> {
  const loud = items.filter(({ kind }) => LOUD.has(kind));
  const isNewError = ({ kind, severity = ERROR }: EvidenceItem): boolean =>
    kind !== "error" && severity >= ERROR;
  const errors = loud.some(isNewError);
  const starters = lasting(errors ? loud.filter(isNewError) : loud, ({ count }) => count);
  const startMs = Math.min(...starters.map(({ firstSeenAtMs }) => firstSeenAtMs));
  const found = new Map<string, Voice>();
  for (const item of loud) {
    const { service, count, firstSeenAtMs, template } = item;
    const voice = found.get(service) ?? { weight: 0, onsetMs: Infinity, own: false };
    voice.weight += Math.log2(1 + count) * weightOf(item, errors);
    voice.own ||= !LEFT_ALONE.test(template ?? "");
    if (starters.includes(item)) voice.onsetMs = Math.min(voice.onsetMs, firstSeenAtMs);
    found.set(service, voice);
  }
  for (const voice of found.values()) {
    const lateMs = Math.max(voice.onsetMs - startMs, 0);
    voice.weight *= 1 + 1 / (1 + lateMs / ONSET_HALF_MS);
  }
  return found;
}

/** The service whose error came first takes from those that erred shortly after it and name nobody. */
function echo(
  blames: Map<string, number>,
  found: ReadonlyMap<string, Voice>,
  naming: ReadonlySet<string>,
): void {
  const erred = [...found]
    .filter(([service, { own, onsetMs }]) => own && Number.isFinite(onsetMs) && !naming.has(service))
    .toSorted(([, a], [, b]) => a.onsetMs - b.onsetMs);
  const [first, ...others] = erred;
  if (first === undefined) return;
  const [origin, { onsetMs: firstMs }] = first;
  for (const [service, { onsetMs }] of others) {
    const lateMs = onsetMs - firstMs;
    if (lateMs <= 0 || lateMs > ECHO_MS) continue;
    const given = ECHOED * (blames.get(service) ?? 0);
    blames.set(service, (blames.get(service) ?? 0) - given);
    blames.set(origin, (blames.get(origin) ?? 0) + given);
  }
}

/**
 * Services by how likely it began there: who is loud, who was early, and whom the others' errors name. A service
 * that is named but says nothing of its own keeps no blame: nothing is known of it.
 */
export function blame(items: readonly EvidenceItem[]): readonly Blamed[] {
  const found = voices(items);
  const naming = new Set<string>();
  const passed = new Map<string, number>([...found].map(([service, { weight }]) => [service, weight]));
  for (const [service, { weight }] of found) {
    const own = items.filter((item) => item.service === service && item.template !== null);
    const named = [...found]
      .filter(([, voice]) => voice.own)
      .map(([other]) => other)
      .filter((other) => other !== service && own.some(({ template }) => names(template ?? "", other)));
    if (named.length === 0) continue;
    naming.add(service);
    passed.set(service, (passed.get(service) ?? 0) - PASSED_ON * weight);
    for (const other of named)
      passed.set(other, (passed.get(other) ?? 0) + (PASSED_ON * weight) / named.length);
  }
  echo(passed, found, naming);
  const total = [...passed.values()].reduce((sum, weight) => sum + weight, 0);
  return [...passed]
    .map(([service, weight]) => ({
      service,
      share: total <= 0 ? 0 : Math.round((weight / total) * 100) / 100,
      onsetMs: found.get(service)?.onsetMs ?? Infinity,
    }))
    .toSorted((a, b) => b.share - a.share || a.onsetMs - b.onsetMs || (a.service < b.service ? -1 : 1));
}
