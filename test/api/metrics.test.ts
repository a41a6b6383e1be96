import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMetrics } from "../../src/api/metrics.ts";
import type { Metrics, RequestObservation } from "../../src/api/metrics.ts";
import { ApiServer } from "../support/api-server.ts";
import { TestClock } from "../support/test-clock.ts";

let metrics: Metrics;
let clock: TestClock;
beforeEach(() => {
  clock = new TestClock();
  metrics = createMetrics({ clock, version: "1.2.3" });
});

async function sample(start: string): Promise<string | undefined> {
  return (await metrics.text()).split("\n").find((line) => line.startsWith(start));
}

const REQUEST: RequestObservation = {
  status: 200,
  reason: "partial",
  transport: "grpc",
  encoding: "gzip",
  contentType: "application/x-protobuf",
  wireBytes: 10,
  bodyBytes: 100,
  accepted: 8,
  rejected: 2,
  late: 3,
  durationMs: 12,
};

describe("requests", () => {
  test("count by code, encoding, type and transport, records by what became of them", async () => {
    metrics.observeRequest(REQUEST);
    metrics.observeRequest(REQUEST);
    expect(await sample("tocsin_ingest_requests_total")).toBe(
      'tocsin_ingest_requests_total{code="200",reason="partial",encoding="gzip",type="protobuf",transport="grpc"} 2',
    );
    expect(await sample("tocsin_ingest_records_accepted_total")).toBe(
      'tocsin_ingest_records_accepted_total{type="protobuf",transport="grpc"} 16',
    );
    expect(await sample("tocsin_ingest_records_rejected_total{")).toContain(" 4");
    expect(await sample("tocsin_ingest_records_late_total{")).toContain(" 6");
    expect(await sample("tocsin_ingest_wire_bytes_total{")).toContain(" 20");
    expect(await sample("tocsin_ingest_body_bytes_total{")).toContain(" 200");
    expect(await sample("tocsin_ingest_request_seconds_sum")).toContain(" 0.024");
  });

  test.for([
    ["application/json; charset=utf-8", "json"],
    ["json", "json"],
    ["protobuf", "protobuf"],
    ["ingest", "ingest"],
    ["text/x-made-up", "other"],
  ] as const)("of the type %s count as %s", async ([contentType, label]) => {
    metrics.observeRequest({ ...REQUEST, contentType, encoding: "x-made-up" });
    expect(await sample("tocsin_ingest_requests_total")).toContain(`encoding="other",type="${label}"`);
  });
});

describe("labels", () => {
  test("cannot be made endless by a caller", async () => {
    for (let i = 0; i < 1_000; i++) metrics.countDropped(`reason_${i}`, 1);
    const lines = (await metrics.text())
      .split("\n")
      .filter((line) => line.startsWith("tocsin_dropped_total{"));
    expect(lines.length).toBeLessThanOrEqual(101);
    expect(lines.at(-1)).toBe('tocsin_dropped_total{reason="other"} 900');
  });
});

describe("the line", () => {
  test("counts alerts, findings, deliveries, analyses and measures stages", async () => {
    metrics.countAlert("opened", "error_spike", "high");
    metrics.countAnomaly("error_spike", "high");
    metrics.observeStage("commit", 20);
    metrics.observeDelivery({ notifier: "slack", kind: "post", outcome: "failed", reason: "rate_limited" });
    metrics.observeAnalysis({ by: "claude", outcome: "done", reason: null, durationMs: 3_000 });
    expect(await sample("tocsin_alerts_total")).toBe(
      'tocsin_alerts_total{moment="opened",category="error_spike",severity="high"} 1',
    );
    expect(await sample("tocsin_anomalies_total")).toContain('category="error_spike"');
    expect(await sample("tocsin_stage_seconds_sum")).toBe('tocsin_stage_seconds_sum{stage="commit"} 0.02');
    expect(await sample("tocsin_deliveries_total")).toBe(
      'tocsin_deliveries_total{notifier="slack",kind="post",outcome="failed",reason="rate_limited"} 1',
    );
    expect(await sample("tocsin_analyses_total")).toBe(
      'tocsin_analyses_total{by="claude",outcome="done",reason=""} 1',
    );
    expect(await sample("tocsin_analysis_seconds_sum")).toBe('tocsin_analysis_seconds_sum{by="claude"} 3');
  });
});

describe("gauges", () => {
  test("are read when somebody scrapes", async () => {
    let value = 1;
    metrics.gauge("queue_size", "Things waiting", () => value);
    metrics.gaugeBy("outbox_backlog", "Undelivered", "lane", () =>
      Promise.resolve(new Map([["notify", value]])),
    );
    expect(await sample("tocsin_queue_size")).toBe("tocsin_queue_size 1");
    value = 5;
    expect(await sample("tocsin_queue_size")).toBe("tocsin_queue_size 5");
    expect(await sample("tocsin_outbox_backlog")).toBe('tocsin_outbox_backlog{lane="notify"} 5');
  });

  test("that fail are left out, and the others stay", async () => {
    let works = true;
    metrics.gauge("broken", "Breaks", () => (works ? 1 : Promise.reject(new Error("gone"))));
    metrics.gauge("whole", "Works", () => 2);
    expect(await sample("tocsin_broken")).toBe("tocsin_broken 1");
    works = false;
    expect(await sample("tocsin_broken")).toBeUndefined();
    expect(await sample("tocsin_whole")).toBe("tocsin_whole 2");
  });

  test("that hang are left out after two seconds", async () => {
    metrics.gauge("hanging", "Hangs", () => new Promise<number>(() => {}));
    const text = metrics.text();
    await clock.advance(2_000);
    expect(await text).not.toMatch(/^tocsin_hanging /m);
    expect(clock.pending).toBe(0);
  });
});

describe("GET /metrics", () => {
  let server: ApiServer;
  afterEach(async () => {
    await server.stop();
  });

  test("is Prometheus text with the version and what the API itself saw", async () => {
    server = await new ApiServer().start();
    const headers = { "content-type": "application/json" };
    await server.call("POST", "/logs/ingest", { headers, body: '{"logs":[{"message":"a"}]}' });
    const answer = await server.call("GET", "/metrics");
    expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    expect(answer.text).toContain('tocsin_build_info{version="1.2.3"} 1');
    expect(answer.text).toContain(
      'tocsin_ingest_requests_total{code="202",reason="ok",encoding="identity",type="ingest",transport="http"} 1',
    );
  });
});
