import type { Server } from "node:http";
import { Server as NetServer } from "node:net";

import type { Clock } from "../clock.ts";

/**
 * A request may be on its way on a connection that is idle to us: closed at once, its sender would see a reset. For
 * so long it is answered 503 instead, which says when to come again.
 */
const IDLE_GRACE_MS = 500;
/** How long bodies on their way are waited for in all, and how long the 503 for the rest may take. */
const CLOSE_GRACE_MS = 5_000;
const CLOSE_ANSWER_MS = 1_000;

export interface Closing {
  readonly server: Server;
  /** Aborted at once: what has not arrived yet is answered 503. */
  readonly closing: AbortController;
  /** Aborted when bodies on their way are given up. */
  readonly stopping: AbortController;
  readonly clock: Clock;
}

/** Stops listening, answers what is in flight, and resolves when the last connection is gone. */
export async function closeGently({ server, closing, stopping, clock }: Closing): Promise<void> {
  closing.abort();
  if (!server.listening) return;
  const ended = new AbortController();
  const gone = new Promise<void>((resolve) => {
    // The HTTP server's own close would cut idle connections at once.
    NetServer.prototype.close.call(server, () => {
      ended.abort();
      resolve();
    });
  });
  const atMost = (ms: number): Promise<void> => Promise.race([gone, clock.sleep(ms, ended.signal)]);
  await atMost(IDLE_GRACE_MS);
  server.closeIdleConnections();
  await atMost(CLOSE_GRACE_MS - IDLE_GRACE_MS);
  stopping.abort();
  await atMost(CLOSE_ANSWER_MS);
  server.closeAllConnections();
  await gone;
  // Ends its watch over timeouts.
  server.close();
}
