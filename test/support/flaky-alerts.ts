import type { Alert } from "../../src/alert/alert.ts";
import type { AlertEvent } from "../../src/alert/event.ts";
import type {
  AlertCommit,
  AlertQuery,
  AlertRepository,
  AlertWrite,
  Claim,
  CommitOutcome,
} from "../../src/alert/repository.ts";
import type { AlertSummary } from "../../src/alert/summary.ts";
import { MemoryAlerts } from "../../src/store/memory-alerts.ts";

/** The database is out of reach. */
export class Away extends Error {}

function word({ alert, events }: AlertWrite): string {
  return `${alert.id} ${events.map(({ type }) => type).join("+")}`;
}

/**
 * A repository whose database can be up, away (every call throws `Away`), hanging (no call ever answers), or lose
 * its answers: what it was told is stored, but the caller hears that it is away.
 */
export class FlakyAlerts implements AlertRepository {
  readonly stored = new MemoryAlerts();
  /** `id type+type` of every commit that was stored, in order. */
  readonly written: string[] = [];
  state: "up" | "away" | "hanging" | "answers_lost" | "refusing" = "up";

  async commit(commit: AlertCommit): Promise<CommitOutcome> {
    await this.#reach();
    if (this.state === "refusing") throw new TypeError("the database will never take this");
    const outcome = await this.stored.commit(commit);
    if (outcome.kind === "committed") {
      const { joint } = commit;
      this.written.push(joint === undefined ? word(commit) : `${word(commit)} & ${word(joint)}`);
    }
    if (this.state === "answers_lost") throw new Away();
    return outcome;
  }

  async get(id: string): Promise<Alert | null> {
    await this.#reach();
    return this.stored.get(id);
  }

  async recent(query: AlertQuery): Promise<readonly Alert[]> {
    await this.#reach();
    return this.stored.recent(query);
  }

  async startingWith(prefix: string, limit: number): Promise<readonly Alert[]> {
    await this.#reach();
    return this.stored.startingWith(prefix, limit);
  }

  async between(
    fromMs: number,
    toMs: number,
    limit: number,
    offset?: number,
  ): Promise<readonly AlertSummary[]> {
    await this.#reach();
    return this.stored.between(fromMs, toMs, limit, offset);
  }

  async unresolved(): Promise<readonly Alert[]> {
    await this.#reach();
    return this.stored.unresolved();
  }

  async claims(nowMs: number): Promise<readonly Claim[]> {
    await this.#reach();
    return this.stored.claims(nowMs);
  }

  async events(id: string): Promise<readonly AlertEvent[]> {
    await this.#reach();
    return this.stored.events(id);
  }

  async #reach(): Promise<void> {
    if (this.state === "away") throw new Away();
    if (this.state === "hanging") await new Promise(() => undefined);
  }
}
