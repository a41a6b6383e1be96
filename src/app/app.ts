import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import type { Logger } from "pino";
import type { FindingLedger } from "../alert/ledger.ts";
import { redact } from "../analysis/redact.ts";
import type { AnalysisWorker } from "../analysis/worker.ts";
import { createApi } from "../api/api.ts";
import { createMetrics, type Metrics } from "../api/metrics.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { consolePages } from "../console/routes.ts";
import type { Verbs } from "../alert/verbs.ts";
import { AlertDesk } from "../desk.ts";
import type { Rounds } from "../desk/rounds.ts";
import type { WorkerPool } from "../ingest/pool.ts";
import { SECOND_MS } from "../log/time.ts";
import { backoffMs } from "../notify/backoff.ts";
import { deliveriesFor } from "../notify/decide.ts";
import { hookDeliveries, hooksFor } from "../notify/hooks.ts";
import type { TerminalStream } from "../notify/terminal.ts";
import type { ByteBudget } from "../otlp/byte-budget.ts";
import type { OtlpServer } from "../otlp/server.ts";
import type { TlsFiles } from "../otlp/tls-files.ts";
import { Pipeline, type PipelineOptions } from "../pipeline.ts";
import { isUnavailable } from "../store/store-error.ts";
import { openChanges, type Changes } from "./changes.ts";
import { connectExplainers } from "./explaining.ts";
import { createIngesting } from "./ingesting.ts";
import { createLife, type Life } from "./life.ts";
import { observeCommit } from "./observed-commits.ts";
import { connectNotifiers, type Notifying } from "./notifying.ts";
import { overviewOf, type Late } from "./overview.ts";
import { patternSource } from "./patterns.ts";
import { pipelineOptions } from "./pipeline-options.ts";
import { registerGauges } from "./gauges.ts";
import { readinessOf } from "./readiness.ts";
import { createReceivers } from "./receiving.ts";
import { jobsOf } from "./jobs.ts";
import { Scheduler } from "./scheduler.ts";
import { serviceStatuses } from "./service-status.ts";
import { StateSaver } from "./state-saver.ts";
import type { Storage } from "./storage.ts";
import { TemplateSaver } from "./template-saver.ts";
import { certificateJobs } from "./tls-renewal.ts";

export interface AppPorts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  /** Where alerts go while no Slack is configured. */
  readonly terminal: TerminalStream;
  /** In place of what the configuration says: a benchmark measures the line with a part of it left out. */
  readonly pipeline?: Partial<PipelineOptions>;
  /** What the OTLP ports speak TLS with; null or absent: plain. */
  readonly tls?: TlsFiles | null;
}

/** Where it listens. */
export interface AppPortNumbers {
  readonly otlpPort: number;
  /** null: the usual port was taken, and nobody had asked for it. */
  readonly otlpGrpcPort: number | null;
  readonly port: number;
}

/** The running service. */
export interface App {
  /** Listens; rejects where a port is taken. */
  start(): Promise<AppPortNumbers>;
  /** In reverse order; what was accepted is counted and what was decided is stored, as far as the grace allows. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 5 * SECOND_MS;
const COMMIT_BACKOFF = { baseMs: 200, maxMs: 5 * SECOND_MS };

interface Parts {
  readonly config: Config;
  readonly ports: AppPorts;
  readonly metrics: Metrics;
  readonly desk: AlertDesk;
  readonly verbs: Verbs;
  readonly rounds: Rounds;
  readonly pipeline: Pipeline;
  readonly changes: Changes;
  readonly saver: StateSaver;
  readonly templateSaver: TemplateSaver;
  readonly otlp: OtlpServer;
  readonly otlpGrpc: OtlpServer;
  /** Of the bodies that both ports read. */
  readonly budget: ByteBudget;
  readonly pool: WorkerPool;
  readonly web: Server;
  readonly notifying: Notifying;
  readonly explaining: AnalysisWorker;
}

/** Builds the service from its parts, in the order the data flows. Throws while the database is away. */
export async function createApp(config: Config, ports: AppPorts): Promise<App> {
  const { clock } = ports;
  const metrics = createMetrics({ clock, version: ports.version, processMetrics: true });
  const wakers: (() => void)[] = [];
  const late: Late = { notifying: null, pipeline: null };
  const life = createLife({
    ...ports,
    metrics,
    remindEveryMs: config.alerts.remindEveryMs,
    tryChannels: async (actor) => (await late.notifying?.tryChannels(actor)) ?? [],
  });
  const desk = createDesk(config, ports, metrics, { ...life, late }, () => {
    for (const wake of wakers) wake();
  });
  await desk.start();
  const { verbs, rounds } = await life.begin(desk);
  const counting = await createPipeline(config, ports, metrics, { desk, ledger: life.ledger });
  const { pipeline } = counting;
  late.pipeline = pipeline;
  const savers = await restoredSavers(config, ports, pipeline);
  const ingesting = createIngesting(config, { ...ports, metrics, pipeline });
  const receivers = createReceivers(config, { ...ports, metrics, sink: pipeline, ...ingesting });
  const web = express();
  web.disable("x-powered-by");
  const overview = overviewOf({ ports, pipeline, desk, late, savers });
  const wiring = { ...ports, metrics, desk, verbs, ledger: life.ledger, overview, web };
  const notifying = connectNotifiers(config, wiring);
  late.notifying = notifying;
  const explaining = connectExplainers(config, { ...wiring, pipeline });
  for (const one of [notifying, explaining]) wakers.push(() => one.wake());
  const parts = {
    config,
    ports,
    metrics,
    desk,
    verbs,
    rounds,
    ...counting,
    ...savers,
    ...receivers,
    ...ingesting,
    notifying,
    explaining,
  };
  registerGauges(parts);
  web.use(createWebApi(parts));
  return appOf({ ...parts, web: createServer(web) });
}

