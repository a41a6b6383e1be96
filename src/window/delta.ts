import type { Series } from "../log/series.ts";
import type { SeverityNumber } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import { OTHER } from "../template/book.ts";

/** What is known of an error template: when it was seen, and a few redacted lines of it. */
export interface TemplateSample {
  readonly template: string;
  firstSeenAtMs: EpochMs;
  lastSeenAtMs: EpochMs;
  /** The gravest seen. */
  severity: SeverityNumber;
  readonly examples: string[];
}

/** Records of one template in one pane, by level group; `total` counts all levels. Ids are opaque to detection. */
export interface PatternCounts {
  /** A stable template id, or its masked text where no miner gives ids. */
  readonly pattern: string;
  readonly total: number;
  readonly warnings: number;
  /** ERROR alone. */
  readonly errors: number;
  readonly fatals: number;
  /** Distinct (trace, template) among errors and fatals: retries of one request count once. Absent: not known. */
  readonly tracedErrors?: number;
}

/** Arrival time minus event time of the records of one pane, before any correction; milliseconds, may be negative. */
export interface LagStats {
  readonly count: number;
  readonly sumMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** How long it took from one line of a trace to the next, whichever service wrote it, by the templates of the two. */
export interface TraceGapCounts {
  readonly from: string;
  /** The series that wrote the earlier line; absent: the one that wrote the later. */
  readonly fromSeries?: string;
  readonly to: string;
  /** Sparse: bucket by `gapBucket`, and its count. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** One trace as one series logged it in this pane: for links between services and who came, and erred, first. */
export interface TraceSighting {
  readonly traceId: string;
  readonly firstMs: EpochMs;
  /** The first error record's time; null where it did not err here. */
  readonly firstErrorMs: EpochMs | null;
}

/** One record out of a bounded random sample: which values go with an anomaly. */
export interface SampledRecord {
  readonly pattern: string;
  readonly isError: boolean;
  /** Resource and record attributes that name things (host, pod, version, region …); redacted, clipped. */
  readonly attributes: readonly (readonly [key: string, value: string])[];
}

/** The bounds that whoever fills a pane keeps, per series and pane. */
export const MAX_PATTERNS_PER_PANE = 1_000;
export const MAX_VERSIONS_PER_PANE = 16;
export const MAX_EXCEPTIONS_PER_PANE = 32;
export const MAX_TRACE_GAPS_PER_PANE = 200;
export const MAX_TRACES_PER_PANE = 32;
export const MAX_SAMPLED_PER_PANE = 32;
export const MAX_PEERS_PER_PANE = 32;
/** Counts what found no room among `patterns` or `exceptions`. */
export const OTHER_PATTERNS = OTHER;

/** Half octaves of milliseconds: 0 is below 1 ms, 20 about a second, 40 about a quarter of an hour. */
export function gapBucket(gapMs: number): number {
  return gapMs < 1 ? 0 : Math.min(MAX_GAP_BUCKET, 1 + Math.floor(2 * Math.log2(gapMs)));
}

export const MAX_GAP_BUCKET = 41;

/**
 * Records of one series in one pane. `levels` is indexed as `LEVELS`; `templates` counts error records only. The
 * optional fields are filled by the counter (or by whoever makes deltas); absent means not counted, never zero.
 */
export interface SeriesCounts {
  readonly series: Series;
  readonly levels: readonly number[];
  readonly templates: readonly (readonly [template: string, count: number])[];
  /** Of the templates that were new, or got a new example, in this pane. */
  readonly samples: readonly TemplateSample[];
  /** Every template, not only errors. Where absent, `templates` stands in and says nothing of other levels. */
  readonly patterns?: readonly PatternCounts[];
  /** Records by `service.version`. */
  readonly versions?: readonly (readonly [version: string, count: number])[];
  /** Records by `exception.type`. */
  readonly exceptions?: readonly (readonly [type: string, count: number])[];
  /** Records by the service they say they called (`peer.service` and the like). */
  readonly peers?: readonly (readonly [service: string, count: number])[];
  readonly lag?: LagStats;
  /** Too old when they came (`MAX_LATE_MS`), so in no other count; arrived in this pane. */
  readonly late?: number;
  /** Of a batch that had come before, byte for byte; in no other count. */
  readonly duplicates?: number;
  readonly traceGaps?: readonly TraceGapCounts[];
  /** Traces with errors first, then those with the smallest hash, so that all series keep the same ones. */
  readonly traces?: readonly TraceSighting[];
  /** A uniform sample of the pane's records. */
  readonly sampled?: readonly SampledRecord[];
  /** The senders' identities (`service.instance.id`, pod, host) seen in this pane, hashed; tells a restart. */
  readonly instances?: readonly string[];
}

/**
 * The cumulative counts of one (replica, epoch, pane). A later delta of the same three replaces the earlier, so
 * merging is commutative and idempotent. A pane without records still says that input came (`input`).
 */
export interface WindowDelta {
  readonly replica: string;
  /** When the counting process started: a restart counts from zero under a new epoch. */
  readonly epoch: EpochMs;
  readonly paneStartMs: EpochMs;
  /** Bumped with every change, so that an older delta never replaces a newer. */
  readonly version: number;
  readonly input: boolean;
  readonly late: number;
  readonly series: readonly SeriesCounts[];
}
