import { SeverityNumber } from "@opentelemetry/api";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import { describe, expect, test } from "vitest";

import { startReceiver } from "../support/otlp-receiver.ts";
import { TIME_MS } from "../support/otlp-requests.ts";

async function emitThrough(exporter: LogRecordExporter): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": "cart", "deployment.environment.name": "staging" }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger("checkout");
  for (let i = 0; i < 100; i++) {
    logger.emit({
      timestamp: new Date(TIME_MS + i),
      severityNumber: SeverityNumber.ERROR,
      severityText: "ERROR",
      body: `payment ${i} failed`,
      attributes: { order: i, retried: false, tags: ["a", "b"], ratio: 0.5 },
    });
  }
  logger.emit({ body: { level: "info", nested: { ok: true } } });
  await provider.shutdown();
}

describe("the SDK's own exporters", () => {
  test.for([
    ["protobuf", "none"],
    ["protobuf", "gzip"],
    ["JSON", "none"],
    ["JSON", "gzip"],
  ] as const)("deliver every record over %s with compression %s", async ([encoding, compression]) => {
    const receiver = await startReceiver({ token: "secret" });
    const options = {
      url: `http://127.0.0.1:${receiver.port}/v1/logs`,
      headers: { Authorization: "Bearer secret" },
      compression,
    } as const;
    await emitThrough(
      encoding === "JSON" ? new JsonExporter(options as never) : new ProtobufExporter(options as never),
    );
    expect(receiver.sink.records.length).toBe(101);
    expect(receiver.sink.records[7]).toMatchObject({
      timeMs: TIME_MS + 7,
      severity: 17,
      severityText: "ERROR",
      series: { environment: "staging", namespace: "", service: "cart" },
      body: "payment 7 failed",
      attributes: new Map<string, unknown>([
        ["order", 7],
        ["retried", false],
        ["tags", ["a", "b"]],
        ["ratio", 0.5],
      ]),
    });
    expect(receiver.sink.records[100]?.body).toBe('{"level":"info","nested":{"ok":true}}');
    expect(
      receiver.observations.every(
        ({ status, coding }) => status === 200 && coding === (compression === "gzip" ? "gzip" : "identity"),
      ),
    ).toBe(true);
  });
});