function createDesk(
  config: Config,
  { storage, clock, log }: AppPorts,
  metrics: Metrics,
  { muting, late }: Pick<Life, "muting"> & { readonly late: Late },
  wake: () => void,
): AlertDesk {
  const hookNames = config.alerts.webhooks.map(({ name }) => name);
  return new AlertDesk({
    repository: storage.alerts,
    clock,
    log,
    deliveriesFor: (before, events, after) => {
      const told = deliveriesFor(before, events);
      const hooks = hooksFor(after, config.alerts.routes, hookNames);
      return [...told, ...hookDeliveries(told, before, after, events, hooks)];
    },
    muting,
    aftermath: (alert, nowMs) => late.pipeline?.aftermath(alert, nowMs) ?? null,
    backoffMs: (attempt) => backoffMs(attempt, COMMIT_BACKOFF, Math.random),
    isUnavailable,
    committed: (commit, tookMs) => {
      observeCommit(metrics, commit, tookMs);
      wake();
    },
  });
}

async function createPipeline(
  config: Config,
  ports: AppPorts,
  metrics: Metrics,
  { desk, ledger }: { readonly desk: AlertDesk; readonly ledger: FindingLedger },
): Promise<Pick<Parts, "pipeline" | "changes">> {
  const changes = await openChanges(ports);
  const configured = pipelineOptions(config, ports.clock.now(), config.analysis.apiKey !== null);
  const pipeline = new Pipeline(
    { ...configured, ...ports.pipeline },
    {
      book: desk,
      ledger,
      redact,
      changes,
      onChange: (announced) => changes.announced(announced),
      timed: (stage, work) => {
        const startedMs = performance.now();
        const value = work();
        metrics.observeStage(stage, performance.now() - startedMs);
        return value;
      },
    },
  );
  return { pipeline, changes };
}

/** Templates first: what the panes count goes by their ids. */
async function restoredSavers(
  config: Config,
  { storage, clock, log }: AppPorts,
  pipeline: Pipeline,
): Promise<Pick<Parts, "saver" | "templateSaver">> {
  const { templates } = pipeline;
  const { windowMs } = config.window;
  const templateSaver = new TemplateSaver({ templates, store: storage.learned, clock, log });
  const saver = new StateSaver({ pipeline, store: storage.state, clock, log, windowMs });
  await templateSaver.restore();
  await saver.restore();
  return { saver, templateSaver };
}

function createWebApi(parts: Omit<Parts, "web">): ReturnType<typeof createApi> {
  const { config, ports, metrics, verbs, pipeline } = parts;
  const { clock, log, version } = ports;
  const { limits, api, ingestToken } = config;
  return createApi({
    clock,
    logger: log,
    version,
    publicUrl: api.publicUrl,
    tokens: { api: api.token?.reveal() ?? null, ingest: ingestToken?.reveal() ?? null },
    maxBodyBytes: limits.maxBodyBytes,
    budget: parts.budget,
    sink: pipeline,
    verbs,
    changes: parts.changes,
    services: () => pipeline.standing(clock.now()).flatMap(serviceStatuses),
    pipeline: () => pipeline.notes(clock.now()),
    patterns: patternSource(pipeline, clock),
    readiness: readinessOf(parts),
    metrics,
    pages: consolePages(verbs, version),
  });
}

/** A collector beside us has the usual port as often as not: that must not keep HTTP from starting. */
async function listenGrpc({ config, ports, otlpGrpc }: Parts): Promise<number | null> {
  try {
    return (await otlpGrpc.listen()).port;
  } catch (error) {
    const asked = config.given.has("TOCSIN_OTLP_GRPC_PORT");
    if (asked || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const port = config.otlp.grpcPort;
    ports.log.warn(
      { port },
      "the port is taken: no OTLP over gRPC; set TOCSIN_OTLP_GRPC_PORT to another one",
    );
    return null;
  }
}

function appOf(parts: Parts): App {
  const { config, ports, desk, pipeline, pool, saver, templateSaver } = parts;
  const { otlp, otlpGrpc, web, notifying, explaining } = parts;
  const scheduler = new Scheduler(ports.clock, ports.log);
  return {
    async start() {
      notifying.start();
      explaining.start();
      scheduler.start([...jobsOf(parts), ...certificateJobs(config, ports, [otlp, otlpGrpc])]);
      const port = await listen(web, config.api);
      const { port: otlpPort } = await otlp.listen();
      return { otlpPort, otlpGrpcPort: await listenGrpc(parts), port };
    },
    async stop() {
      await Promise.all([otlp.close(), otlpGrpc.close()]);
      await close(web);
      await scheduler.stop();
      await pool.close();
      pipeline.tick(ports.clock.now());
      await desk.stop(STOP_GRACE_MS);
      await saver.save();
      await templateSaver.stop();
      await explaining.stop();
      await notifying.stop();
    },
  };
}

function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
