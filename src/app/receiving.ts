import type { Logger } from "pino";
import type { Metrics } from "../api/metrics.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { ByteBudget } from "../otlp/byte-budget.ts";
import { createOtlpGrpcServer } from "../otlp/grpc-server.ts";
import type { Intake } from "../otlp/intake.ts";
import type { RequestObservation } from "../otlp/observation.ts";
import { createOtlpServer, type OtlpServer } from "../otlp/server.ts";
import type { TlsFiles } from "../otlp/tls-files.ts";
import type { Pipeline } from "../pipeline.ts";

export interface Receivers {
  readonly otlp: OtlpServer;
  readonly otlpGrpc: OtlpServer;
}

export interface ReceiverPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Null or absent: plain. */
  readonly tls?: TlsFiles | null;
  readonly metrics: Metrics;
  readonly sink: Pipeline;
  readonly budget: ByteBudget;
  readonly intake: () => Intake;
}

/** The two ports that take OTLP. */
export function createReceivers(config: Config, ports: ReceiverPorts): Receivers {
  const { grpcPort, ...http } = config.otlp;
  const { clock, log, metrics, sink, budget, intake, tls = null } = ports;
  const options = {
    ...http,
    tls,
    maxBodyBytes: config.limits.maxBodyBytes,
    budget,
    token: config.ingestToken?.reveal() ?? null,
    sink,
    clock,
    log,
  };
  const observe =
    (transport: "http" | "grpc") =>
    (request: RequestObservation): void => {
      metrics.observeRequest({
        ...request,
        transport,
        encoding: request.coding,
        contentType: request.encoding,
      });
    };
  return {
    otlp: createOtlpServer({ ...options, intake: intake(), observe: observe("http") }),
    otlpGrpc: createOtlpGrpcServer({
      ...options,
      port: grpcPort,
      intake: intake(),
      observe: observe("grpc"),
    }),
  };
}
