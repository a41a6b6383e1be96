import { SeverityNumber } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import { TIME_MS } from "./otlp-requests.ts";

/** The eighth of the records that `emitThrough` sends, as it must arrive. */
export const EIGHTH_RECORD = {
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
};

/** 101 records through the SDK's own exporter: a hundred errors, and one with a structured body. */
export async function emitThrough(exporter: LogRecordExporter): Promise<void> {
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
