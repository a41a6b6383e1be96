import type { Logger } from "pino";
import type { Alert, AnalysisState, Findings } from "../alert/alert.ts";
import type { Clock } from "../clock.ts";
import type { EpochMs } from "../log/time.ts";
import type { AnalysisOutcome, Analyst } from "./analyst.ts";
import { isTimeout, withDeadline } from "../deadline.ts";

/** One alert that waits for its analysis. */
export interface AnalysisJob {
  readonly id: number;
  readonly alertId: string;
  /** Times that it was put back. */
  readonly attempts: number;
}

/** The outbox's analysis lane. Throws only when the store cannot be reached. */
export interface AnalysisQueue {
  /** Oldest first; those that are being worked on may be among them. */
  due(nowMs: EpochMs, limit: number): Promise<readonly AnalysisJob[]>;
  done(job: AnalysisJob): Promise<void>;
  retry(job: AnalysisJob, nextAtMs: EpochMs, reason: string): Promise<void>;
  abandon(job: AnalysisJob, reason: string): Promise<void>;
}

/** Where alerts are read and changed. Throws only when the store cannot be reached. */
export interface Desk {
  load(id: string): Promise<Alert | null>;
  analysed(id: string, findings: Findings, state: AnalysisState): Promise<void>;
  /** The statistical analysis stays and says why. */
  failed(id: string, reason: string): Promise<void>;
}

export interface AnalysisResult {
  readonly result: AnalysisOutcome["kind"];
  readonly reason: string | null;
  readonly durationMs: number;
}

export interface AnalysisWorkerOptions {
  readonly analyst: Analyst;
  readonly queue: AnalysisQueue;
  readonly desk: Desk;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long to wait after the n-th failure, from 1. */
  readonly backoff: (attempt: number) => number;
  readonly concurrency?: number;
  /** Of one analysis with all its attempts and waits. */
  readonly deadlineMs?: (alert: Alert) => number;
  /** Of one analysis, within its deadline. */
  readonly maxAttempts?: number;
  readonly pollMs?: number;
  /** For metrics: what became of an analysis, with all its attempts. */
  readonly onOutcome?: (outcome: AnalysisResult) => void;
}

const DEFAULT_CONCURRENCY = 2;
const DEFAULT_DEADLINE_MS = 120_000;
const DEFAULT_MAX_ATTEMPTS = 4;
const DEFAULT_POLL_MS = 5_000;
/** Verdicts that the store has not taken yet; more are analysed again rather than kept. */
const MAX_HELD = 100;

interface Verdict {
  readonly outcome: AnalysisOutcome;
  readonly durationMs: number;
  told: boolean;
}

/** Drains the analysis lane beside everything else: nothing waits for it. */
export class AnalysisWorker {
  readonly #options: AnalysisWorkerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Map<number, Promise<void>>();
  /** Paid for, but not yet stored. */
  readonly #held = new Map<number, Verdict>();
  #stopPolling: (() => void) | null = null;
  #draining: Promise<void> | null = null;
  #again = false;

