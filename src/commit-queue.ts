import type { Logger } from "pino";
import type { AlertCommit, AlertRepository, CommitOutcome } from "./alert/repository.ts";
import type { Clock } from "./clock.ts";

export interface CommitQueueOptions {
  readonly repository: AlertRepository;
  readonly clock: Clock;
  readonly log: Logger;
  readonly backoffMs: (attempt: number) => number;
  /** Would the same write succeed later? */
  readonly isUnavailable: (error: unknown) => boolean;
  /** After every write that is stored, with how long its transaction took. */
  readonly committed: (commit: AlertCommit, tookMs: number) => void;
}

/** `dropped`: refused by the database for good, or the process stopped before it could be stored. */
export type StoreOutcome = CommitOutcome | { readonly kind: "dropped" };

interface Queued {
  readonly commit: AlertCommit;
  readonly settle: (outcome: StoreOutcome) => void;
}

/** Writes that wait for the database; more than that are refused, and said so. */
export const MAX_QUEUED_COMMITS = 10_000;

/** Stores alert changes one after the other. While the database is away they wait, in order. */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #answered: (commit: AlertCommit, outcome: StoreOutcome) => AlertCommit | null;
  readonly #queue: Queued[] = [];
  readonly #stopping = new AbortController();
  #draining: Promise<void> | null = null;
  #failing = false;

  /** `answered` hears each outcome before the next write is taken; what it returns is stored instead, at once. */
  constructor(
    options: CommitQueueOptions,
    answered: (commit: AlertCommit, outcome: StoreOutcome) => AlertCommit | null,
  ) {
    this.#options = options;
    this.#answered = answered;
  }

  get full(): boolean {
    return this.#queue.length >= MAX_QUEUED_COMMITS;
  }

  /** Writes that wait, and whether the database refuses them at present. */
  backlog(): { readonly count: number; readonly failing: boolean } {
    return { count: this.#queue.length, failing: this.#failing };
  }

  push(commit: AlertCommit): Promise<StoreOutcome> {
    const stored = new Promise<StoreOutcome>((settle) => this.#queue.push({ commit, settle }));
    this.#draining ??= this.#drain();
    return stored;
  }

  /** Rewrites the waiting commits of an alert, or drops those for which `change` returns null. */
  rewrite(alertId: string, change: (commit: AlertCommit) => AlertCommit | null): void {
    for (const queued of this.#queue.splice(0)) {
      const commit = queued.commit.alert.id === alertId ? change(queued.commit) : queued.commit;
      if (commit === null) queued.settle({ kind: "dropped" });
      else this.#queue.push({ ...queued, commit });
    }
  }

  /** Resolves when everything pushed so far is stored. */
  async settled(): Promise<void> {
    while (this.#draining !== null) await this.#draining;
  }

  /** Stores what waits, as far as the database lets it within `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const grace = new AbortController();
    await Promise.race([this.#draining, this.#options.clock.sleep(graceMs, grace.signal)]);
    grace.abort();
    this.#stopping.abort();
    await this.#draining;
    for (const { settle } of this.#queue.splice(0)) settle({ kind: "dropped" });
  }

  async #drain(): Promise<void> {
    const { clock, log, backoffMs } = this.#options;
    let failures = 0;
    for (let head = this.#queue.shift(); head !== undefined; head = this.#queue.shift()) {
      const stopped = this.#stopping.signal.aborted;
      const outcome = stopped ? "unavailable" : await this.#store(head.commit, failures > 0);
      if (outcome !== "unavailable") {
        if (failures > 0)
          log.info({ queued: this.#queue.length }, "database is back: alert changes are stored");
        failures = 0;
        this.#failing = false;
        const instead = this.#answered(head.commit, outcome);
        if (instead === null) head.settle(outcome);
        else this.#queue.unshift({ ...head, commit: instead });
        continue;
      }
      this.#queue.unshift(head);
      if (this.#stopping.signal.aborted) break;
      failures += 1;
      this.#failing = true;
      if (failures === 1)
        log.warn({ queued: this.#queue.length }, "database out of reach: alert changes wait");
      await clock.sleep(backoffMs(failures), this.#stopping.signal);
    }
    this.#draining = null;
  }

  async #store(commit: AlertCommit, repeated: boolean): Promise<StoreOutcome | "unavailable"> {
    const { repository, isUnavailable, committed, clock, log } = this.#options;
    const startedMs = clock.now();
    try {
      const answer = await repository.commit(commit);
      const outcome = repeated && (await this.#landed(commit, answer)) ? COMMITTED : answer;
      if (outcome.kind === "committed") committed(commit, clock.now() - startedMs);
      return outcome;
    } catch (error) {
      if (isUnavailable(error)) return "unavailable";
      log.error({ err: error, alert: commit.alert.id }, "alert change could not be stored");
      return { kind: "dropped" };
    }
  }

  /** The write before an outage may have been stored though its answer was lost. */
  async #landed({ alert }: AlertCommit, { kind }: CommitOutcome): Promise<boolean> {
    if (kind !== "stale" && kind !== "id_taken") return false;
    const stored = await this.#options.repository.get(alert.id);
    return stored?.version === alert.version && stored.detectedAtMs === alert.detectedAtMs;
  }
}

const COMMITTED: CommitOutcome = { kind: "committed" };
