import { ROOT_CONTEXT, trace, TraceFlags, type Context } from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import type { Clock } from "../clock.ts";
import type { EpochMs } from "../log/time.ts";
import { SHOP_LEVELS, SHOP_SERVICES, type ShopLine, type ShopService } from "./line.ts";
import { Shop, SHOP_STEP_MS, type ShopPhase } from "./shop.ts";

export interface ShopOptions {
  /** The running service's OTLP port, such as `http://127.0.0.1:4318`. */
  readonly otlpUrl: string;
  readonly clock: Clock;
  readonly seed: number;
  /** Where the port asks for one. */
  readonly ingestToken?: string;
}

export interface RunningShop {
  start(): void;
  setPhase(phase: ShopPhase): void;
  /** Lines written since the start, and those of them that are errors. */
  written(): { readonly lines: number; readonly errors: number };
  /** Sends what is left and ends. */
  stop(): Promise<void>;
}

const EXPORT_EVERY_MS = 200;
const MAX_QUEUE = 4_096;
const EXPORT_TIMEOUT_MS = 5_000;
/** After a pause of the process the shop catches up at most so much; the rest is a gap as in any real one. */
const MAX_CATCH_UP_STEPS = 20;

/** The simulated shop, each service with its own OpenTelemetry logger, batches and connection. */
export function createShop(options: ShopOptions): RunningShop {
  const shop = new Shop(options.seed);
  const providers = new Map(SHOP_SERVICES.map((service) => [service, providerFor(service, options)]));
  const loggers = new Map([...providers].map(([service, provider]) => [service, provider.getLogger("shop")]));
  const written = { lines: 0, errors: 0 };
  let stopTimer = (): void => undefined;

  const emit = (line: ShopLine, timeMs: EpochMs): void => {
    loggers.get(line.service)?.emit({
      timestamp: timeMs,
      severityNumber: SHOP_LEVELS[line.level],
      severityText: line.level,
      body: line.body,
      attributes: line.attributes,
      ...(line.traceId === null ? {} : { context: contextOf(line.traceId) }),
    });
    written.lines++;
    if (line.level === "ERROR") written.errors++;
  };

  const runSteps = (openedMs: EpochMs): (() => void) => {
    let steps = Math.floor((options.clock.now() - openedMs) / SHOP_STEP_MS);
    let originMs = openedMs;
    return () => {
      const due = Math.floor((options.clock.now() - originMs) / SHOP_STEP_MS) - steps;
      if (due > MAX_CATCH_UP_STEPS) originMs += (due - MAX_CATCH_UP_STEPS) * SHOP_STEP_MS;
      for (let i = 0; i < Math.min(due, MAX_CATCH_UP_STEPS); i++) {
        for (const line of shop.step()) emit(line, originMs + line.atMs);
        steps++;
      }
    };
  };

  return {
    start: () => {
      stopTimer = options.clock.every(SHOP_STEP_MS, runSteps(options.clock.now()));
    },
    setPhase: (phase) => shop.setPhase(phase),
    written: () => ({ ...written }),
    stop: async () => {
      stopTimer();
      await Promise.allSettled([...providers.values()].map((provider) => provider.shutdown()));
    },
  };
}

/** As the tracing of a real service leaves it, so that the lines of one request can be told. */
function contextOf(traceId: string): Context {
  const span = { traceId, spanId: traceId.slice(0, 16), traceFlags: TraceFlags.SAMPLED };
  return trace.setSpanContext(ROOT_CONTEXT, span);
}

function providerFor(service: ShopService, { otlpUrl, ingestToken }: ShopOptions): LoggerProvider {
  const exporter = new OTLPLogExporter({
    url: `${otlpUrl}/v1/logs`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
    ...(ingestToken === undefined ? {} : { headers: { authorization: `Bearer ${ingestToken}` } }),
  });
  const processor = new BatchLogRecordProcessor({
    exporter,
    scheduledDelayMillis: EXPORT_EVERY_MS,
    maxQueueSize: MAX_QUEUE,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const resource = resourceFromAttributes({
    "service.name": service,
    "service.version": "1.0.0",
    "deployment.environment.name": "demo",
  });
  return new LoggerProvider({ resource, processors: [processor] });
}
