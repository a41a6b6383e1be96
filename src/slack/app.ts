import { App, SocketModeReceiver, type Receiver } from "@slack/bolt";
import type { WebClient } from "@slack/web-api";
import type { Application } from "express";
import type { Logger } from "pino";
import type { Verbs } from "../alert/verbs.ts";
import type { Clock } from "../clock.ts";
import { SECOND_MS } from "../log/time.ts";
import { underDeadline } from "../notify/deadline.ts";
import { boltLogger } from "./bolt-log.ts";
import { clientOptions, slackClient } from "./client.ts";
import { holdSocket, type Identity, identifyAtLast, type Retrying } from "./connection.ts";
import { type ListenerOptions, registerListeners } from "./listeners.ts";
import { SlackNotifier } from "./notifier.ts";
import { People } from "./people.ts";
import type { Overview } from "./ports.ts";
import { mountReceiver } from "./receiver.ts";
import { EVERYBODY, type RoleMembers, SlackRoles } from "./roles.ts";

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
  readonly verbs: Verbs;
  readonly overview: Overview;
  /** Default: everybody may do everything. */
  readonly roles?: RoleMembers;
  /** For links to the alert; null: no links. */
  readonly publicUrl?: string | null;
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
  readonly notifier: SlackNotifier;
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

function listenerOptions(options: SlackOptions, client: WebClient, notifier: SlackNotifier): ListenerOptions {
  const { verbs, overview, clock, log, roles: members = EVERYBODY } = options;
  const roles = new SlackRoles({ client, members, clock, log });
  const desk = { verbs, overview, roles, clock, view: () => notifier.view() };
  return { desk, client, history: notifier.history, people: new People(client), clock, log };
}

function newLink(socket: Inbound["socket"]): Link {
  return {
    identity: null,
    socketOpen: false,
    tokenReason: CONNECTING,
    socketReason: socket === null ? null : CONNECTING,
  };
}

/** Slack as one thing: commands and buttons come in, alerts go out by `notifier`. */
export function createSlackApp(options: SlackOptions): SlackApp {
  const { clock, log, channel, publicUrl = null } = options;
  const client = slackClient(options.botToken, options.apiUrl, log);
  const notifier = new SlackNotifier({ client, channel, clock, publicUrl });
  const { mode, receiver, socket } = inbound(options);
  const link = newLink(socket);
  if (receiver !== null) {
    registerListeners(boltApp(options, receiver, link), listenerOptions(options, client, notifier));
  }
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
    notifier,
    status: () => ({
      mode,
      connected: link.identity !== null && (socket === null || link.socketOpen),
      reason: link.tokenReason ?? link.socketReason,
      team: link.identity?.team ?? null,
      botName: link.identity?.botName ?? null,
    }),
  };
}
