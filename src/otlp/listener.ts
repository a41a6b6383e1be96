import { createServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server as NetServer } from "node:net";
import { Server as TlsServer } from "node:tls";

import type { TlsFiles } from "./tls-files.ts";

/** What a connection may cost us. Times in milliseconds. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly keepAliveMs: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How often the two before are looked at. */
  readonly timeoutCheckMs: number;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  maxConnections: 8_192,
  // Collectors keep idle connections for 90 s: whoever closes first must be they, or a POST meets a reset.
  keepAliveMs: 120_000,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  timeoutCheckMs: 2_000,
};

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** An HTTP/1.1 server, over TLS where there are files for it; with a client CA only its clients get in. */
export function createListener(limits: ConnectionLimits, tls: TlsFiles | null): Server {
  const options = {
    keepAliveTimeout: limits.keepAliveMs,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    // The handler refuses a missing Host itself, with a Status.
    requireHostHeader: false,
  };
  const server =
    tls === null ? createServer(options) : createTlsServer({ ...options, ...secureOptions(tls, "http/1.1") });
  server.maxConnections = limits.maxConnections;
  return server;
}

/** What TLS is to a listener that speaks one protocol. */
export function secureOptions({ cert, key, clientCa }: TlsFiles, protocol: "http/1.1" | "h2") {
  const common = { cert, key, ALPNProtocols: [protocol], handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
  if (clientCa === null) return common;
  return { ...common, ca: clientCa, requestCert: true, rejectUnauthorized: true };
}

/** Certificates are renewed while we run: new connections get the new one, those that are open stay. */
export function renewCertificate(server: NetServer, { cert, key, clientCa }: TlsFiles): void {
  if (!(server instanceof TlsServer)) return;
  server.setSecureContext({ cert, key, ...(clientCa === null ? {} : { ca: clientCa }) });
}
