import { levelIndex, LEVELS } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import type { RecentLine } from "../window/recent-lines.ts";
import type { RecentRecords } from "../window/recent.ts";
import { countBetween } from "../window/recent-template.ts";
import { clip } from "./printable.ts";
import { redact } from "./redact.ts";

const MAX_LINE_CHARS = 300;

/** A record that is still in memory; redacted. */
export interface RecalledLine {
  readonly timeMs: EpochMs;
  readonly service: string;
  readonly level: string;
  readonly template: string;
  readonly line: string;
  readonly traceId: string | null;
}

/** A template that was counted lately; redacted. */
export interface RecalledTemplate {
  readonly service: string;
  readonly level: string;
  readonly template: string;
  readonly firstSeenAtMs: EpochMs;
  readonly lastSeenAtMs: EpochMs;
  /** Exact, whole minutes. */
  count(fromMs: EpochMs, toMs: EpochMs): number;
  readonly examples: readonly string[];
}

export interface LineQuery {
  readonly environment: string;
  /** null: of all. */
  readonly service: string | null;
  readonly aroundMs: EpochMs;
  readonly withinMs: number;
  readonly limit: number;
}

/** What the memory of one environment still holds, beyond the evidence. Bounded by that memory. */
export interface Recall {
  /** The nearest in time, in order of time. */
  lines(query: LineQuery): readonly RecalledLine[];
  templates(environment: string): readonly RecalledTemplate[];
}

/** Before the process has counted anything, and for alerts of another one. */
export const NO_RECALL: Recall = { lines: () => [], templates: () => [] };

function levelOf(severity: number): string {
  return (LEVELS[levelIndex(severity)] ?? "info").toUpperCase();
}

/** Chosen before anything is redacted, which costs. */
function nearest(
  lines: readonly RecentLine[],
  { service, aroundMs, withinMs, limit }: LineQuery,
): readonly RecentLine[] {
  const away = ({ timeMs }: RecentLine): number => Math.abs(timeMs - aroundMs);
  return lines
    .filter((line) => away(line) <= withinMs && (service === null || line.service === service))
    .toSorted((a, b) => away(a) - away(b))
    .slice(0, limit)
    .toSorted((a, b) => a.timeMs - b.timeMs);
}

/** The memory of the running line; `textOf` gives a template's text by its series and id. */
export function recallOf(recent: RecentRecords, textOf: (key: string, id: string) => string): Recall {
  return {
    lines: (query) =>
      nearest(recent.lines.of(query.environment), query).map(
        ({ timeMs, service, severity, template, body, traceId, key }) => ({
          timeMs,
          service,
          level: levelOf(severity),
          template: redact(textOf(key, template)),
          line: clip(redact(body), MAX_LINE_CHARS),
          traceId,
        }),
      ),
    templates: (environment) =>
      Array.from(recent.templates(environment), (known) => ({
        service: known.service,
        level: levelOf(known.severity),
        template: redact(known.template),
        firstSeenAtMs: known.firstSeenAtMs,
        lastSeenAtMs: known.lastSeenAtMs,
        count: (fromMs: EpochMs, toMs: EpochMs) => countBetween(known, fromMs, toMs),
        examples: known.examples,
      })),
  };
}
