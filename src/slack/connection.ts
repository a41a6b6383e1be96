import type { SocketModeReceiver } from "@slack/bolt";
import type { WebClient } from "@slack/web-api";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { MINUTE_MS, SECOND_MS } from "../log/time.ts";
import { type BackoffLimits, backoffMs } from "../notify/backoff.ts";
import { underDeadline } from "../notify/deadline.ts";
import { slackFailure } from "./failure.ts";

export interface Identity {
  readonly botId: string | null;
  readonly botUserId: string | null;
  readonly botName: string | null;
  readonly team: string | null;
  /** What the token may do; null where Slack does not say. */
  readonly scopes: readonly string[] | null;
}

export type IdentityOutcome =
  | { readonly kind: "known"; readonly identity: Identity }
  | { readonly kind: "failed"; readonly reason: string };

/** Asks Slack whose token this is: one attempt, for `doctor` and the start. Never throws. */
export async function identify(client: WebClient): Promise<IdentityOutcome> {
  try {
    const answer = await client.auth.test();
    const identity = {
      botId: answer.bot_id ?? null,
      botUserId: answer.user_id ?? null,
      botName: answer.user ?? null,
      team: answer.team ?? null,
      scopes: answer.response_metadata?.scopes ?? null,
    };
    return { kind: "known", identity };
  } catch (error) {
    return { kind: "failed", reason: slackFailure(error).reason };
  }
}

/** Does Slack open a socket for this app-level token? null: yes; else why not. */
export async function refusedSocket(client: WebClient): Promise<string | null> {
  try {
    await client.apps.connections.open({});
    return null;
  } catch (error) {
    return slackFailure(error).reason;
  }
}

/** Waiting and trying again, until stopped. */
export interface Retrying {
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const BACKOFF: BackoffLimits = { baseMs: SECOND_MS, maxMs: 2 * MINUTE_MS };
/** Keeps a server that hangs up at once from being dialled without a pause. */
const RENEW_AFTER_MS = 250;
const CONNECT_WITHIN_MS = 20 * SECOND_MS;
const DISCONNECT_WITHIN_MS = 2 * SECOND_MS;

/** Calls `identify` until Slack answers; null when stopped before. `onFailure` hears of each failed try. */
export async function identifyAtLast(
  client: WebClient,
  retrying: Retrying,
  onFailure: (reason: string) => void,
): Promise<Identity | null> {
  for (let attempt = 1; !retrying.signal.aborted; attempt++) {
    const outcome = await identify(client);
    if (outcome.kind === "known") return outcome.identity;
    onFailure(outcome.reason);
    retrying.log.warn({ reason: outcome.reason, attempt }, "Slack does not know us yet");
    await retrying.clock.sleep(backoffMs(attempt, BACKOFF, retrying.random), retrying.signal);
  }
  return null;
}

type Socket = SocketModeReceiver["client"];

async function openSocket(socket: Socket, clock: Clock): Promise<void> {
  const hello = await underDeadline(() => socket.start(), CONNECT_WITHIN_MS, clock);
  if (hello !== "timeout") return;
  await closeSocket(socket, clock);
  throw new Error("no hello from Slack");
}

async function closeSocket(socket: Socket, clock: Clock): Promise<void> {
  try {
    await underDeadline(() => socket.disconnect(), DISCONNECT_WITHIN_MS, clock);
  } catch {
    // A socket that cannot be closed is closed.
  }
}

/**
 * Keeps one Socket Mode connection up until stopped. The client's own reconnect is off: it lets a failed attempt
 * end as an unhandled rejection, which would take the process down with it.
 */
export async function holdSocket(
  socket: Socket,
  retrying: Retrying,
  onState: (connected: boolean, reason: string | null) => void,
): Promise<void> {
  const { clock, log, signal, random } = retrying;
  let failures = 0;
  while (!signal.aborted) {
    try {
      await openSocket(socket, clock);
      failures = 0;
      onState(true, null);
      await Promise.race([closed(socket), aborted(signal)]);
      onState(false, "disconnected");
    } catch (error) {
      failures++;
      const { reason } = slackFailure(error);
      onState(false, reason);
      log.warn({ reason, attempt: failures }, "Slack's socket is not open");
    }
    // Slack renews every connection after a while: after a good one there is little to wait for.
    const waitMs = failures > 0 ? backoffMs(failures, BACKOFF, random) : RENEW_AFTER_MS;
    await clock.sleep(waitMs, signal);
  }
  await closeSocket(socket, clock);
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("disconnected", () => resolve());
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
