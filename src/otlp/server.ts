import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Server as NetServer } from "node:net";

import type { Logger } from "pino";

import type { Clock } from "../clock.ts";
import type { LogSink } from "../log/sink.ts";
import { ByteBudget } from "./byte-budget.ts";
import { answerClientError } from "./client-error.ts";
import { closeGently } from "./close-gently.ts";
import { Cors } from "./cors.ts";
import { LogsHandler } from "./handler.ts";
import { InlineIntake } from "./intake.ts";
import type { Intake } from "./intake.ts";
import { createListener, DEFAULT_CONNECTION_LIMITS, renewCertificate } from "./listener.ts";
import type { ConnectionLimits } from "./listener.ts";
import type { RequestObservation } from "./observation.ts";
import { RefusalLog } from "./refusal-log.ts";
import { SlowBodies } from "./slow-bodies.ts";
import type { TlsFiles } from "./tls-files.ts";

/** The specification's recommendation, for a body as sent and for its content. */
export const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
export const DEFAULT_MAX_IN_FLIGHT_BYTES = 256 * 1024 * 1024;

export interface OtlpServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Limit of a body as sent and again of its content; beyond it 413. */
  readonly maxBodyBytes?: number;
  /** Of all requests in flight together, shared with whoever else reads bodies; beyond it 503. */
  readonly budget?: ByteBudget;
  /** Bearer token that senders must show; null for none. */
  readonly token: string | null;
  /** Null or absent: plain HTTP. */
  readonly tls?: TlsFiles | null;
  /** Origins that browsers may send from; none: no CORS. */
  readonly corsOrigins?: readonly string[];
  readonly connections?: Partial<ConnectionLimits>;
  readonly sink: LogSink;
  /** What unpacks bodies and hands them to the sink; absent: on this thread. */
  readonly intake?: Intake;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once per request. */
  readonly observe: (observation: RequestObservation) => void;
}

export interface OtlpServer {
  /** Rejects where the port is taken. */
  listen(): Promise<{ readonly port: number }>;
  /** Every request in flight is answered, 200 or 503; resolves when the last connection is gone. */
  close(): Promise<void>;
  inFlightBytes(): number;
  /** For connections from now on; does nothing on a plain port. */
  useTls(files: TlsFiles): void;
}

/** The OTLP/HTTP receiver for logs: `POST /v1/logs`, protobuf and JSON. */
export function createOtlpServer(options: OtlpServerOptions): OtlpServer {
  const { clock, log, corsOrigins = [], maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options;
  const budget = options.budget ?? new ByteBudget(DEFAULT_MAX_IN_FLIGHT_BYTES);
  const slowBodies = new SlowBodies(clock);
  const refusals = new RefusalLog(log, clock);
  const closing = new AbortController();
  const stopping = new AbortController();
  const handler = new LogsHandler({
    ...options,
    maxBodyBytes,
    intake: options.intake ?? new InlineIntake({ maxBodyBytes, sink: options.sink }, clock),
    cors: corsOrigins.length === 0 ? null : new Cors(corsOrigins),
    budget,
    slowBodies,
    refusals,
    closing: closing.signal,
    stopping: stopping.signal,
  });
  const server = httpServer(handler, refusals, options);
  let stopSweeps = (): void => {};
  let closed: Promise<void> | null = null;
  return {
    async listen() {
      const port = await listening(server, options.host, options.port);
      // Accepting fails when file descriptors run out: that must not end the process.
      server.on("error", (error) => log.error({ failure: error.message }, "OTLP listener failed"));
      stopSweeps = slowBodies.start();
      return { port };
    },
    close() {
      closed ??= closeGently({ server, closing, stopping, clock }).finally(() => stopSweeps());
      return closed;
    },
    inFlightBytes: () => budget.usedBytes,
    useTls: (files) => renewCertificate(server, files),
  };
}

function httpServer(handler: LogsHandler, refusals: RefusalLog, options: OtlpServerOptions): Server {
  const { log, observe, connections, tls = null } = options;
  const server = createListener({ ...DEFAULT_CONNECTION_LIMITS, ...connections }, tls);
  const handle =
    (expectsContinue: boolean) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      handler.handle(request, response, expectsContinue).catch((error: unknown) => {
        log.error({ error: error instanceof Error ? error.name : typeof error }, "OTLP handler broke");
        request.destroy();
      });
    };
  server.on("request", handle(false));
  server.on("checkContinue", handle(true));
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) =>
    handler.refuseExpectation(request, response),
  );
  server.on("clientError", (error, socket) => {
    if (!(socket instanceof Socket) || handler.answered.has(socket)) {
      socket.destroy();
      return;
    }
    const status = answerClientError(error, socket);
    if (status === 0) return;
    handler.answered.add(socket);
    observe({ ...UNPARSED, status, reason: "malformed" });
  });
  const unheard = (reason: "handshake" | "connections", client: string | null): void => {
    observe({ ...UNPARSED, status: 0, reason });
    refusals.warn(reason, { status: 0, client });
  };
  server.on("tlsClientError", (_error, { remoteAddress }: Socket) =>
    unheard("handshake", remoteAddress ?? null),
  );
  server.on("drop", (dropped) => unheard("connections", dropped?.remoteAddress ?? null));
  return server;
}

const UNPARSED = {
  encoding: "none",
  coding: "identity",
  wireBytes: 0,
  bodyBytes: 0,
  accepted: 0,
  rejected: 0,
  late: 0,
  durationMs: 0,
} as const;

/** The port, once it listens. */
export function listening(server: NetServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
