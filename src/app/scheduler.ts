import type { Logger } from "pino";
import type { Clock } from "../clock.ts";

export interface Job {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => void | Promise<void>;
}

/** The loops. A job that is still running is not started again; one that throws is logged and tried next time. */
export class Scheduler {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stops: (() => void)[] = [];
  readonly #running = new Map<string, Promise<void>>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  start(jobs: readonly Job[]): void {
    for (const job of jobs) this.#stops.push(this.#clock.every(job.everyMs, () => this.#run(job)));
  }

  /** Waits for what is running. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await Promise.all(this.#running.values());
  }

  #run(job: Job): void {
    if (this.#running.has(job.name)) return;
    const running = this.#attempt(job).then(() => {
      this.#running.delete(job.name);
    });
    this.#running.set(job.name, running);
  }

  async #attempt(job: Job): Promise<void> {
    try {
      await job.run();
    } catch (error) {
      this.#log.error({ err: error, job: job.name }, "a scheduled job failed");
    }
  }
}
