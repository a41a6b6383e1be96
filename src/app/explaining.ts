import type { Logger } from "pino";
import type { Alert } from "../alert/alert.ts";
import type { AlertChange } from "../alert/event.ts";
import type { Analyst } from "../analysis/analyst.ts";
import { Budget } from "../analysis/budget.ts";
import { createClaudeAnalyst, type ClaudeAnalyst } from "../analysis/claude.ts";
import { wantsDeep } from "../analysis/claude-plan.ts";
import { bytesOf } from "../analysis/pack.ts";
import { NO_RECALL, type Recall } from "../analysis/recall.ts";
import { matchRunbook, readRunbooks } from "../analysis/runbooks.ts";
import { sharing } from "../analysis/sharing.ts";
import { similarAlerts } from "../analysis/similar.ts";
import { statisticalAnalyst } from "../analysis/opening.ts";
import { AnalysisWorker, type AnalysisQueue, type Desk } from "../analysis/worker.ts";
import type { Metrics } from "../api/metrics.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { AlertDesk } from "../desk.ts";
import type { Pipeline } from "../pipeline.ts";
import { MINUTE_MS, SECOND_MS } from "../log/time.ts";
import { backoffMs } from "../notify/backoff.ts";
import type { Delivery, Outbox } from "../notify/outbox.ts";
import { DatabaseSpend } from "../store/database-spend.ts";
import { StoreError } from "../store/store-error.ts";
import type { Storage } from "./storage.ts";

export interface ExplainingPorts {
  readonly storage: Storage;
  readonly desk: AlertDesk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly pipeline: Pipeline;
}

const BACKOFF = { baseMs: 2 * SECOND_MS, maxMs: MINUTE_MS };

/** What an analysis knows beside its alert; each part may be missing. */
export interface Knowledge {
  readonly budget: Budget | null;
  /** Earlier alerts, newest first. Never throws. */
  readonly past: () => Promise<readonly Alert[]>;
  /** What the memory of this process still holds. */
  readonly recall: Recall;
}

const NO_KNOWLEDGE: Knowledge = { budget: null, past: async () => [], recall: NO_RECALL };
/** Earlier alerts that are looked through for likeness. */
const MAX_PAST = 200;

/** Claude where a key is set. */
export function claudeOf(
  { analysis }: Config,
  clock: Clock,
  log: Logger,
  knowledge: Knowledge = NO_KNOWLEDGE,
): ClaudeAnalyst | null {
  const { apiKey, baseUrl, model, effort, maxTokens, deep, templatesOnly, fallbackModel, prices } = analysis;
  if (apiKey === null) return null;
  const runbooks = readRunbooks(analysis.runbooksDir);
  const maxBytes = bytesOf(analysis.evidenceTokens);
  return createClaudeAnalyst({
    apiKey: apiKey.reveal(),
    ...(baseUrl === null ? {} : { baseUrl }),
    model,
    effort,
    maxTokens,
    templatesOnly,
    deep,
    fallbackModel,
    prices,
    timeoutMs: analysis.callTimeoutMs,
    budget: knowledge.budget,
    context: async (alert) => {
      const past = await knowledge.past();
      const found = matchRunbook(runbooks, alert);
      const runbook = found === null ? null : { id: `R1 ${found.name}`, text: found.text };
      return { maxBytes, similar: similarAlerts(alert, past), runbook };
    },
    past: knowledge.past,
    recall: knowledge.recall,
    clock,
    log,
  });
}

function deadlineMs({ analysis }: Config, alert: Alert): number {
  const { deep, timeoutMs } = analysis;
  return deep !== null && wantsDeep(alert, { deep }) ? deep.timeoutMs : timeoutMs;
}

