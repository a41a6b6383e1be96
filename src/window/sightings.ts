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
  type TraceGapCounts,
  type TraceSighting,
  type WindowDelta,
} from "./delta.ts";
import { paneStartOf } from "./pane.ts";
import { workIds } from "./work-ids.ts";

/** Steps are followed within so many traces at a time. */
const MAX_OPEN_TRACES = 20_000;
/** Services hand in their lines of one trace at different times: so long is waited before they are put in order. */
const SETTLE_MS = 10_000;
/** Lines that wait; beyond it they are put in order as they are. */
const MAX_HELD_LINES = 40_000;
/** Two lines further apart are no step of one piece of work: some use one trace for all that a client does. */
const MAX_GAP_MS = 60_000;
/** Where records say whom they called. */
const PEER_ATTRIBUTES = ["peer.service", "server.address", "net.peer.name", "rpc.service"] as const;
const NO_LEVELS = LEVELS.map(() => 0);
/** Before the id of what is no trace. */
const WORK = "work:";
/** Not the one that joins the parts of a series key. */
const SEPARATOR = "\u001e";

interface SeriesSightings {
  readonly series: Series;
  /** By series and template of the earlier line and template of the later, then by bucket. */
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

/** One line of a trace, by its template. */
interface Line {
  readonly traceId: string;
  readonly series: Series;
  readonly key: string;
  readonly timeMs: EpochMs;
  readonly pattern: string;
}

/** What lines of traces and records looked at in full tell beyond counts, as deltas of a source of their own. */
export class Sightings {
  readonly #source: { readonly replica: string; readonly epoch: EpochMs };
  readonly #bucketMs: number;
  readonly #panes = new Map<EpochMs, Pane>();
  /** The last line of a trace, whichever service wrote it. */
  readonly #lastLines = new Map<string, Line>();
  #held: Line[] = [];

  readonly #redact: (text: string) => string;

  constructor(
    source: { readonly replica: string; readonly epoch: EpochMs; readonly redact: (text: string) => string },
    bucketMs: number,
  ) {
    this.#redact = source.redact;
    this.#source = { replica: `${source.replica}/sightings`, epoch: source.epoch };
    this.#bucketMs = bucketMs;
  }

  /** `patternOf` names the template of a line. */
  traced(records: readonly TracedRecord[], patternOf: (key: string, shape: number) => string): void {
    for (const { series, traceId, timeMs, key: shape, isError } of records) {
      const key = seriesKey(series);
      this.#trace(this.#seen(series, key, timeMs), traceId, timeMs, isError);
      this.#held.push({ traceId, series, key, timeMs, pattern: patternOf(key, shape) });
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

  /** Puts lines in order once all services should have handed in theirs. */
  #settle(untilMs: EpochMs): void {
    const isFull = this.#held.length > MAX_HELD_LINES;
    const due = isFull ? this.#held : this.#held.filter(({ timeMs }) => timeMs <= untilMs);
    if (due.length === 0) return;
    this.#held = isFull ? [] : this.#held.filter(({ timeMs }) => timeMs > untilMs);
    for (const line of due.toSorted((a, b) => a.timeMs - b.timeMs)) this.#step(line);
  }

  #step(line: Line): void {
    const before = this.#lastLines.get(line.traceId);
    const gapMs = before === undefined ? 0 : line.timeMs - before.timeMs;
    // It came too late to be put in order: a step back is none.
    if (gapMs < 0) return;
    this.#lastLines.delete(line.traceId);
    this.#lastLines.set(line.traceId, line);
    if (this.#lastLines.size > MAX_OPEN_TRACES) {
      const [oldest] = this.#lastLines.keys();
      if (oldest !== undefined) this.#lastLines.delete(oldest);
    }
    if (before === undefined || gapMs > MAX_GAP_MS) return;
    const { gaps } = this.#seen(line.series, line.key, line.timeMs);
    const fromSeries = before.key === line.key ? "" : before.key;
    const pair = `${fromSeries}${SEPARATOR}${before.pattern}${SEPARATOR}${line.pattern}`;
    const buckets = gaps.get(pair) ?? new Map<number, number>();
    if (!gaps.has(pair)) {
      if (gaps.size >= MAX_TRACE_GAPS_PER_PANE) return;
      gaps.set(pair, buckets);
    }
    add(buckets, gapBucket(gapMs), Infinity);
  }

  /** A record that was looked at in full. */
  record(record: LogRecord): void {
    const { series, timeMs, severity, resource, attributes } = record;
    if (isError(severity) && record.traceId === null) this.#work(record);
    const version = resource.get("service.version");
    const peers = PEER_ATTRIBUTES.flatMap((name) => textOf(attributes.get(name)));
    const exceptions = isError(severity) ? textOf(attributes.get("exception.type")) : [];
    if (textOf(version).length === 0 && peers.length === 0 && exceptions.length === 0) return;
    const seen = this.#seen(series, seriesKey(series), timeMs);
    for (const text of textOf(version)) add(seen.versions, text, MAX_VERSIONS_PER_PANE);
    for (const type of exceptions) add(seen.exceptions, this.#redact(type), MAX_EXCEPTIONS_PER_PANE);
    for (const peer of peers) add(seen.peers, peer, MAX_PEERS_PER_PANE);
  }

  /** An error without a trace: what else it names ties it to errors of other services. */
  #work(record: LogRecord): void {
    const ids = workIds(record);
    if (ids.size === 0) return;
    const seen = this.#seen(record.series, seriesKey(record.series), record.timeMs);
    for (const id of ids) this.#trace(seen, `${WORK}${id}`, record.timeMs, true);
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
  take(nowMs: EpochMs): WindowDelta[] {
    this.#settle(nowMs - SETTLE_MS);
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
    traceGaps: Array.from(gaps, ([pair, buckets]) => gapsOf(pair, [...buckets])),
    traces: [...traces.values()],
    versions: [...versions],
    peers: [...peers],
    ...(exceptions.size === 0 ? {} : { exceptions: [...exceptions] }),
  };
}

function gapsOf(pair: string, buckets: TraceGapCounts["buckets"]): TraceGapCounts {
  const [fromSeries = "", from = "", to = ""] = pair.split(SEPARATOR);
  return { from, to, buckets, ...(fromSeries === "" ? {} : { fromSeries }) };
}
