import type { Alert } from "../alert/alert.ts";
import type { AlertEvent } from "../alert/event.ts";
import {
  writesOf,
  type AlertCommit,
  type AlertQuery,
  type AlertRepository,
  type AlertWrite,
  type Claim,
  type CommitOutcome,
} from "../alert/repository.ts";
import { summaryOf, type AlertSummary } from "../alert/summary.ts";
import type { EpochMs } from "../log/time.ts";
import { checkCommit, orderedClaims } from "./alert-commit.ts";
import { MemoryOutbox } from "./memory-outbox.ts";
import { storable } from "./storable.ts";

function matches(alert: Alert, query: AlertQuery): boolean {
  return (
    (query.severity === undefined || alert.severity === query.severity) &&
    (query.category === undefined || alert.category === query.category) &&
    (query.status === undefined || alert.status === query.status) &&
    (query.service === undefined || alert.affectedServices.includes(query.service))
  );
}

/** The repository in memory: for replay and for tests. It holds all that it is given until it is dropped. */
export class MemoryAlerts implements AlertRepository {
  readonly outbox = new MemoryOutbox();
  /** In the order of creation. */
  readonly #alerts = new Map<string, Alert>();
  readonly #events = new Map<string, AlertEvent[]>();
  readonly #claims = new Map<string, Claim>();

  async commit(commit: AlertCommit): Promise<CommitOutcome> {
    checkCommit(commit);
    const writes = writesOf(storable(commit));
    for (const write of writes) {
      const refusal = this.#refusal(write);
      if (refusal !== null) return refusal;
    }
    for (const write of writes) this.#write(write);
    return { kind: "committed" };
  }

  async get(id: string): Promise<Alert | null> {
    return this.#alerts.get(id) ?? null;
  }

  async recent(query: AlertQuery): Promise<readonly Alert[]> {
    return [...this.#alerts.values()]
      .filter((alert) => matches(alert, query))
      .toReversed()
      .toSorted((a, b) => b.detectedAtMs - a.detectedAtMs)
      .slice(query.offset ?? 0, (query.offset ?? 0) + query.limit);
  }

  async startingWith(prefix: string, limit: number): Promise<readonly Alert[]> {
    const all = await this.recent({ limit: Infinity });
    return all.filter(({ id }) => id.startsWith(prefix)).slice(0, limit);
  }

  async between(fromMs: EpochMs, toMs: EpochMs, limit: number, offset = 0): Promise<readonly AlertSummary[]> {
    const all = await this.recent({ limit: Infinity });
    return all
      .filter(({ detectedAtMs }) => detectedAtMs >= fromMs && detectedAtMs < toMs)
      .slice(offset, offset + limit)
      .map(summaryOf);
  }

  async unresolved(): Promise<readonly Alert[]> {
    return [...this.#alerts.values()]
      .filter((alert) => alert.status !== "resolved")
      .toSorted((a, b) => a.detectedAtMs - b.detectedAtMs);
  }

  async claims(nowMs: EpochMs): Promise<readonly Claim[]> {
    return [...this.#claims.values()].filter((claim) => claim.untilMs > nowMs);
  }

  async events(id: string): Promise<readonly AlertEvent[]> {
    return this.#events.get(id) ?? [];
  }

  #write({ alert, events, deliveries, claims, nowMs }: AlertWrite): void {
    this.#alerts.set(alert.id, alert);
    this.#events.set(alert.id, [...(this.#events.get(alert.id) ?? []), ...events]);
    for (const claim of claims) this.#claims.set(claim.key, claim);
    this.outbox.queue(alert, deliveries, nowMs);
  }

  #refusal({ alert, expectedVersion, nowMs, claims }: AlertWrite): CommitOutcome | null {
    const current = this.#alerts.get(alert.id);
    if (expectedVersion === 0) {
      if (current !== undefined) return { kind: "id_taken" };
    } else {
      if (current === undefined) throw new RangeError(`alert ${alert.id} was never opened`);
      if (current.version !== expectedVersion) return { kind: "stale", current };
    }
    for (const wanted of orderedClaims(claims)) {
      const held = this.#claims.get(wanted.key);
      if (held !== undefined && held.untilMs > nowMs && held.alertId !== wanted.alertId) {
        return { kind: "claimed", claim: held };
      }
    }
    return null;
  }
}
