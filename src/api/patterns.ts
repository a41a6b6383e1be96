import type { RequestHandler } from "express";
import { LEVELS, type Level } from "../log/severity.ts";
import { MAX_NAME_LENGTH } from "../log/series.ts";
import { formatTime, SECOND_MS } from "../log/time.ts";
import { fail } from "./failure.ts";
import { parsePatternQuery, type PatternQuery, type PatternSort } from "./pattern-query.ts";
import type { PatternSource, ServicePattern } from "./ports.ts";
import type { Route } from "./route.ts";

/** One pattern over the wire; unknown is null or empty, nothing is ever absent. */
export interface PatternView {
  readonly id: string;
  readonly template: string;
  readonly aliases: readonly string[];
  readonly environment: string;
  readonly namespace: string | null;
  readonly count: number;
  readonly per_minute: number;
  /** Of all records of the service that the query reaches, 0 to 1. */
  readonly share: number;
  readonly levels: Readonly<Partial<Record<Level, number>>>;
  readonly first_seen_at: string | null;
  readonly last_seen_at: string | null;
  readonly samples: readonly string[];
  readonly trend: {
    readonly start: string | null;
    readonly step_seconds: number;
    readonly counts: readonly number[];
  };
}

export interface PatternsView {
  readonly service: string;
  /** Patterns in all; `patterns` is one page of them. */
  readonly total: number;
  readonly patterns: readonly PatternView[];
  /** The offset of the next page; null at the last. */
  readonly next_offset: number | null;
}

/** `GET /services/:service/patterns`: what a service logs, as templates. */
export function patternRoutes(source: PatternSource): readonly Route[] {
  const handler: RequestHandler = (req, res) => {
    const parsed = parsePatternQuery(new URL(req.originalUrl, "http://tocsin").searchParams);
    if (parsed.kind === "invalid") return fail(res, "bad_request", parsed.message);
    const { service } = req.params;
    const name = typeof service === "string" && service.length <= MAX_NAME_LENGTH ? service : "";
    const { environment, namespace } = parsed.query;
    const found = source.patterns({ service: name, environment, namespace });
    if (found === null) return fail(res, "not_found", "no such service has logged");
    res.json(patternsView(name, found, parsed.query));
  };
  return [{ method: "get", path: "/services/:service/patterns", access: "api", handlers: [handler] }];
}

export function patternsView(
  service: string,
  patterns: readonly ServicePattern[],
  { sort, limit, offset }: PatternQuery,
): PatternsView {
  const records = patterns.reduce((sum, { count }) => sum + count, 0);
  const sorted = patterns.toSorted((a, b) => SORTS[sort](b) - SORTS[sort](a) || (a.id < b.id ? -1 : 1));
  const page = sorted.slice(offset, offset + limit);
  const next = offset + page.length;
  return {
    service,
    total: patterns.length,
    patterns: page.map((pattern) => patternView(pattern, records)),
    next_offset: page.length > 0 && next < patterns.length ? next : null,
  };
}

/** Highest first: the most, the loudest, the latest, the newest. */
const SORTS: Readonly<Record<PatternSort, (pattern: ServicePattern) => number>> = {
  count: ({ count }) => count,
  rate: ({ perMinute }) => perMinute,
  last_seen: ({ lastSeenAtMs }) => lastSeenAtMs ?? 0,
  first_seen: ({ firstSeenAtMs }) => firstSeenAtMs ?? 0,
};

function patternView(pattern: ServicePattern, records: number): PatternView {
  const { trend } = pattern;
  return {
    id: pattern.id,
    template: pattern.template,
    aliases: pattern.aliases,
    environment: pattern.environment,
    namespace: pattern.namespace === "" ? null : pattern.namespace,
    count: pattern.count,
    per_minute: pattern.perMinute,
    share: records === 0 ? 0 : pattern.count / records,
    levels: Object.fromEntries(
      LEVELS.map((level, i) => [level, pattern.levels[i] ?? 0] as const).filter(([, count]) => count > 0),
    ),
    first_seen_at: timeText(pattern.firstSeenAtMs),
    last_seen_at: timeText(pattern.lastSeenAtMs),
    samples: pattern.samples,
    trend: { start: timeText(trend.startMs), step_seconds: trend.stepMs / SECOND_MS, counts: trend.counts },
  };
}

function timeText(timeMs: number | null): string | null {
  return timeMs === null ? null : formatTime(timeMs);
}
