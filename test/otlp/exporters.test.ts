import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { describe, expect, test } from "vitest";
import { startReceiver } from "../support/otlp-receiver.ts";
import { EIGHTH_RECORD, emitThrough } from "../support/otlp-sdk-emit.ts";

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
    expect(receiver.sink.records[7]).toMatchObject(EIGHTH_RECORD);
    expect(receiver.sink.records[100]?.body).toBe('{"level":"info","nested":{"ok":true}}');
    expect(
      receiver.observations.every(
        ({ status, coding }) => status === 200 && coding === (compression === "gzip" ? "gzip" : "identity"),
      ),
    ).toBe(true);
  });
});