  constructor(options: AnalysisWorkerOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, pollMs = DEFAULT_POLL_MS } = this.#options;
    this.#stopPolling ??= clock.every(pollMs, () => this.wake());
    this.wake();
  }

  /** Looks for work now. Returns at once. */
  wake(): void {
    if (this.#stopping.signal.aborted) return;
    this.#again = true;
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = null;
    });
  }

  /** Ends what is in flight; jobs that did not finish stay due. Resolves once nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopPolling?.();
    this.#stopPolling = null;
    this.#stopping.abort();
    await this.#draining;
    await Promise.all(this.#running.values());
  }

  /** Analyses under way, for metrics. */
  get inFlight(): number {
    return this.#running.size;
  }

  async #drain(): Promise<void> {
    const { queue, clock, log, concurrency = DEFAULT_CONCURRENCY } = this.#options;
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false;
      try {
        // Those in flight are still due, so that many more are asked for.
        const jobs = await queue.due(clock.now(), concurrency + this.#running.size);
        for (const job of jobs) this.#begin(job, concurrency);
      } catch (error) {
        log.warn({ err: nameOf(error) }, "the analysis queue cannot be read");
      }
    }
  }

  #begin(job: AnalysisJob, concurrency: number): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#running.has(job.id) || this.#running.size >= concurrency) return;
    const run = this.#process(job).then((finished) => {
      this.#running.delete(job.id);
      if (finished) this.wake();
    });
    this.#running.set(job.id, run);
  }

  /** Never rejects; whether the job has left the queue. */
  async #process(job: AnalysisJob): Promise<boolean> {
    try {
      const verdict = this.#held.get(job.id) ?? (await this.#judge(job));
      if (verdict === null) return !this.#stopping.signal.aborted;
      await this.#record(job, verdict);
      return true;
    } catch (error) {
      await this.#putBack(job, error);
      return false;
    }
  }

  /** null where there is nothing to store: the job is settled, or the worker stops. */
  async #judge(job: AnalysisJob): Promise<Verdict | null> {
    const { clock, desk, queue } = this.#options;
    const alert = await desk.load(job.alertId);
    if (alert === null) {
      await queue.abandon(job, "no_such_alert");
      return null;
    }
    if (alert.analysis.status !== "pending") {
      await queue.done(job);
      return null;
    }
    const startedMs = clock.now();
    const outcome = await this.#analyse(alert);
    if (outcome === null) return null;
    const verdict = { outcome, durationMs: clock.now() - startedMs, told: false };
    if (this.#held.size < MAX_HELD) this.#held.set(job.id, verdict);
    return verdict;
  }

  /** All attempts under one deadline; null where the worker stops first. */
  async #analyse(alert: Alert): Promise<AnalysisOutcome | null> {
    const { clock } = this.#options;
    const deadlineMs = this.#options.deadlineMs?.(alert) ?? DEFAULT_DEADLINE_MS;
    const latest: { reason: string } = { reason: "timeout" };
    try {
      return await withDeadline((signal) => this.#attempts(alert, clock.now() + deadlineMs, latest, signal), {
        timeoutMs: deadlineMs,
        clock,
        signal: this.#stopping.signal,
      });
    } catch (error) {
      if (this.#stopping.signal.aborted) return null;
      const reason = isTimeout(error) ? latest.reason : "internal_error";
      if (!isTimeout(error))
        this.#options.log.error({ alert: alert.id, err: nameOf(error) }, "analysis broke");
      return { kind: "failed", retryable: false, retryAfterMs: null, reason };
    }
  }

  async #attempts(
    alert: Alert,
    endMs: EpochMs,
    latest: { reason: string },
    signal: AbortSignal,
  ): Promise<AnalysisOutcome> {
    const { analyst, backoff, clock, maxAttempts = DEFAULT_MAX_ATTEMPTS } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await analyst.analyse(alert, signal);
      if (outcome.kind === "done" || !outcome.retryable || signal.aborted) return outcome;
      if (attempt >= maxAttempts) return outcome;
      latest.reason = outcome.reason;
      const waitMs = outcome.retryAfterMs ?? backoff(attempt);
      if (clock.now() + waitMs >= endMs) return outcome;
      await clock.sleep(waitMs, signal);
    }
  }

  async #record(job: AnalysisJob, verdict: Verdict): Promise<void> {
    const { analyst, desk, queue, onOutcome } = this.#options;
    const { outcome } = verdict;
    if (!verdict.told) {
      if (outcome.kind === "done") {
        const { findings, model, reason = null, report } = outcome;
        const by = report?.tier === "statistics" ? "statistics" : analyst.name;
        const whole = report === undefined ? {} : { report };
        await desk.analysed(job.alertId, findings, { status: "done", by, model, reason, ...whole });
      } else {
        await desk.failed(job.alertId, outcome.reason);
      }
      verdict.told = true;
      onOutcome?.({
        result: outcome.kind,
        reason: outcome.kind === "failed" ? outcome.reason : null,
        durationMs: verdict.durationMs,
      });
    }
    if (outcome.kind === "done") await queue.done(job);
    else await queue.abandon(job, outcome.reason);
    this.#held.delete(job.id);
  }

  /** The store is out of reach: later, and without asking the analyst again where its answer is held. */
  async #putBack(job: AnalysisJob, error: unknown): Promise<void> {
    const { queue, clock, log, backoff } = this.#options;
    log.warn({ alert: job.alertId, err: nameOf(error) }, "an analysis could not be stored");
    try {
      await queue.retry(job, clock.now() + backoff(job.attempts + 1), "store_unavailable");
    } catch {
      // Still due: the next poll tries again.
    }
  }
}

/** An error's kind; its message may hold what was being written. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
