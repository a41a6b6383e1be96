import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Category, Severity } from "../anomaly/anomaly.ts";
import type { Clock } from "../clock.ts";
import { withinMs } from "./deadline.ts";
import { BoundedLabel } from "./label.ts";

/** One request of a receiver, as it ended. `late` records are among the accepted. */
export interface RequestObservation {
  /** 0 where the connection ended before an answer. */
  readonly status: number;
  /** Of the receiver's closed set. */
  readonly reason: string;
  readonly transport: "http" | "grpc";
  /** Content encoding. */
  readonly encoding: string;
  /** `protobuf`, `json`, or a media type. */
  readonly contentType: string;
  readonly wireBytes: number;
  readonly bodyBytes: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly late: number;
  readonly durationMs: number;
}

/** The steps whose time is measured. */
export type Stage =
  | "decode"
  | "accept"
  | "evaluate"
  | "baseline"
  | "detect"
  | "commit"
  | "analyse"
  | "deliver";

export type AlertMoment = "opened" | "escalated" | "acknowledged" | "resolved" | "reopened";

export interface DeliveryObservation {
  readonly notifier: string;
  readonly kind: string;
  readonly outcome: "delivered" | "failed" | "abandoned";
  /** Of the notifier's closed set; null where it was delivered. */
  readonly reason: string | null;
}

export interface AnalysisObservation {
  readonly by: "claude" | "statistics";
  readonly outcome: "done" | "failed" | "skipped";
  /** Of the analyst's closed set. */
  readonly reason: string | null;
  readonly durationMs: number;
}

type Reading<T> = () => T | Promise<T>;

