import { LEVELS, levelIndex } from "../../../../src/log/severity.ts";
import type { Series } from "../../../../src/log/series.ts";
import { DAY_MS, type EpochMs } from "../../../../src/log/time.ts";
import type {
  PatternCounts,
  SampledRecord,
  SeriesCounts,
  TemplateSample,
  TraceSighting,
} from "../../../../src/window/delta.ts";
import type { FaultEvent } from "./events.ts";
import type { Row, ServicePane } from "./generator.ts";
import { ERROR, FATAL, type MessageKind } from "./service.ts";

export const ENVIRONMENT = "production";
/** How long a record is on its way. */
export const USUAL_LAG_MS = 800;
const WARN = 13;
/** Fewer than the product would take: enough for an explanation, cheap to make. */
const SAMPLED_PER_PANE = 2;
/** Traces that a cascade runs through in one pane. */
const CASCADE_TRACES = 4;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function podName(service: string, pod: number): string {
  return `${service}-7d9f8b6c5-${"bcdfghjkmn"[pod % 10] ?? "x"}2x4z`;
}

export function versionName(version: number): string {
  return `1.${version}.0`;
}

export function serviceSeries(service: string): Series {
  return { environment: ENVIRONMENT, namespace: "", service };
}

/** The trace that the `n`-th request of a pane leaves in every service of a cascade. */
export function cascadeTrace({ startMs }: FaultEvent, paneMs: EpochMs, n: number): string {
  const [from, at] = [startMs / 1_000, (paneMs - startMs) / 1_000];
  return `${from.toString(16).padStart(12, "0")}${at.toString(16).padStart(12, "0")}${n.toString(16).padStart(8, "1")}`;
}

/** Says the counts of a service in a pane as the product's own counting would. */
export class CountsWriter {
  readonly #series = new Map<string, Series>();
  readonly #toldMs = new Map<string, EpochMs>();
  readonly #attributes = new Map<string, SampledRecord["attributes"]>();
  readonly #instances = new Map<string, readonly string[]>();

  counts(pane: ServicePane, paneMs: EpochMs, times: number, lagMs: number): SeriesCounts {
    const { profile, rows, version } = pane;
    const levels = LEVELS.map(() => 0);
    const patterns = new Map<string, Mutable<PatternCounts>>();
    const exceptions = new Map<string, number>();
    const samples: TemplateSample[] = [];
    let total = 0;
    for (const row of rows) {
      const { kind } = row;
      const count = row.count * times;
      const level = levelIndex(kind.severity);
      levels[level] = (levels[level] ?? 0) + count;
      total += count;
      const pattern = patternOf(kind);
      addTo(patterns, pattern, kind, count, row.traces);
      if (kind.exceptionType !== null)
        exceptions.set(kind.exceptionType, (exceptions.get(kind.exceptionType) ?? 0) + count);
      const sample = kind.severity < ERROR ? null : this.#sample(profile.name, pattern, kind, paneMs);
      if (sample !== null) samples.push(sample);
    }
    const list = [...patterns.values()];
    const bad = list.filter(({ errors, fatals }) => errors + fatals > 0);
    const ahead = pane.ahead === null ? 0 : Math.round(total / pane.pods);
    const cascade = pane.faults.find(({ kind }) => kind === "cascade");
    return {
      series: this.#seriesOf(profile.name),
      levels,
      templates: bad.map(({ pattern, errors, fatals }) => [pattern, errors + fatals] as const),
      samples,
      patterns: list,
      versions: versionsOf(version, total, ahead),
      exceptions: [...exceptions],
      lag: { count: total, sumMs: total * lagMs, minMs: lagMs - 300, maxMs: lagMs + 700 },
      sampled: this.#sampled(pane, paneMs),
      instances: this.#instancesOf(pane),
      ...(cascade === undefined ? {} : cascadeOf(cascade, pane, paneMs)),
    };
  }

  /** Nothing could be counted, but that it came is known. */
  late(pane: ServicePane, lagMs: number): SeriesCounts {
    const late = pane.rows.reduce((sum, { count }) => sum + count, 0);
    return {
      series: this.#seriesOf(pane.profile.name),
      levels: LEVELS.map(() => 0),
      templates: [],
      samples: [],
      late,
      lag: { count: late, sumMs: late * lagMs, minMs: lagMs - 300, maxMs: lagMs + 700 },
      instances: this.#instancesOf(pane),
    };
  }

