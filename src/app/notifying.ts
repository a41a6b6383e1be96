import type { Application } from "express";
import type { Logger } from "pino";
import type { Dependency } from "../api/ports.ts";
import type { Metrics } from "../api/metrics.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { noteUntold } from "../desk/quiet.ts";
import type { FindingLedger } from "../alert/ledger.ts";
import type { Actor } from "../alert/event.ts";
import { DEFAULT_DESTINATION, destinationOf } from "../alert/route.ts";
import type { TestResult, Verbs } from "../alert/verbs.ts";
import { DeliveryWorker, type DeliveryOptions } from "../notify/deliver.ts";
import type { Notifier } from "../notify/notifier.ts";
import { channelsOf, testAlert, tryAll, type Channel } from "../notify/test-alert.ts";
import { WebhookNotifier } from "../notify/webhook.ts";
import { TerminalNotifier, type TerminalStream } from "../notify/terminal.ts";
import { createSlackApp, type SlackApp } from "../slack/app.ts";
import type { Overview } from "../slack/ports.ts";
import type { Storage } from "./storage.ts";

export interface NotifyingPorts {
  readonly storage: Storage;
  readonly verbs: Verbs;
  readonly ledger: FindingLedger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Slack mounts its route here, so nothing may have parsed bodies before. */
  readonly web: Application;
  readonly terminal: TerminalStream;
  /** What people in Slack may ask about the service itself. */
  readonly overview: Overview;
}

/** People, as the rest of the service sees them. */
export interface Notifying {
  start(): void;
  stop(): Promise<void>;
  wake(): void;
  readiness(): readonly Dependency[];
  /** A test alert through every channel, once. */
  tryChannels(actor: Actor): Promise<readonly TestResult[]>;
}

/** Slack where it is configured, else the terminal; beside it every webhook. */
export function connectNotifiers(config: Config, ports: NotifyingPorts): Notifying {
  const { clock } = ports;
  const { routes } = config.alerts;
  const slack = slackOf(config, ports);
  const notifier = slack?.notifier ?? new TerminalNotifier(ports.terminal);
  const worker = deliveryWorker(notifier, ports, {
    collectives: ports.storage.collectives,
    destinationOf: (alert) => destinationOf(alert, routes),
    limits: { stormPerMinute: config.alerts.stormPerMinute },
    untold: (alert, gate, reason) => noteUntold(ports.ledger, alert, gate, reason, clock.now()),
  });
  const hooks = webhookNotifiers(config, clock);
  const hookWorkers = hooks.map(({ name, hook }) => deliveryWorker(hook, ports, { lane: `hook:${name}` }));
  const workers = [worker, ...hookWorkers];
  return {
    start: () => {
      slack?.start();
      for (const one of workers) one.start();
    },
    stop: async () => {
      await Promise.all(workers.map((one) => one.stop()));
      await slack?.stop();
    },
    wake: () => {
      for (const one of workers) one.wake();
    },
    readiness: () => [
      slackReadiness(slack, worker),
      ...hookWorkers.map((one, index) => hookReadiness(hooks[index]?.name ?? "", one)),
    ],
    tryChannels: (actor) => tryAll(channels(config, notifier, hooks), testAlert(actor, clock.now()), clock),
  };
}

interface NamedHook {
  readonly name: string;
  readonly hook: Notifier;
}

/** Every webhook of the configuration. */
export function webhookNotifiers({ alerts }: Config, clock: Clock): readonly NamedHook[] {
  return alerts.webhooks.map(({ name, url, secret }) => ({
    name,
    hook: new WebhookNotifier({ name, url, secret: secret.reveal(), clock }),
  }));
}

/** Everywhere that an alert may go. */
export function channels(
  { alerts, slack }: Config,
  notifier: Notifier,
  hooks: readonly NamedHook[],
): readonly Channel[] {
  // A terminal is one place, whatever routes say.
  const routes = slack === null ? [] : alerts.routes;
  const routed = routes.map(({ channel, mention }) => ({ ...DEFAULT_DESTINATION, channel, mention }));
  return [
    ...channelsOf(notifier, routed),
    ...hooks.map(({ hook }) => ({ notifier: hook, to: DEFAULT_DESTINATION })),
  ];
}

function slackOf(
  { slack, api }: Config,
  { verbs, overview, clock, log, web }: NotifyingPorts,
): SlackApp | null {
  if (slack === null) return null;
  const { mode } = slack;
  return createSlackApp({
    botToken: slack.botToken.reveal(),
    channel: slack.channel,
    signingSecret: mode.kind === "http" ? mode.signingSecret.reveal() : undefined,
    appToken: mode.kind === "socket" ? mode.appToken.reveal() : undefined,
    apiUrl: slack.apiUrl ?? undefined,
    express: web,
    verbs,
    overview,
    roles: slack.roles,
    publicUrl: api.publicUrl,
    clock,
    log,
  });
}

function deliveryWorker(
  notifier: Notifier,
  { storage, clock, log, metrics }: NotifyingPorts,
  more: Partial<DeliveryOptions>,
): DeliveryWorker {
  return new DeliveryWorker({
    outbox: storage.outbox,
    notifier,
    loadAlert: (id) => storage.alerts.get(id),
    clock,
    log,
    random: Math.random,
    ...more,
    observe: ({ notifier: name, kind, result, reason, ageMs }) => {
      if (result === "skipped") return;
      const outcome = result === "retried" ? "failed" : result;
      metrics.observeDelivery({ notifier: name, kind, outcome, reason });
      if (outcome === "delivered") metrics.observeStage("deliver", ageMs);
    },
  });
}

function slackReadiness(slack: SlackApp | null, worker: DeliveryWorker): Dependency {
  if (slack === null) return { name: "slack", state: "unused", reason: null };
  const reason = worker.problem() ?? slack.status().reason;
  return { name: "slack", state: reason === null ? "up" : "down", reason };
}

function hookReadiness(name: string, worker: DeliveryWorker): Dependency {
  const reason = worker.problem();
  return { name: `webhook:${name}`, state: reason === null ? "up" : "down", reason };
}
