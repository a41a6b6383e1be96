import type { Alert, AnalysisState, Findings } from "../../src/alert/alert.ts";
import type { AnalysisOutcome, Analyst } from "../../src/analysis/analyst.ts";
import type { AnalysisJob, AnalysisQueue, Desk } from "../../src/analysis/worker.ts";
import type { EpochMs } from "../../src/log/time.ts";

/** A queue in memory; `down` makes every call fail. */
export class QueueFake implements AnalysisQueue {
  readonly jobs = new Map<number, AnalysisJob & { readonly dueAtMs: EpochMs }>();
  readonly log: string[] = [];
  down = false;

  add(id: number, alertId: string): void {
    this.jobs.set(id, { id, alertId, attempts: 0, dueAtMs: 0 });
  }

  async due(nowMs: EpochMs, limit: number): Promise<readonly AnalysisJob[]> {
    this.#reach();
    return [...this.jobs.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs).slice(0, limit);
  }

  async done(job: AnalysisJob): Promise<void> {
    this.#reach();
    this.jobs.delete(job.id);
    this.log.push(`done ${job.alertId}`);
  }

  async retry(job: AnalysisJob, nextAtMs: EpochMs, reason: string): Promise<void> {
    this.#reach();
    this.jobs.set(job.id, { ...job, attempts: job.attempts + 1, dueAtMs: nextAtMs });
    this.log.push(`retry ${job.alertId} ${reason}`);
  }

  async abandon(job: AnalysisJob, reason: string): Promise<void> {
    this.#reach();
    this.jobs.delete(job.id);
    this.log.push(`abandon ${job.alertId} ${reason}`);
  }

  #reach(): void {
    if (this.down) throw new Error("no database");
  }
}

/** Alerts by id, and what was said about them. */
export class DeskFake implements Desk {
  readonly alerts = new Map<string, Alert>();
  readonly log: string[] = [];
  down = false;

  add(alert: Alert): void {
    this.alerts.set(alert.id, alert);
  }

  async load(id: string): Promise<Alert | null> {
    return this.alerts.get(id) ?? null;
  }

  async analysed(id: string, findings: Findings, state: AnalysisState): Promise<void> {
    this.#tell(id, `analysed ${id} ${findings.rootCause} by ${state.by} ${state.model}`, state);
  }

  async failed(id: string, reason: string): Promise<void> {
    this.#tell(id, `failed ${id} ${reason}`, { status: "failed", by: "statistics", model: null, reason });
  }

  #tell(id: string, line: string, analysis: AnalysisState): void {
    if (this.down) throw new Error("no database");
    this.log.push(line);
    const alert = this.alerts.get(id);
    if (alert !== undefined) this.alerts.set(id, { ...alert, analysis });
  }
}

/** Plays outcomes in order; "hang" waits for the signal, "stuck" for nothing at all. */
export class AnalystFake implements Analyst {
  readonly name = "claude";
  readonly asked: string[] = [];
  readonly #outcomes: (AnalysisOutcome | "hang" | "stuck" | "throw")[];
  active = 0;
  mostActive = 0;

  constructor(...outcomes: (AnalysisOutcome | "hang" | "stuck" | "throw")[]) {
    this.#outcomes = outcomes;
  }

  async analyse(alert: Alert, signal: AbortSignal): Promise<AnalysisOutcome> {
    this.asked.push(alert.id);
    this.active++;
    this.mostActive = Math.max(this.mostActive, this.active);
    try {
      return await this.#play(signal);
    } finally {
      this.active--;
    }
  }

  #play(signal: AbortSignal): Promise<AnalysisOutcome> {
    const outcome = this.#outcomes.shift() ?? found();
    if (outcome === "throw") return Promise.reject(new Error("a bug"));
    if (outcome === "stuck") return new Promise(() => undefined);
    if (outcome !== "hang") return Promise.resolve(outcome);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(failed("aborted", true)), { once: true });
    });
  }
}

export function found(rootCause = "the cause"): AnalysisOutcome {
  return {
    kind: "done",
    model: "claude-sonnet-5-5",
    findings: { rootCause, impact: null, recommendedActions: [], confidence: 0.5 },
  };
}

export function failed(
  reason: string,
  retryable: boolean,
  retryAfterMs: number | null = null,
): AnalysisOutcome {
  return { kind: "failed", reason, retryable, retryAfterMs };
}