  #seriesOf(service: string): Series {
    let series = this.#series.get(service);
    if (series === undefined) {
      series = serviceSeries(service);
      this.#series.set(service, series);
    }
    return series;
  }

  /** Of a template that nobody has heard of, or not for a day. */
  #sample(service: string, pattern: string, kind: MessageKind, nowMs: EpochMs): TemplateSample | null {
    const key = `${service} ${pattern}`;
    const toldMs = this.#toldMs.get(key);
    this.#toldMs.set(key, nowMs);
    if (toldMs !== undefined && nowMs - toldMs < DAY_MS) return null;
    const { severity } = kind;
    return {
      template: pattern,
      firstSeenAtMs: nowMs,
      lastSeenAtMs: nowMs,
      severity,
      examples: [kind.body(1)],
    };
  }

  /** Takes records at even steps through the pane; no draw, so that the traffic stays the same. */
  #sampled(pane: ServicePane, paneMs: EpochMs): SampledRecord[] {
    const total = pane.rows.reduce((sum, { count }) => sum + count, 0);
    const found: SampledRecord[] = [];
    const tick = paneMs / 10_000;
    for (let i = 0; i < Math.min(total, SAMPLED_PER_PANE); i++) {
      // The golden ratio spreads the positions evenly over many panes.
      const at = Math.floor((((tick * SAMPLED_PER_PANE + i) * 0.618033988749895) % 1) * total);
      const row = rowAt(pane.rows, at);
      if (row === undefined) continue;
      const pod = row.pod ?? at % pane.pods;
      found.push({
        pattern: patternOf(row.kind),
        isError: row.kind.severity >= ERROR,
        attributes: this.#attributesOf(pane, pod),
      });
    }
    return found;
  }

  #attributesOf({ profile, version, ahead }: ServicePane, pod: number): SampledRecord["attributes"] {
    const running = versionName(ahead === pod ? version + 1 : version);
    const key = `${profile.name} ${pod} ${running}`;
    let attributes = this.#attributes.get(key);
    if (attributes === undefined) {
      attributes = [
        ["k8s.pod.name", podName(profile.name, pod)],
        ["host.name", `node-${(profile.index + pod) % 5}`],
        ["service.version", running],
        ["cloud.region", "north"],
      ];
      this.#attributes.set(key, attributes);
    }
    return attributes;
  }

  #instancesOf({ profile, pods }: ServicePane): readonly string[] {
    const key = `${profile.name} ${pods}`;
    let instances = this.#instances.get(key);
    if (instances === undefined) {
      instances = Array.from({ length: pods }, (_, pod) => podName(profile.name, pod));
      this.#instances.set(key, instances);
    }
    return instances;
  }
}

/** Ids are opaque to detection: one body of the kind stands for its template. */
function patternOf(kind: MessageKind): string {
  return kind.body(1);
}

function addTo(
  patterns: Map<string, Mutable<PatternCounts>>,
  pattern: string,
  { severity }: MessageKind,
  count: number,
  traces: number,
): void {
  let entry = patterns.get(pattern);
  if (entry === undefined) {
    entry = { pattern, total: 0, warnings: 0, errors: 0, fatals: 0, tracedErrors: 0 };
    patterns.set(pattern, entry);
  }
  entry.total += count;
  if (severity >= FATAL) entry.fatals += count;
  else if (severity >= ERROR) entry.errors += count;
  else if (severity >= WARN) entry.warnings += count;
  if (severity >= ERROR) entry.tracedErrors = (entry.tracedErrors ?? 0) + traces;
}

function rowAt(rows: readonly Row[], at: number): Row | undefined {
  let before = 0;
  for (const row of rows) {
    before += row.count;
    if (at < before) return row;
  }
  return rows.at(-1);
}

function versionsOf(version: number, total: number, ahead: number): [string, number][] {
  if (ahead === 0) return [[versionName(version), total]];
  return [
    [versionName(version), total - ahead],
    [versionName(version + 1), ahead],
  ];
}

/** Where a cascade began errs first in every shared trace; the others wait for it and say whom they called. */
function cascadeOf(
  fault: FaultEvent,
  { profile, rows }: ServicePane,
  paneMs: EpochMs,
): { traces: TraceSighting[]; peers?: [string, number][] } {
  const hop = fault.spans.findIndex(({ service }) => service === profile.index);
  const errors = rows.reduce((sum, { kind, count }) => sum + (kind.severity >= ERROR ? count : 0), 0);
  const traces = Array.from({ length: Math.min(errors, CASCADE_TRACES) }, (_, n): TraceSighting => {
    const startMs = paneMs + n * 2_000;
    // Callers begin earlier and fail later.
    const firstMs = startMs + (hop === 0 ? 60 : 10 * hop);
    return { traceId: cascadeTrace(fault, paneMs, n), firstMs, firstErrorMs: startMs + 200 + 150 * hop };
  });
  const called = hop <= 0 ? undefined : fault.spans[hop - 1]?.name;
  return called === undefined ? { traces } : { traces, peers: [[called, errors]] };
}
