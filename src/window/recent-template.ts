import { severityFromText, type SeverityNumber } from "../log/severity.ts";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";

/** How far back onsets and earlier rates are known. */
export const RECENT_MINUTES = 120;
export const MAX_BODY_CHARS = 1_000;
export const WARN: SeverityNumber = severityFromText("warn");

export const MAX_EXAMPLES = 3;
export const PAUSE_MS = 5 * MINUTE_MS;

/** What was seen of one template lately. Counts are exact; times and examples are of the records looked at. */
export interface RecentTemplate {
  /** Its text as it was asked for last. */
  template: string;
  readonly service: string;
  readonly key: string;
  severity: SeverityNumber;
  firstSeenAtMs: EpochMs;
  lastSeenAtMs: EpochMs;
  /** Since when it has come without a pause of `PAUSE_MS`. */
  burstSinceMs: EpochMs;
  count: number;
  /** Of the records looked at, those that no count of a pane has confirmed yet. */
  uncounted: number;
  /** Per minute, as a ring over `RECENT_MINUTES`. */
  readonly minutes: Uint32Array;
  minute: number;
  readonly examples: string[];
  readonly traceIds: string[];
  /** Exception type and first frame; null where the record carries none. */
  exception: string | null;
}

/** Records per minute over `[fromMs, toMs)`, minutes at the edges counted whole. */
export function countBetween(known: RecentTemplate, fromMs: EpochMs, toMs: EpochMs): number {
  const oldest = known.minute - RECENT_MINUTES + 1;
  const from = Math.max(Math.floor(fromMs / MINUTE_MS), oldest);
  const to = Math.min(Math.ceil(toMs / MINUTE_MS) - 1, known.minute);
  let sum = 0;
  for (let minute = from; minute <= to; minute++) sum += known.minutes[minute % RECENT_MINUTES] ?? 0;
  return sum;
}

/** Adds to the minute, the ring moved on as far as it takes. */
export function countMinute(known: RecentTemplate, minute: number, count = 1): void {
  const { minutes } = known;
  if (minute > known.minute) {
    const gone = Math.min(minute - known.minute, RECENT_MINUTES);
    for (let i = 1; i <= gone; i++) minutes[(known.minute + i) % RECENT_MINUTES] = 0;
    known.minute = minute;
  }
  if (minute <= known.minute - RECENT_MINUTES) return;
  const slot = minute % RECENT_MINUTES;
  minutes[slot] = (minutes[slot] ?? 0) + count;
}

/** `known` has become the template of both. */
export function absorbTemplate(known: RecentTemplate, moved: RecentTemplate): void {
  for (let minute = moved.minute - RECENT_MINUTES + 1; minute <= moved.minute; minute++) {
    const count = moved.minutes[minute % RECENT_MINUTES] ?? 0;
    if (count > 0) countMinute(known, minute, count);
  }
  known.count += moved.count;
  known.uncounted += moved.uncounted;
  known.severity = Math.max(known.severity, moved.severity);
  known.firstSeenAtMs = Math.min(known.firstSeenAtMs, moved.firstSeenAtMs);
  known.lastSeenAtMs = Math.max(known.lastSeenAtMs, moved.lastSeenAtMs);
  known.burstSinceMs = Math.min(known.burstSinceMs, moved.burstSinceMs);
  known.exception ??= moved.exception;
  for (const example of moved.examples) {
    if (known.examples.length < MAX_EXAMPLES && !known.examples.includes(example))
      known.examples.push(example);
  }
}

/** Makes room for a template of `severity`: the longest unseen of those that are not graver. */
export function evict(templates: Map<string, RecentTemplate>, severity: SeverityNumber): boolean {
  let oldest: string | undefined;
  let oldestMs = Infinity;
  for (const [masked, known] of templates) {
    if (known.severity > severity || known.lastSeenAtMs >= oldestMs) continue;
    oldest = masked;
    oldestMs = known.lastSeenAtMs;
  }
  return oldest !== undefined && templates.delete(oldest);
}

/** The first frame of a stack trace; "" where there is none. */
export function firstFrame(stacktrace: string): string {
  const lines = stacktrace.slice(0, MAX_BODY_CHARS).split("\n").slice(1, 4);
  return (lines.find((line) => /\bat\b|File|\.\w+:\d+/.test(line)) ?? "").trim();
}

/** Seen at `timeMs`: whatever has been silent for so long begins anew. */
export function countSighting(known: RecentTemplate, timeMs: EpochMs): void {
  const { firstSeenAtMs, lastSeenAtMs, burstSinceMs } = known;
  const isEarlier = timeMs < burstSinceMs && timeMs > burstSinceMs - PAUSE_MS;
  if (isEarlier || timeMs > lastSeenAtMs + PAUSE_MS) known.burstSinceMs = timeMs;
  known.firstSeenAtMs = Math.min(firstSeenAtMs, timeMs);
  known.lastSeenAtMs = Math.max(lastSeenAtMs, timeMs);
}

/** The beginning of a body, as much as is looked at. */
export function clipBody(body: string): string {
  return body.length > MAX_BODY_CHARS ? `${body.slice(0, MAX_BODY_CHARS)}…` : body;
}
