import type { Application } from "express";
import type { Logger } from "pino";
import type { Dependency } from "../api/ports.ts";
import type { Metrics } from "../api/metrics.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Actor } from "../alert/event.ts";
import type { TestResult, Verbs } from "../alert/verbs.ts";
import { DeliveryWorker } from "../notify/deliver.ts";
import type { Notifier } from "../notify/notifier.ts";
import { channelsOf, testAlert, tryAll } from "../notify/test-alert.ts";
import { TerminalNotifier, type TerminalStream } from "../notify/terminal.ts";
import { createSlackApp, type SlackApp } from "../slack/app.ts";
import type { Storage } from "./storage.ts";

export interface NotifyingPorts {
  readonly storage: Storage;
  readonly verbs: Verbs;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Slack mounts its route here, so nothing may have parsed bodies before. */
  readonly web: Application;
  readonly terminal: TerminalStream;
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

/** Slack where it is configured, else the terminal. */
export function connectNotifiers(config: Config, ports: NotifyingPorts): Notifying {
  const slack = slackOf(config, ports);
  const notifier = slack?.notifier ?? new TerminalNotifier(ports.terminal);
  const worker = deliveryWorker(notifier, config.alerts.stormPerMinute, ports);
  return {
    start: () => {
      slack?.start();
      worker.start();
    },
    stop: async () => {
      await worker.stop();
      await slack?.stop();
    },
    wake: () => worker.wake(),
    readiness: () => [slackReadiness(slack, worker)],
    tryChannels: (actor) =>
      tryAll(channelsOf(notifier, []), testAlert(actor, ports.clock.now()), ports.clock),
  };
}

function slackOf({ slack }: Config, { verbs, clock, log, web }: NotifyingPorts): SlackApp | null {
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
    clock,
    log,
  });
}

function deliveryWorker(
  notifier: Notifier,
  stormPerMinute: number,
  { storage, clock, log, metrics }: NotifyingPorts,
): DeliveryWorker {
  return new DeliveryWorker({
    outbox: storage.outbox,
    collectives: storage.collectives,
    limits: { stormPerMinute },
    notifier,
    loadAlert: (id) => storage.alerts.get(id),
    clock,
    log,
    random: Math.random,
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
