import type { Aftermath } from "./alert/aftermath.ts";
import type { Alert } from "./alert/alert.ts";
import type { AlertBook } from "./alert/book.ts";
import {
  decideAcknowledge,
  decideAnalyze,
  decideResolve,
  type Decide,
  type DecideBoth,
} from "./alert/commands.ts";
import { SYSTEM, type Actor, type AlertChange, type AlertEvent } from "./alert/event.ts";
import { evolve } from "./alert/evolve.ts";
import { nextId } from "./alert/identity.ts";
import {
  writesOf,
  type AlertCommit,
  type AlertQuery,
  type AlertRepository,
  type AlertWrite,
  type Claim,
  type CommitOutcome,
  type NewDelivery,
} from "./alert/repository.ts";
import type { AlertVerbs, Unavailable, VerbOutcome } from "./alert/verbs.ts";
import { CommitQueue, type CommitQueueOptions, type StoreOutcome } from "./commit-queue.ts";
import { isTimeout, withDeadline } from "./deadline.ts";
import { orUnavailable, UNAVAILABLE } from "./desk/ask.ts";
import { renamed } from "./desk/rename.ts";
import type { EpochMs } from "./log/time.ts";

export interface DeskOptions extends CommitQueueOptions {
  /** Who has to be told of what just happened. */
  readonly deliveriesFor: (
    before: Alert | null,
    events: readonly AlertEvent[],
    after: Alert,
  ) => readonly NewDelivery[];
  /** How an alert that is being resolved ended; absent: nobody knows. */
  readonly aftermath?: (alert: Alert, nowMs: EpochMs) => Aftermath | null;
  /** What mutes make of an alert that is about to become `after`; absent: nobody mutes. */
  readonly muting?: (before: Alert | null, after: Alert, nowMs: EpochMs) => readonly AlertChange[];
}

/** People who ask get an answer within this, even with the database away. */
const ANSWER_WITHIN_MS = 5_000;
/** A word is decided again on what another process wrote first, so many times. */
const MAX_DECISIONS = 3;

interface Submitted {
  readonly after: Alert;
  readonly stored: Promise<StoreOutcome>;
}

/**
 * Every change of an alert goes over this desk: decided and remembered at once, then stored in order. Ticks read
 * from memory and cost no query; people get their answer when it is stored.
 */