/** What the parts report. Labels are bounded here, so that no caller can make series without end. */
export interface Metrics {
  observeRequest(request: RequestObservation): void;
  observeStage(stage: Stage, durationMs: number): void;
  /** Records or findings thrown away, by a word of a closed set. */
  countDropped(reason: string, count: number): void;
  countAlert(moment: AlertMoment, category: Category, severity: Severity): void;
  countAnomaly(category: Category, severity: Severity): void;
  observeDelivery(delivery: DeliveryObservation): void;
  observeAnalysis(analysis: AnalysisObservation): void;
  /** Read when somebody scrapes; a reading that fails or takes too long is left out. `name` gets `tocsin_`. */
  gauge(name: string, help: string, read: Reading<number>): void;
  /** One sample for each key of the reading. */
  gaugeBy(name: string, help: string, label: string, read: Reading<ReadonlyMap<string, number>>): void;
  /** Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

const STAGE_BUCKETS_S = [
  0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
];
const MAX_READING_MS = 2_000;

const ENCODINGS = new Set(["identity", "gzip", "deflate", "br", "zstd", "snappy", "x-snappy-framed", "lz4"]);

function encodingLabel(encoding: string): string {
  return ENCODINGS.has(encoding) ? encoding : "other";
}

function typeLabel(contentType: string): string {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "ingest") return "ingest";
  if (type === "protobuf" || type === "application/x-protobuf") return "protobuf";
  return type === "json" || type === "application/json" ? "json" : "other";
}

function instruments(registry: Registry) {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> =>
    new Counter({ name: `tocsin_${name}`, help, labelNames, registers });
  const seconds = <T extends string>(name: string, help: string, labelNames: readonly T[]): Histogram<T> =>
    new Histogram({ name: `tocsin_${name}`, help, labelNames, registers, buckets: STAGE_BUCKETS_S });
  const way = ["type", "transport"] as const;
  return {
    requests: counter("ingest_requests_total", "Requests with logs, as they were answered", [
      "code",
      "reason",
      "encoding",
      ...way,
    ]),
    requestSeconds: seconds("ingest_request_seconds", "From a request's first byte to its answer", way),
    wireBytes: counter("ingest_wire_bytes_total", "Bytes received, as they were sent", way),
    bodyBytes: counter("ingest_body_bytes_total", "Bytes received, after decompression", way),
    accepted: counter("ingest_records_accepted_total", "Records taken in, late ones included", way),
    rejected: counter("ingest_records_rejected_total", "Records refused as unreadable", way),
    late: counter(
      "ingest_records_late_total",
      "Records too old to be evaluated; also counted as accepted",
      way,
    ),
    dropped: counter("dropped_total", "What was thrown away, and why", ["reason"]),
    stages: seconds("stage_seconds", "Time of each step of the line", ["stage"]),
    anomalies: counter("anomalies_total", "Findings, whether they told anybody or joined an alert", [
      "category",
      "severity",
    ]),
    alerts: counter("alerts_total", "What happened to alerts", ["moment", "category", "severity"]),
    deliveries: counter("deliveries_total", "Attempts to tell people", [
      "notifier",
      "kind",
      "outcome",
      "reason",
    ]),
    analyses: counter("analyses_total", "Analyses by author and outcome", ["by", "outcome", "reason"]),
    analysisSeconds: seconds("analysis_seconds", "Time of one analysis", ["by"]),
  };
}

type Instruments = ReturnType<typeof instruments>;

function observeRequest(to: Instruments, request: RequestObservation, reason: string): void {
  const way = { type: typeLabel(request.contentType), transport: request.transport };
  const encoding = encodingLabel(request.encoding);
  to.requests.inc({ code: String(request.status), reason, encoding, ...way });
  to.requestSeconds.observe(way, request.durationMs / 1_000);
  to.wireBytes.inc(way, request.wireBytes);
  to.bodyBytes.inc(way, request.bodyBytes);
  to.accepted.inc(way, request.accepted);
  to.rejected.inc(way, request.rejected);
  to.late.inc(way, request.late);
}

/** Gauges that are read at the moment of a scrape, each within a deadline. */
function gauges(registry: Registry, clock: Clock): Pick<Metrics, "gauge" | "gaugeBy"> {
  const inTime = <T>(read: Reading<T>): Promise<T | null> => withinMs(clock, MAX_READING_MS, read);
  return {
    gauge(name, help, read) {
      const gauge: Gauge = new Gauge({
        name: `tocsin_${name}`,
        help,
        registers: [registry],
        async collect() {
          const value = await inTime(read);
          gauge.remove();
          if (value !== null) gauge.set(value);
        },
      });
    },
    gaugeBy(name, help, label, read) {
      const gauge: Gauge = new Gauge({
        name: `tocsin_${name}`,
        help,
        labelNames: [label],
        registers: [registry],
        async collect() {
          const values = await inTime(read);
          gauge.reset();
          for (const [key, value] of values ?? []) gauge.set({ [label]: key }, value);
        },
      });
    },
  };
}

export interface MetricsOptions {
  readonly clock: Clock;
  readonly version: string;
  /** Also memory, CPU and event loop of this process, under Prometheus' usual names. */
  readonly processMetrics?: boolean;
}

/** Metrics in a registry of their own. */
export function createMetrics({ clock, version, processMetrics = false }: MetricsOptions): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const to = instruments(registry);
  const label = new BoundedLabel();
  const metrics: Metrics = {
    observeRequest: (request) => observeRequest(to, request, label.of(request.reason)),
    observeStage: (stage, durationMs) => to.stages.observe({ stage }, durationMs / 1_000),
    countDropped: (reason, count) => to.dropped.inc({ reason: label.of(reason) }, count),
    countAnomaly: (category, severity) => to.anomalies.inc({ category, severity }),
    countAlert: (moment, category, severity) => to.alerts.inc({ moment, category, severity }),
    observeDelivery({ notifier, kind, outcome, reason }) {
      to.deliveries.inc({ notifier, kind, outcome, reason: label.of(reason ?? "") });
    },
    observeAnalysis({ by, outcome, reason, durationMs }) {
      to.analyses.inc({ by, outcome, reason: label.of(reason ?? "") });
      to.analysisSeconds.observe({ by }, durationMs / 1_000);
    },
    ...gauges(registry, clock),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
  metrics.gaugeBy("build_info", "1, with the version that runs", "version", () => new Map([[version, 1]]));
  return metrics;
}
