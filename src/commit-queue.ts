import type { Logger } from "pino";
import type { Alert } from "./alert/alert.ts";
import {
  writesOf,
  type AlertCommit,
  type AlertRepository,
  type AlertWrite,
  type CommitOutcome,
} from "./alert/repository.ts";
import type { Clock } from "./clock.ts";

export interface CommitQueueOptions {
  readonly repository: AlertRepository;
  readonly clock: Clock;
  readonly log: Logger;
  readonly backoffMs: (attempt: number) => number;
  /** Would the same write succeed later? */
  readonly isUnavailable: (error: unknown) => boolean;
  /** After every write that is stored, with how long its transaction took. */
  readonly committed: (write: AlertWrite, tookMs: number) => void;
}

/** `dropped`: refused by the database for good, or the process stopped before it could be stored. */
export type StoreOutcome = CommitOutcome | { readonly kind: "dropped" };

interface Queued {
  readonly commit: AlertCommit;
  readonly settle: (outcome: StoreOutcome) => void;
}

type Answered = (
  commit: AlertCommit,
  outcome: StoreOutcome,
) => AlertCommit | null | Promise<AlertCommit | null>;

/** Writes that wait for the database; more than that are refused, and said so. */
export const MAX_QUEUED_COMMITS = 10_000;

/** Stores alert changes one after the other. While the database is away they wait, in order. */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #answered: Answered;
  readonly #queue: Queued[] = [];
  readonly #stopping = new AbortController();
  #draining: Promise<void> | null = null;
  #storing = false;
  #failing = false;

  /** `answered` hears each outcome before the next write is taken; what it returns is stored instead, at once. */
  constructor(options: CommitQueueOptions, answered: Answered) {
    this.#options = options;
    this.#answered = answered;
  }

  get full(): boolean {
    return this.#queue.length >= MAX_QUEUED_COMMITS;
  }

  /** Writes that wait or are under way, and whether the database refuses them at present. */
  backlog(): { readonly count: number; readonly failing: boolean } {
    return { count: this.#queue.length + (this.#storing ? 1 : 0), failing: this.#failing };
  }

  push(commit: AlertCommit): Promise<StoreOutcome> {
    if (this.#stopping.signal.aborted) return Promise.resolve({ kind: "dropped" });
    const stored = new Promise<StoreOutcome>((settle) => this.#queue.push({ commit, settle }));
    this.#draining ??= this.#drain();
    return stored;
  }

  /** Changes the waiting commits of an alert. */
  rewrite(alertId: string, change: (commit: AlertCommit) => AlertCommit): void {
    for (const [i, queued] of this.#queue.entries()) {
      if (isAbout(queued.commit, alertId)) this.#queue[i] = { ...queued, commit: change(queued.commit) };
    }
  }

  /**
   * Takes the waiting commits of these alerts out, and what was built on those; whoever waits for one hears
   * `outcome`. Every alert that lost a commit is returned as the commits that still wait leave it, null where none
   * does.
   */
  drop(alertIds: readonly string[], outcome: StoreOutcome): ReadonlyMap<string, Alert | null> {
    const lost = new Map<string, Alert | null>(alertIds.map((id) => [id, null]));
    const left = new Map<string, Alert>();
    for (const queued of this.#queue.splice(0)) {
      const writes = writesOf(queued.commit);
      if (writes.some(({ alert }) => lost.has(alert.id))) {
        for (const { alert } of writes)
          if (!lost.has(alert.id)) lost.set(alert.id, left.get(alert.id) ?? null);
        queued.settle(outcome);
      } else {
        for (const { alert } of writes) left.set(alert.id, alert);
        this.#queue.push(queued);
      }
    }
    return lost;
  }

  /** Resolves when everything pushed so far is stored. */
  async settled(): Promise<void> {
    while (this.#draining !== null) await this.#draining;
  }

  /** Stores what waits, as far as the database lets it within `graceMs`. A write that hangs is not waited for. */
  async stop(graceMs: number): Promise<void> {
    const grace = new AbortController();
    await Promise.race([this.#draining, this.#options.clock.sleep(graceMs, grace.signal)]);
    grace.abort();
    this.#stopping.abort();
    for (const { settle } of this.#queue.splice(0)) settle({ kind: "dropped" });
  }

  async #drain(): Promise<void> {
    const { clock, log, backoffMs } = this.#options;
    let failures = 0;
    for (let head = this.#queue.shift(); head !== undefined; head = this.#queue.shift()) {
      this.#storing = true;
      const outcome = await this.#store(head.commit, failures > 0);
      if (outcome !== "unavailable") {
        if (failures > 0)
          log.info({ queued: this.#queue.length }, "database is back: alert changes are stored");
        failures = 0;
        this.#failing = false;
        const instead = await this.#answered(head.commit, outcome);
        if (instead === null) head.settle(outcome);
        else this.#queue.unshift({ ...head, commit: instead });
        continue;
      }
      if (this.#stopping.signal.aborted) {
        head.settle({ kind: "dropped" });
        break;
      }
      this.#storing = false;
      this.#queue.unshift(head);
      failures += 1;
      this.#failing = true;
      if (failures === 1)
        log.warn({ queued: this.#queue.length }, "database out of reach: alert changes wait");
      await clock.sleep(backoffMs(failures), this.#stopping.signal);
    }
    this.#storing = false;
    this.#draining = null;
  }

  async #store(commit: AlertCommit, repeated: boolean): Promise<StoreOutcome | "unavailable"> {
    const { repository, isUnavailable, committed, clock, log } = this.#options;
    const startedMs = clock.now();
    try {
      const answer = await repository.commit(commit);
      const outcome = repeated && (await this.#landed(commit, answer)) ? COMMITTED : answer;
      const tookMs = clock.now() - startedMs;
      if (outcome.kind === "committed") for (const write of writesOf(commit)) committed(write, tookMs);
      return outcome;
    } catch (error) {
      if (isUnavailable(error)) return "unavailable";
      log.error({ err: error, alert: commit.alert.id }, "alert change could not be stored");
      return { kind: "dropped" };
    }
  }

  /** The write before an outage may have been stored though its answer was lost; of two, both or neither. */
  async #landed({ alert }: AlertCommit, { kind }: CommitOutcome): Promise<boolean> {
    if (kind !== "stale" && kind !== "id_taken") return false;
    const stored = await this.#options.repository.get(alert.id);
    return (
      stored?.version === alert.version &&
      stored.detectedAtMs === alert.detectedAtMs &&
      stored.environment === alert.environment
    );
  }
}

function isAbout(commit: AlertCommit, alertId: string): boolean {
  return writesOf(commit).some(({ alert }) => alert.id === alertId);
}

const COMMITTED: CommitOutcome = { kind: "committed" };
