import { PIPELINE_KINDS } from "../alert/pipeline-notes.ts";
import type { Metrics } from "../api/metrics.ts";
import type { AnalysisWorker } from "../analysis/worker.ts";
import type { Clock } from "../clock.ts";
import type { AlertDesk } from "../desk.ts";
import { SECOND_MS } from "../log/time.ts";
import type { WorkerPool } from "../ingest/pool.ts";
import type { OtlpServer } from "../otlp/server.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Storage } from "./storage.ts";

export interface GaugePorts {
  readonly metrics: Metrics;
  readonly ports: { readonly storage: Storage; readonly clock: Clock };
  readonly desk: AlertDesk;
  readonly pipeline: Pipeline;
  readonly pool: WorkerPool;
  readonly otlp: OtlpServer;
  readonly explaining: AnalysisWorker;
}

/** What is read when somebody scrapes. */
export function registerGauges({ metrics, ports, desk, pipeline, pool, otlp, explaining }: GaugePorts): void {
  const { clock, storage } = ports;
  const { outbox } = storage;
  metrics.gauge("ingest_in_flight_bytes", "Bytes of request bodies held now", () => otlp.inFlightBytes());
  metrics.gauge(
    "alert_changes_waiting",
    "Alert changes that wait for the database",
    () => desk.backlog().count,
  );
  metrics.gauge("analyses_in_flight", "Analyses under way", () => explaining.inFlight);
  metrics.gauge("services_overflowed", "Services counted under one name for lack of room", () => {
    return pipeline.overflowed().services + pool.overflowed;
  });
  metrics.gauge("templates", "Message templates held now", () => pipeline.templates.size);
  metrics.gauge("templates_evicted", "Message templates that had to make room so far", () => {
    return pipeline.templates.evicted;
  });
  metrics.gaugeBy("pipeline_findings", "What is the matter with the way that records come", "kind", () => {
    const counts = new Map<string, number>(PIPELINE_KINDS.map((kind) => [kind, 0]));
    for (const { kind } of pipeline.notes(clock.now())) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return counts;
  });
  metrics.gaugeBy("outbox_oldest_seconds", "Age of the oldest delivery not yet made", "lane", async () => {
    const ages = new Map<string, number>();
    for (const lane of ["notify", "analyse"] as const) {
      const { oldestAtMs } = await outbox.backlog(lane);
      ages.set(lane, oldestAtMs === null ? 0 : (clock.now() - oldestAtMs) / SECOND_MS);
    }
    return ages;
  });
  metrics.gaugeBy("outbox_waiting", "Deliveries not yet made", "lane", async () => {
    const [notify, analyse] = [await outbox.backlog("notify"), await outbox.backlog("analyse")];
    return new Map([
      ["notify", notify.count],
      ["analyse", analyse.count],
    ]);
  });
}
