import type { AttributeValue, LogRecord } from "../log/batch.ts";
import { seriesKey, type Series } from "../log/series.ts";
import { isError, LEVELS } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import type { TracedRecord } from "./counted.ts";
import {
  gapBucket,
  MAX_EXCEPTIONS_PER_PANE,
  MAX_PEERS_PER_PANE,
  MAX_TRACE_GAPS_PER_PANE,
  MAX_TRACES_PER_PANE,
  MAX_VERSIONS_PER_PANE,
  type SeriesCounts,
  type TraceSighting,
  type WindowDelta,
} from "./delta.ts";
import { paneStartOf } from "./pane.ts";

/** Steps within traces are followed for so many (trace, series) at a time. */
const MAX_OPEN_STEPS = 20_000;
/** Two lines further apart are no step of one piece of work. */
const MAX_GAP_MS = 30 * 60_000;
/** Where records say whom they called. */
const PEER_ATTRIBUTES = ["peer.service", "server.address", "net.peer.name", "rpc.service"] as const;
const NO_LEVELS = LEVELS.map(() => 0);
const SEPARATOR = "\u001f";

interface SeriesSightings {
  readonly series: Series;
  /** By from and to, then by bucket. */
  readonly gaps: Map<string, Map<number, number>>;
  readonly traces: Map<string, TraceSighting>;
  readonly versions: Map<string, number>;
  readonly peers: Map<string, number>;
  /** Of errors, by `exception.type`. */
  readonly exceptions: Map<string, number>;
}

interface Pane {
  version: number;
  changed: boolean;
  readonly series: Map<string, SeriesSightings>;
}

interface Step {
  readonly timeMs: EpochMs;
  readonly pattern: string;
}

/** What lines of traces and records looked at in full tell beyond counts, as deltas of a source of their own. */
export class Sightings {
  readonly #source: { readonly replica: string; readonly epoch: EpochMs };
  readonly #bucketMs: number;
  readonly #panes = new Map<EpochMs, Pane>();
  /** The last line of a trace in a series. */
  readonly #steps = new Map<string, Step>();

  readonly #redact: (text: string) => string;

  constructor(
    source: { readonly replica: string; readonly epoch: EpochMs; readonly redact: (text: string) => string },
    bucketMs: number,
  ) {
    this.#redact = source.redact;
    this.#source = { replica: `${source.replica}/sightings`, epoch: source.epoch };
    this.#bucketMs = bucketMs;
  }

  /** `patternOf` names the template of a line. Lines of one trace may come in any order; a step back is none. */
  traced(records: readonly TracedRecord[], patternOf: (key: string, shape: number) => string): void {
    for (const { series, traceId, timeMs, key, isError } of records.toSorted((a, b) => a.timeMs - b.timeMs)) {
      const name = seriesKey(series);
      const seen = this.#seen(series, name, timeMs);
      this.#trace(seen, traceId, timeMs, isError);
      this.#step(seen, `${traceId}${name}`, { timeMs, pattern: patternOf(name, key) });
    }
  }

