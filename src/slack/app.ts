import { App, SocketModeReceiver, type Receiver } from "@slack/bolt";
import type { Application } from "express";
import type { Logger } from "pino";
import type { AlertVerbs } from "../alert/verbs.ts";
import type { Clock } from "../clock.ts";
import { SECOND_MS } from "../log/time.ts";
import { underDeadline } from "../notify/deadline.ts";
import type { Notifier } from "../notify/notifier.ts";
import { boltLogger } from "./bolt-log.ts";
import { clientOptions, slackClient } from "./client.ts";
import { holdSocket, type Identity, identifyAtLast, type Retrying } from "./connection.ts";
import { registerListeners } from "./listeners.ts";
import { SlackNotifier } from "./notifier.ts";
import { mountReceiver } from "./receiver.ts";

export interface SlackOptions {
  readonly botToken: string;
  /** For requests over HTTP. */
  readonly signingSecret?: string | undefined;
  /** For Socket Mode, which wins when both are set. */
  readonly appToken?: string | undefined;
  /** Default: Slack's own. */
  readonly apiUrl?: string | undefined;
  /** Where alerts go: a name or an id. */
  readonly channel: string;
  /** Needed with `signingSecret`; must not have a body parser yet. */
  readonly express?: Application | undefined;
  readonly verbs: AlertVerbs;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1. */
  readonly random?: () => number;
}

export type SlackMode = "socket" | "http" | "none";

export interface SlackStatus {
  /** How people's commands reach us; `none`: alerts only. */
  readonly mode: SlackMode;
  readonly connected: boolean;
  /** Why not connected: a word of a closed set. */
  readonly reason: string | null;
  readonly team: string | null;
  readonly botName: string | null;
}

export interface SlackApp {
  /** Returns at once: Slack may be down for as long as it likes. */
  start(): void;
  stop(): Promise<void>;
  readonly notifier: Notifier;
  status(): SlackStatus;
}

const CONNECTING = "connecting";
const STOP_WITHIN_MS = 4 * SECOND_MS;

interface Link {
  identity: Identity | null;
  socketOpen: boolean;
  /** Why the token, or the socket, is not known to work. */
  tokenReason: string | null;
  socketReason: string | null;
}

interface Inbound {
  readonly mode: SlackMode;
  readonly receiver: Receiver | null;
  readonly socket: SocketModeReceiver["client"] | null;
}

function inbound(options: SlackOptions): Inbound {
  const { appToken, signingSecret, express, apiUrl, clock, log } = options;
  if (appToken !== undefined) {
    const receiver = new SocketModeReceiver({
      appToken,
      autoReconnectEnabled: false,
      installerOptions: { clientOptions: clientOptions(apiUrl, log) },
      logger: boltLogger(log),
    });
    return { mode: "socket", receiver, socket: receiver.client };
  }
  if (signingSecret !== undefined && express !== undefined) {
    const receiver = mountReceiver(express, signingSecret, clock, boltLogger(log));
    return { mode: "http", receiver, socket: null };
  }
  return { mode: "none", receiver: null, socket: null };
}

/** `authorize` answers from what we know, so that neither the start nor an event waits for Slack. */
function boltApp(options: SlackOptions, receiver: Receiver, link: Link): App {
  return new App({
    receiver,
    authorize: async () => ({
      botToken: options.botToken,
      ...(link.identity?.botId == null ? {} : { botId: link.identity.botId }),
      ...(link.identity?.botUserId == null ? {} : { botUserId: link.identity.botUserId }),
    }),
    convoStore: false,
    clientOptions: clientOptions(options.apiUrl, options.log),
    logger: boltLogger(options.log),
  });
}

/** Slack as one thing: commands and buttons come in, alerts go out by `notifier`. */
export function createSlackApp(options: SlackOptions): SlackApp {
  const { clock, log, verbs } = options;
  const client = slackClient(options.botToken, options.apiUrl, log);
  const link: Link = {
    identity: null,
    socketOpen: false,
    tokenReason: CONNECTING,
    socketReason: null,
  };
  const { mode, receiver, socket } = inbound(options);
  if (socket !== null) link.socketReason = CONNECTING;
  if (receiver !== null) registerListeners(boltApp(options, receiver, link), { verbs, clock, log });
  const stopping = new AbortController();
  const retrying: Retrying = { clock, log, random: options.random ?? Math.random, signal: stopping.signal };
  let running: Promise<unknown> | null = null;

  const connect = async (): Promise<void> => {
    const identity = await identifyAtLast(client, retrying, (reason) => {
      link.tokenReason = reason;
    });
    if (identity === null) return;
    link.identity = identity;
    link.tokenReason = null;
    log.info({ mode, team: identity.team, bot: identity.botName }, "Slack is connected");
  };
  const listen = async (): Promise<void> => {
    if (socket === null) return;
    await holdSocket(socket, retrying, (open, reason) => {
      link.socketOpen = open;
      link.socketReason = reason;
    });
  };

  return {
    start: () => {
      running ??= Promise.all([connect(), listen()]);
    },
    stop: async () => {
      stopping.abort();
      await underDeadline(async () => running, STOP_WITHIN_MS, clock);
    },
    notifier: new SlackNotifier(client, options.channel),
    status: () => ({
      mode,
      connected: link.identity !== null && (socket === null || link.socketOpen),
      reason: link.tokenReason ?? link.socketReason,
      team: link.identity?.team ?? null,
      botName: link.identity?.botName ?? null,
    }),
  };
}
