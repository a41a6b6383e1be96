import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Socket } from "node:net";

import type { Logger } from "pino";

import type { Clock } from "../clock.ts";
import type { LogSink } from "../log/sink.ts";
import { ByteBudget } from "./byte-budget.ts";
import { answerClientError } from "./client-error.ts";
import { LogsHandler } from "./handler.ts";
import type { RequestObservation } from "./observation.ts";
import { SlowBodies } from "./slow-bodies.ts";

/** The specification's recommendation, for a body as sent and for its content. */
export const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
export const DEFAULT_MAX_IN_FLIGHT_BYTES = 256 * 1024 * 1024;

/** Collectors keep idle connections for 90 s: whoever closes first must be they, or a POST meets a reset. */
const KEEP_ALIVE_MS = 120_000;
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
const TIMEOUT_CHECK_MS = 2_000;
const MAX_CONNECTIONS = 8_192;

/** On close, how long bodies on their way are waited for, and how long the 503 for the rest may take. */
const CLOSE_GRACE_MS = 5_000;
const CLOSE_ANSWER_MS = 1_000;

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
  readonly sink: LogSink;
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
}

/** The OTLP/HTTP receiver for logs: `POST /v1/logs`, protobuf and JSON. */
export function createOtlpServer(options: OtlpServerOptions): OtlpServer {
  const budget = options.budget ?? new ByteBudget(DEFAULT_MAX_IN_FLIGHT_BYTES);
  const slowBodies = new SlowBodies(options.clock);
  const closing = new AbortController();
  const stopping = new AbortController();
  const handler = new LogsHandler({
    ...options,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    budget,
    slowBodies,
    closing: closing.signal,
    stopping: stopping.signal,
  });
  const server = httpServer(handler, options);
  let stopSweeps = (): void => {};
  let closed: Promise<void> | null = null;
  return {
    async listen() {
      const port = await listening(server, options.host, options.port);
      // Accepting fails when file descriptors run out: that must not end the process.
      server.on("error", (error) => options.log.error({ failure: error.message }, "OTLP listener failed"));
      stopSweeps = slowBodies.start();
      return { port };
    },
    close() {
      closed ??= closeGently(server, closing, stopping, options.clock).finally(() => stopSweeps());
      return closed;
    },
    inFlightBytes: () => budget.usedBytes,
  };
}

function httpServer(handler: LogsHandler, { log, observe }: OtlpServerOptions): Server {
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    // The handler refuses a missing Host itself, with a Status.
    requireHostHeader: false,
  });
  server.maxConnections = MAX_CONNECTIONS;
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
    observe({ ...UNPARSED, status });
  });
  return server;
}

const UNPARSED = {
  reason: "malformed",
  encoding: "none",
  coding: "identity",
  wireBytes: 0,
  bodyBytes: 0,
  accepted: 0,
  rejected: 0,
  late: 0,
  durationMs: 0,
} as const;

function listening(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

async function closeGently(
  server: Server,
  closing: AbortController,
  stopping: AbortController,
  clock: Clock,
): Promise<void> {
  closing.abort();
  if (!server.listening) return;
  const ended = new AbortController();
  const gone = new Promise<void>((resolve) => {
    server.close(() => {
      ended.abort();
      resolve();
    });
  });
  await Promise.race([gone, clock.sleep(CLOSE_GRACE_MS, ended.signal)]);
  stopping.abort();
  await Promise.race([gone, clock.sleep(CLOSE_ANSWER_MS, ended.signal)]);
  server.closeAllConnections();
  await gone;
}