  #trace({ traces }: SeriesSightings, traceId: string, timeMs: EpochMs, isError: boolean): void {
    const known = traces.get(traceId);
    if (known === undefined && traces.size >= MAX_TRACES_PER_PANE && !(isError && dropQuiet(traces))) return;
    const erredMs = isError ? timeMs : Infinity;
    const firstErrorMs = Math.min(known?.firstErrorMs ?? Infinity, erredMs);
    traces.set(traceId, {
      traceId,
      firstMs: Math.min(known?.firstMs ?? Infinity, timeMs),
      firstErrorMs: firstErrorMs === Infinity ? null : firstErrorMs,
    });
  }

  #step({ gaps }: SeriesSightings, id: string, step: Step): void {
    const before = this.#steps.get(id);
    this.#steps.delete(id);
    this.#steps.set(id, step);
    if (this.#steps.size > MAX_OPEN_STEPS) {
      const [oldest] = this.#steps.keys();
      if (oldest !== undefined) this.#steps.delete(oldest);
    }
    if (before === undefined) return;
    const gapMs = step.timeMs - before.timeMs;
    if (gapMs < 0 || gapMs > MAX_GAP_MS) return;
    const pair = `${before.pattern}${SEPARATOR}${step.pattern}`;
    const buckets = gaps.get(pair) ?? new Map<number, number>();
    if (!gaps.has(pair)) {
      if (gaps.size >= MAX_TRACE_GAPS_PER_PANE) return;
      gaps.set(pair, buckets);
    }
    add(buckets, gapBucket(gapMs), Infinity);
  }

  /** A record that was looked at in full. */
  record({ series, timeMs, severity, resource, attributes }: LogRecord): void {
    const version = resource.get("service.version");
    const peers = PEER_ATTRIBUTES.flatMap((name) => textOf(attributes.get(name)));
    const exceptions = isError(severity) ? textOf(attributes.get("exception.type")) : [];
    if (textOf(version).length === 0 && peers.length === 0 && exceptions.length === 0) return;
    const seen = this.#seen(series, seriesKey(series), timeMs);
    for (const text of textOf(version)) add(seen.versions, text, MAX_VERSIONS_PER_PANE);
    for (const type of exceptions) add(seen.exceptions, this.#redact(type), MAX_EXCEPTIONS_PER_PANE);
    for (const peer of peers) add(seen.peers, peer, MAX_PEERS_PER_PANE);
  }

  #seen(series: Series, key: string, timeMs: EpochMs): SeriesSightings {
    const startMs = paneStartOf(timeMs, this.#bucketMs);
    let pane = this.#panes.get(startMs);
    if (pane === undefined) {
      pane = { version: 0, changed: true, series: new Map() };
      this.#panes.set(startMs, pane);
    }
    pane.changed = true;
    let seen = pane.series.get(key);
    if (seen === undefined) {
      seen = {
        series,
        gaps: new Map(),
        traces: new Map(),
        versions: new Map(),
        peers: new Map(),
        exceptions: new Map(),
      };
      pane.series.set(key, seen);
    }
    return seen;
  }

  /** The panes that changed since the last call, as they stand. */
  take(): WindowDelta[] {
    const deltas: WindowDelta[] = [];
    for (const [paneStartMs, pane] of this.#panes) {
      if (!pane.changed) continue;
      pane.changed = false;
      pane.version += 1;
      const { version } = pane;
      const series = Array.from(pane.series.values(), countsOf);
      deltas.push({ ...this.#source, paneStartMs, version, input: false, late: 0, series });
    }
    return deltas;
  }

  /** Forgets panes that ended before `beforeMs`. */
  expire(beforeMs: EpochMs): void {
    for (const startMs of this.#panes.keys()) if (startMs < beforeMs) this.#panes.delete(startMs);
  }
}

/** Makes room for a trace that erred; false where all did. */
function dropQuiet(traces: Map<string, TraceSighting>): boolean {
  for (const [traceId, { firstErrorMs }] of traces) if (firstErrorMs === null) return traces.delete(traceId);
  return false;
}

function textOf(value: AttributeValue | undefined): string[] {
  return typeof value === "string" && value !== "" && value.length <= 255 ? [value] : [];
}

function add<K>(counts: Map<K, number>, key: K, max: number): void {
  const known = counts.get(key);
  if (known !== undefined || counts.size < max) counts.set(key, (known ?? 0) + 1);
}

function countsOf({ series, gaps, traces, versions, peers, exceptions }: SeriesSightings): SeriesCounts {
  return {
    series,
    levels: NO_LEVELS,
    templates: [],
    samples: [],
    traceGaps: Array.from(gaps, ([pair, buckets]) => {
      const [from = "", to = ""] = pair.split(SEPARATOR);
      return { from, to, buckets: [...buckets] };
    }),
    traces: [...traces.values()],
    versions: [...versions],
    peers: [...peers],
    ...(exceptions.size === 0 ? {} : { exceptions: [...exceptions] }),
  };
}
