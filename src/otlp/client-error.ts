import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import { MEDIA_TYPES } from "./content-type.ts";
import type { Encoding } from "./content-type.ts";
import { statusResponse } from "./responses.ts";
import type { Failure } from "./responses.ts";

/** How long a peer that we could not understand may go on sending before its connection is cut. */
const LINGER_MS = 5_000;

/** llhttp: the preface of HTTP/2 where a request should be. */
const HTTP2_PREFACE = "HPE_PAUSED_H2_UPGRADE";
const GRPC_ELSEWHERE =
  "this port takes OTLP over HTTP/1.1: OTLP over gRPC goes to another one, 4317 unless configured otherwise";

/** What went wrong below the request level, and the status it earns; 0: nothing is sent. */
function statusFor(code: string): 0 | 400 | 431 {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  return code.startsWith("HPE_") && code !== "HPE_INVALID_EOF_STATE" ? 400 : 0;
}

/**
 * Answers what the HTTP parser refused, with a Status as every other error. Timeouts and lost connections get no
 * answer: a sender retries those, but drops its batch on a 408. Returns the status sent, 0 for none.
 */
export function answerClientError(error: Error, socket: Socket): number {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const status = statusFor(code);
  if (status === 0 || !socket.writable) {
    socket.destroy();
    return 0;
  }
  const malformed = code === HTTP2_PREFACE ? GRPC_ELSEWHERE : "malformed HTTP request";
  answerRaw(socket, "json", {
    status,
    message: status === 431 ? "request headers are too large" : malformed,
  });
  return status;
}

/** The last answer on a connection, past any HTTP server; what is still on its way is read and thrown away for a while. */
export function answerRaw(socket: Socket, encoding: Encoding, failure: Failure): void {
  const { status } = failure;
  const body = statusResponse(encoding, failure);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    `Content-Type: ${MEDIA_TYPES[encoding]}`,
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
  socket.resume();
}
