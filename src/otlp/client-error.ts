import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import { MEDIA_TYPES } from "./content-type.ts";
import { statusResponse } from "./responses.ts";

/** How long a peer that we could not understand may go on sending before its connection is cut. */
const LINGER_MS = 5_000;

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
  const message = status === 431 ? "request headers are too large" : "malformed HTTP request";
  const body = statusResponse("json", { status, message });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    `Content-Type: ${MEDIA_TYPES.json}`,
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
  socket.resume();
  return status;
}
