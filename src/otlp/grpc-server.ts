import { createSecureServer, createServer } from "node:http2";
import type { Http2SecureServer, Http2Server, ServerOptions } from "node:http2";
import type { Socket } from "node:net";

import type { Clock } from "../clock.ts";
import { ByteBudget } from "./byte-budget.ts";
import { GrpcLogsHandler } from "./grpc-handler.ts";
import { guardHttp1 } from "./http1-guard.ts";
import { GrpcSessions } from "./grpc-sessions.ts";
import { InlineIntake } from "./intake.ts";
import { DEFAULT_CONNECTION_LIMITS, renewCertificate, secureOptions } from "./listener.ts";
import { RefusalLog } from "./refusal-log.ts";
import { DEFAULT_MAX_BODY_BYTES, DEFAULT_MAX_IN_FLIGHT_BYTES, listening } from "./server.ts";
import type { OtlpServer, OtlpServerOptions } from "./server.ts";
import { SlowBodies } from "./slow-bodies.ts";

/** Per connection; a collector has ten in flight. */
const MAX_CONCURRENT_CALLS = 100;
/** What a call and a connection may send unread: at 64 KiB, the default, a distant sender would mostly wait. */
const CALL_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;
const MAX_SESSION_MEMORY_MB = 32;
const MAX_HEADER_BYTES = 16 * 1024;
/** Finds peers that vanished without a word. */
const TCP_KEEP_ALIVE_MS = 60_000;

/** nghttp2: the first bytes of a connection are no HTTP/2. */
const BAD_CLIENT_MAGIC = -903;

/** On close, how long messages on their way are waited for, and how long the answers to the rest may take. */
const CLOSE_GRACE_MS = 5_000;
const CLOSE_ANSWER_MS = 1_000;

export type OtlpGrpcServerOptions = Omit<OtlpServerOptions, "corsOrigins" | "connections">;

type Listener = Http2Server | Http2SecureServer;

const HTTP2: ServerOptions = {
  maxSessionMemory: MAX_SESSION_MEMORY_MB,
  settings: {
    maxConcurrentStreams: MAX_CONCURRENT_CALLS,
    initialWindowSize: CALL_WINDOW_BYTES,
    maxHeaderListSize: MAX_HEADER_BYTES,
    enablePush: false,
  },
};

/**
 * The OTLP/gRPC receiver for logs: the unary `LogsService/Export`. It stands on `node:http2` itself, so that a call is
 * refused before its message is read and every byte of it is in the budget.
 */
export function createOtlpGrpcServer(options: OtlpGrpcServerOptions): OtlpServer {
  const { clock, log, maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options;
  const budget = options.budget ?? new ByteBudget(DEFAULT_MAX_IN_FLIGHT_BYTES);
  const slowBodies = new SlowBodies(clock);
  const sessions = new GrpcSessions(clock);
  const closing = new AbortController();
  const stopping = new AbortController();
  const handler = new GrpcLogsHandler({
    ...options,
    maxBodyBytes,
    intake: options.intake ?? new InlineIntake({ maxBodyBytes, sink: options.sink }, clock),
    budget,
    slowBodies,
    refusals: new RefusalLog(log, clock),
    closing: closing.signal,
    stopping: stopping.signal,
  });
  const server = http2Server(handler, sessions, options);
  const stops: (() => void)[] = [];
  let closed: Promise<void> | null = null;
  return {
    async listen() {
      const port = await listening(server, options.host, options.port);
      // Accepting fails when file descriptors run out: that must not end the process.
      server.on("error", (error) => log.error({ failure: error.message }, "OTLP/gRPC listener failed"));
      stops.push(slowBodies.start(), sessions.start());
      return { port };
    },
    close() {
      closed ??= closeGently(server, sessions, closing, stopping, clock).finally(() => {
        for (const stop of stops) stop();
      });
      return closed;
    },
    inFlightBytes: () => budget.usedBytes,
    useTls: (files) => renewCertificate(server, files),
  };
}

function http2Server(
  handler: GrpcLogsHandler,
  sessions: GrpcSessions,
  { log, tls = null }: OtlpGrpcServerOptions,
): Listener {
  const server: Listener =
    tls === null ? createServer(HTTP2) : createSecureServer({ ...HTTP2, ...secureOptions(tls, "h2") });
  server.maxConnections = DEFAULT_CONNECTION_LIMITS.maxConnections;
  if (tls === null) {
    const refused = (client: string | null): void => handler.refuseConnection("malformed", client);
    guardHttp1(server, { silent: sessions.silent, refused });
  }
  server.on("connection", (socket) => {
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    sessions.connected(socket);
  });
  server.on("session", (session) => {
    sessions.opened(session);
    const client = session.socket.remoteAddress ?? null;
    session.on("error", (error) => {
      if (speaksNoHttp2(error)) handler.refuseConnection("malformed", client);
    });
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on("stream", (stream, headers) => {
      // A reset by the client is an error event too; the close event that follows says all we need.
      stream.on("error", () => undefined);
      handler.handle(stream, headers, client).catch((error: unknown) => {
        log.error({ error: error instanceof Error ? error.name : typeof error }, "OTLP/gRPC handler broke");
        stream.destroy();
      });
    });
  });
  server.on("tlsClientError", (_error, { remoteAddress }: Socket) => {
    handler.refuseConnection("handshake", remoteAddress ?? null);
  });
  server.on("drop", (dropped) => handler.refuseConnection("connections", dropped?.remoteAddress ?? null));
  return server;
}

/** Later errors of the protocol are not counted: Go's gRPC breaks it with the GOAWAY that it sends when it stops. */
function speaksNoHttp2(error: Error): boolean {
  return "errno" in error && error.errno === BAD_CLIENT_MAGIC;
}

async function closeGently(
  server: Listener,
  sessions: GrpcSessions,
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
  sessions.closeGently();
  await Promise.race([gone, clock.sleep(CLOSE_GRACE_MS, ended.signal)]);
  stopping.abort();
  await Promise.race([gone, clock.sleep(CLOSE_ANSWER_MS, ended.signal)]);
  sessions.destroy();
  await gone;
}
