import type { AttributeValue, LogRecord } from "../../../../src/log/batch.ts";
import type { Series } from "../../../../src/log/series.ts";
import type { TimedRecord } from "../../../../src/replay/time-order.ts";
import { cascadeTrace, podName, serviceSeries, versionName } from "./counts.ts";
import { PANE_MS, type Pane, type Row, type ServicePane } from "./generator.ts";

/** Says the panes of a workload as single records, as `tocsin replay` would read them from files. */
export class RecordWriter {
  readonly #series = new Map<string, Series>();
  readonly #resources = new Map<string, ReadonlyMap<string, AttributeValue>>();
  #number = 0;
  #requests = 0;

  /** In the order of their time; the records of a row lie at even steps within the pane. */
  of(pane: Pane): readonly TimedRecord[] {
    const records = pane.services.flatMap((service) =>
      service.rows.flatMap((row) => this.#row(service, row, pane.startMs)),
    );
    return records.toSorted((a, b) => a.atMs - b.atMs);
  }

  #row(service: ServicePane, row: Row, paneMs: number): TimedRecord[] {
    const { kind, count, traces, pod } = row;
    const cascade = service.faults.find((fault) => fault.kind === "cascade");
    // The retries of one request share its trace.
    const before = this.#requests + 1;
    this.#requests += traces;
    return Array.from({ length: count }, (_, i): TimedRecord => {
      this.#number += 1;
      const atMs = paneMs + Math.floor(((i + 0.5) * PANE_MS) / count);
      const trace = i % traces;
      const traceId =
        kind.severity < 17
          ? null
          : cascade === undefined
            ? "a".repeat(24) + (before + trace).toString(16).padStart(8, "0")
            : cascadeTrace(cascade, paneMs, trace);
      const attributes = new Map<string, AttributeValue>();
      if (kind.exceptionType !== null) attributes.set("exception.type", kind.exceptionType);
      const record: LogRecord = {
        timeMs: atMs,
        severity: kind.severity,
        severityText: kind.severity >= 21 ? "FATAL" : kind.severity >= 17 ? "ERROR" : "INFO",
        series: this.#seriesOf(service.profile.name),
        body: kind.body(this.#number),
        attributes,
        resource: this.#resourceOf(service, pod ?? this.#number % service.pods),
        scope: "",
        traceId,
        spanId: null,
        eventName: "",
      };
      return { record, atMs };
    });
  }

  #seriesOf(service: string): Series {
    let series = this.#series.get(service);
    if (series === undefined) {
      series = serviceSeries(service);
      this.#series.set(service, series);
    }
    return series;
  }

  #resourceOf({ profile, version, ahead }: ServicePane, pod: number): ReadonlyMap<string, AttributeValue> {
    const running = versionName(ahead === pod ? version + 1 : version);
    const key = `${profile.name} ${pod} ${running}`;
    let resource = this.#resources.get(key);
    if (resource === undefined) {
      resource = new Map([
        ["service.name", profile.name],
        ["service.version", running],
        ["service.instance.id", podName(profile.name, pod)],
        ["k8s.pod.name", podName(profile.name, pod)],
        ["host.name", `node-${(profile.index + pod) % 5}`],
        ["cloud.region", "north"],
      ]);
      this.#resources.set(key, resource);
    }
    return resource;
  }
}