export class AlertDesk implements AlertBook, AlertVerbs {
  readonly #options: DeskOptions;
  readonly #queue: CommitQueue;
  /** Unresolved alerts and those that still hold a claim. */
  readonly #alerts = new Map<string, Alert>();
  readonly #claims = new Map<string, Claim>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#queue = new CommitQueue(options, (commit, outcome) => this.#stored(commit, outcome));
  }

  /** Reads what an earlier process left open. Throws when the database is out of reach. */
  async start(): Promise<void> {
    const { repository, clock } = this.#options;
    for (const alert of await repository.unresolved()) this.#alerts.set(alert.id, alert);
    for (const claim of await repository.claims(clock.now())) {
      this.#claims.set(claim.key, claim);
      const alert = await repository.get(claim.alertId);
      if (alert !== null) this.#alerts.set(alert.id, alert);
    }
  }

  stop(graceMs: number): Promise<void> {
    return this.#queue.stop(graceMs);
  }

  backlog(): ReturnType<CommitQueue["backlog"]> {
    return this.#queue.backlog();
  }

  /** Resolves when everything decided so far is stored. */
  settled(): Promise<void> {
    return this.#queue.settled();
  }

  running(environment: string): Alert | undefined {
    for (const alert of this.#alerts.values()) {
      if (alert.environment === environment && alert.status !== "resolved") return alert;
    }
    return undefined;
  }

  /** Of every environment. */
  unresolved(): readonly Alert[] {
    return [...this.#alerts.values()].filter(({ status }) => status !== "resolved");
  }

  alert(id: string): Alert | undefined {
    return this.#alerts.get(id);
  }

  claim(key: string): Claim | undefined {
    return this.#claims.get(key);
  }

  taken(id: string): boolean {
    return this.#alerts.has(id);
  }

  open(alert: Alert, claims: readonly Claim[], nowMs: EpochMs): void {
    this.#submit(this.#write(null, alert, [{ type: "opened", alert }], claims, nowMs, SYSTEM));
  }

  change(id: string, changes: readonly AlertChange[], claims: readonly Claim[], nowMs: EpochMs): void {
    const alert = this.#alerts.get(id);
    if (alert !== undefined) this.#submit(this.#write(alert, alert, changes, claims, nowMs, SYSTEM));
  }

  /** The mutes have changed: what they make of every unresolved alert. */
  reconsider(nowMs: EpochMs): void {
    for (const alert of this.unresolved()) this.change(alert.id, [], [], nowMs);
  }

  async get(id: string): Promise<Alert | null | "unavailable"> {
    return this.#alerts.get(id) ?? (await this.ask((repository) => repository.get(id)));
  }

  recent(query: AlertQuery): Promise<readonly Alert[] | "unavailable"> {
    return this.ask((repository) => repository.recent(query));
  }

  events(id: string): Promise<readonly AlertEvent[] | "unavailable"> {
    return this.ask((repository) => repository.events(id));
  }

  acknowledge(id: string, actor: Actor): Promise<VerbOutcome> {
    return this.decide(id, actor, decideAcknowledge);
  }

  resolve(id: string, actor: Actor): Promise<VerbOutcome> {
    return this.decide(id, actor, decideResolve);
  }

  analyze(id: string, actor: Actor, hint: string | null = null): Promise<VerbOutcome> {
    return this.decide(id, actor, decideAnalyze(hint));
  }

  /** For the analyst: its answer is one more change. */
  apply(id: string, changes: readonly AlertChange[]): Promise<VerbOutcome> {
    return this.decide(id, SYSTEM, () => ({ kind: "change", changes }));
  }

  /** A question to the store, answered in time or not at all. */
  async ask<T>(question: (repository: AlertRepository) => Promise<T>): Promise<T | "unavailable"> {
    const { repository, isUnavailable } = this.#options;
    const answer = await orUnavailable(isUnavailable, () => this.#inTime(question(repository)));
    return answer === undefined ? "unavailable" : answer;
  }

  /** undefined where the answer takes too long. */
  async #inTime<T>(answer: Promise<T>): Promise<T | undefined> {
    const { clock } = this.#options;
    try {
      return await withDeadline(() => answer, { timeoutMs: ANSWER_WITHIN_MS, clock });
    } catch (error) {
      if (!isTimeout(error)) throw error;
      return undefined;
    }
  }

  /** Somebody's word: decided on the alert as it stands, and again where another process wrote first. */
  async decide(id: string, actor: Actor, decide: Decide): Promise<VerbOutcome> {
    return this.#again(async () => {
      const found = await this.get(id);
      // While this waited, somebody else may have changed it.
      const alert = this.#alerts.get(id) ?? found;
      if (alert === null || alert === "unavailable") return missing(alert);
      const nowMs = this.#options.clock.now();
      const decision = decide(alert, nowMs);
      if (decision.kind === "refused") return { ...decision, alert };
      return this.#submit(this.#write(alert, alert, decision.changes, [], nowMs, actor));
    });
  }

  /** Somebody's word about two alerts, stored as one; the outcome shows the second. */
  async decideBoth(
    [firstId, secondId]: readonly [string, string],
    actor: Actor,
    decide: DecideBoth,
  ): Promise<VerbOutcome> {
    return this.#again(async () => {
      const found = [await this.get(firstId), await this.get(secondId)] as const;
      const first = this.#alerts.get(firstId) ?? found[0];
      const second = this.#alerts.get(secondId) ?? found[1];
      if (first === null || first === "unavailable") return missing(first);
      if (second === null || second === "unavailable") return missing(second);
      const nowMs = this.#options.clock.now();
      const decision = decide(first, second, nowMs);
      if (decision.kind === "refused") {
        const { about, ...refusal } = decision;
        return { ...refusal, alert: about === "first" ? first : second };
      }
      return this.#submit(
        this.#write(second, second, decision.second, [], nowMs, actor),
        this.#write(first, first, decision.first, [], nowMs, actor),
      );
    });
  }

  async #again(attempt: () => Promise<Submitted | VerbOutcome>): Promise<VerbOutcome> {
    for (let made = 1; ; made++) {
      const attempted = await attempt();
      if ("kind" in attempted) return attempted;
      const { after, stored } = attempted;
      const outcome = await this.#inTime(stored);
      if (outcome === undefined) return KEPT;
      if (outcome.kind === "dropped") return UNAVAILABLE;
      if (outcome.kind === "committed") return { kind: "done", alert: after };
      if (made === MAX_DECISIONS) return changedMeanwhile(outcome, after);
    }
  }

  /** One decision's writes, the one that people are shown first. */
  #submit(shown: AlertWrite, other?: AlertWrite): Submitted {
    const after = shown.alert;
    const writes = [shown, other].filter((write) => write !== undefined && write.events.length > 0);
    const [first, joint] = writes;
    if (first === undefined) return { after, stored: Promise.resolve({ kind: "committed" }) };
    if (this.#queue.full) {
      this.#options.log.error(
        { alert: after.id },
        "too many alert changes wait for the database: one dropped",
      );
      return { after, stored: Promise.resolve({ kind: "dropped" }) };
    }
    for (const write of writes) if (write !== undefined) this.#remember(write);
    return { after, stored: this.#queue.push(joint === undefined ? first : { ...first, joint }) };
  }

  #write(
    before: Alert | null,
    from: Alert,
    changes: readonly AlertChange[],
    claims: readonly Claim[],
    nowMs: EpochMs,
    actor: Actor,
  ): AlertWrite {
    const { events, after } = this.#events(before, from, changes, nowMs, actor);
    const deliveries = events.length === 0 ? [] : this.#options.deliveriesFor(before, events, after);
    return { alert: after, expectedVersion: before?.version ?? 0, events, deliveries, claims, nowMs };
  }

  /** The changes as events, with what the mutes make of them. */
  #events(
    before: Alert | null,
    from: Alert,
    changes: readonly AlertChange[],
    nowMs: EpochMs,
    actor: Actor,
  ): { readonly events: readonly AlertEvent[]; readonly after: Alert } {
    const ended = changes.map((change) => this.#ended(from, change, nowMs));
    const said = ended.map((change): AlertEvent => ({ ...change, atMs: nowMs, actor }));
    const then = said.reduce(evolve, from);
    const muting = this.#options.muting?.(before, then, nowMs) ?? [];
    const added = muting.map((change): AlertEvent => ({ ...change, atMs: nowMs, actor: SYSTEM }));
    return { events: [...said, ...added], after: added.reduce(evolve, then) };
  }

  #ended(alert: Alert, change: AlertChange, nowMs: EpochMs): AlertChange {
    if (change.type !== "resolved") return change;
    const aftermath = this.#options.aftermath?.(alert, nowMs) ?? null;
    return aftermath === null ? change : { ...change, aftermath };
  }

  async #stored(commit: AlertCommit, outcome: StoreOutcome): Promise<AlertCommit | null> {
    if (outcome.kind === "id_taken") return this.#rename(commit);
    if (outcome.kind === "stale" || outcome.kind === "claimed") await this.#lost(commit, outcome);
    return null;
  }

  #remember({ alert, claims, nowMs }: AlertWrite): void {
    this.#alerts.set(alert.id, alert);
    for (const claim of claims) this.#claims.set(claim.key, claim);
    for (const [key, { untilMs }] of this.#claims) if (untilMs <= nowMs) this.#claims.delete(key);
    const claimed = new Set([...this.#claims.values()].map(({ alertId }) => alertId));
    for (const [id, { status }] of this.#alerts) {
      if (status === "resolved" && !claimed.has(id) && id !== alert.id) this.#alerts.delete(id);
    }
  }

  /** An alert of an earlier process has this id: the next one, for this write and those that wait behind it. */
  #rename(commit: AlertCommit): AlertCommit {
    const taken = commit.alert.id;
    const id = nextId(taken, (candidate) => this.#alerts.has(candidate));
    const current = this.#alerts.get(taken);
    this.#alerts.delete(taken);
    if (current !== undefined) this.#alerts.set(id, { ...current, id });
    for (const claim of this.#claims.values()) {
      if (claim.alertId === taken) this.#claims.set(claim.key, { ...claim, alertId: id });
    }
    this.#queue.rewrite(taken, (waiting) => renamed(waiting, taken, id));
    return renamed(commit, taken, id);
  }

  /** Another process wrote first: what it wrote is true, what was built on the old state is not. */
  async #lost(
    commit: AlertCommit,
    outcome: Extract<CommitOutcome, { kind: "stale" | "claimed" }>,
  ): Promise<void> {
    const { id } = commit.alert;
    this.#options.log.warn({ alert: id, outcome: outcome.kind }, "another process changed this first");
    const ids = writesOf(commit).map(({ alert }) => alert.id);
    const lost = this.#queue.drop(ids, outcome);
    if (outcome.kind === "claimed") {
      const { claim } = outcome;
      this.#alerts.delete(id);
      this.#claims.set(claim.key, claim);
      await this.#reload(claim.alertId);
    }
    const current = outcome.kind === "stale" ? outcome.current : null;
    if (current !== null) this.#alerts.set(current.id, current);
    for (const [lostId, waiting] of lost) {
      if (waiting !== null) this.#alerts.set(lostId, waiting);
      else if (lostId !== current?.id) await this.#reload(lostId);
    }
  }

  async #reload(id: string): Promise<void> {
    const alert = await this.ask((repository) => repository.get(id));
    if (alert !== "unavailable" && alert !== null) this.#alerts.set(id, alert);
  }
}

function missing(alert: null | "unavailable"): VerbOutcome {
  return alert === null ? { kind: "not_found" } : UNAVAILABLE;
}

function changedMeanwhile(outcome: StoreOutcome, alert: Alert): VerbOutcome {
  return {
    kind: "refused",
    message: `${alert.id} has just been changed by somebody else.`,
    alert: outcome.kind === "stale" ? outcome.current : alert,
    won: null,
  };
}

const KEPT: Unavailable = {
  kind: "unavailable",
  message: "The database does not answer at the moment. This is kept, and done when it is back.",
};
