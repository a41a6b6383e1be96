import type { IncomingMessage, ServerResponse } from "node:http";

import type { Clock } from "../clock.ts";

const LINGER_MS = 5_000;
const LINGER_MAX_BYTES = 256 * 1024 * 1024;

/**
 * Ends a response whose bytes are already written, once the client has stopped sending. Closing while it still
 * sends would reset the connection, and a sender that sees a reset instead of the 413 resends for minutes.
 */
export function endAfterBody(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  const ended = new AbortController();
  let leftBytes = LINGER_MAX_BYTES;
  const end = (): void => {
    if (ended.signal.aborted) return;
    ended.abort();
    response.end();
  };
  request.on("data", (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) end();
  });
  request.on("end", end);
  request.on("close", end);
  request.resume();
  void clock.sleep(LINGER_MS, ended.signal).then(end);
}