/** Explains one alert at a time, outside the service; the statistical analysis stays where Claude fails. */
export function explainerOf(config: Config, clock: Clock, log: Logger): (alert: Alert) => Promise<Alert> {
  const analyst: Analyst = claudeOf(config, clock, log) ?? statisticalAnalyst;
  return async (alert) => {
    const outcome = await analyst.analyse(alert, AbortSignal.timeout(deadlineMs(config, alert)));
    if (outcome.kind === "failed") {
      return { ...alert, analysis: { ...alert.analysis, status: "failed", reason: outcome.reason } };
    }
    const { findings, model, reason = null, report } = outcome;
    const by = report?.tier === "statistics" ? "statistics" : analyst.name;
    const whole = report === undefined ? {} : { report };
    return { ...alert, ...findings, analysis: { status: "done", by, model, reason, ...whole } };
  };
}

/** The worker that explains alerts: Claude, or statistics where no key is set and somebody asks again. */
export function connectExplainers(config: Config, ports: ExplainingPorts): AnalysisWorker {
  const { storage, desk, clock, log, metrics } = ports;
  const claude = claudeOf(config, clock, log, knowledgeOf(config, ports));
  const analyst: Analyst = claude === null ? statisticalAnalyst : sharing(claude, clock);
  return new AnalysisWorker({
    analyst,
    queue: queueOf(storage.outbox, analyst, clock),
    desk: deskOf(desk, storage),
    clock,
    log,
    backoff: (attempt) => backoffMs(attempt, BACKOFF, Math.random),
    concurrency: config.analysis.concurrency,
    deadlineMs: (alert) => deadlineMs(config, alert),
    maxAttempts: config.analysis.maxAttempts,
    onOutcome: ({ result, reason, durationMs }) => {
      metrics.observeAnalysis({ by: analyst.name, outcome: result, reason, durationMs });
    },
  });
}

function knowledgeOf({ analysis }: Config, { storage, pipeline }: ExplainingPorts): Knowledge {
  const { database, alerts } = storage;
  const { perDay, perMonth } = analysis.budget;
  return {
    recall: pipeline.recall,
    // Without a limit the spending is still written down.
    budget: new Budget(new DatabaseSpend(database), {
      perDay,
      perMonth,
      deadlineMs: Math.max(analysis.timeoutMs, analysis.deep?.timeoutMs ?? 0),
    }),
    past: async () => {
      try {
        return await alerts.recent({ limit: MAX_PAST });
      } catch {
        return [];
      }
    },
  };
}

/** The outbox's analysis lane as the worker knows it. */
function queueOf(outbox: Outbox, { name }: Analyst, clock: Clock): AnalysisQueue {
  const taken = new Map<number, Delivery>();
  const known = ({ id }: { readonly id: number }): Delivery => {
    const delivery = taken.get(id);
    if (delivery === undefined) throw new RangeError(`analysis job ${id} was never handed out`);
    return delivery;
  };
  return {
    due: async (nowMs, limit) => {
      const deliveries = await outbox.due("analyse", nowMs, limit);
      for (const delivery of deliveries) taken.set(delivery.id, delivery);
      return deliveries;
    },
    done: async (job) => {
      await outbox.delivered(known(job), name, null, clock.now());
      taken.delete(job.id);
    },
    retry: (job, nextAtMs, reason) => outbox.retry(known(job), nextAtMs, reason),
    abandon: async (job, reason) => {
      await outbox.abandon(known(job), reason, clock.now());
      taken.delete(job.id);
    },
  };
}

function deskOf(desk: AlertDesk, { alerts }: Storage): Desk {
  const load: Desk["load"] = async (id) => desk.alert(id) ?? (await alerts.get(id));
  const change = async (id: string, made: AlertChange): Promise<void> => {
    // Decided already, though the database was too slow to say so in time.
    if ((await load(id))?.analysis.status !== "pending") return;
    const outcome = await desk.apply(id, [made]);
    // The worker holds its answer and stores it later.
    if (outcome.kind === "unavailable" || outcome.kind === "refused") {
      throw new StoreError(`the analysis of ${id} is not stored yet`, outcome.kind, true);
    }
  };
  return {
    load,
    analysed: (id, findings, analysis) => change(id, { type: "analysed", analysis, findings }),
    failed: (id, reason) => change(id, { type: "analysis_failed", reason }),
  };
}
