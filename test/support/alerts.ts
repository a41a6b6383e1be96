import type { Alert, AnalysisState, Findings } from "../../src/alert/alert.ts";
import type { AlertBook } from "../../src/alert/book.ts";
import { SYSTEM, type Actor, type AlertChange, type AlertEvent } from "../../src/alert/event.ts";
import { evolve } from "../../src/alert/evolve.ts";
import type { Claim } from "../../src/alert/repository.ts";

/** What a statistical analyst would say. */
export function analyseNothing(): { readonly findings: Findings; readonly analysis: AnalysisState } {
  return {
    findings: { rootCause: "unknown", impact: null, recommendedActions: [], confidence: null },
    analysis: { status: "done", by: "statistics", model: null, reason: "no_key" },
  };
}

/** A book that keeps everything in memory for ever and breaks as soon as a promise of the book is broken. */
export class MemoryBook implements AlertBook {
  readonly alerts = new Map<string, Alert>();
  readonly trail: { readonly id: string; readonly event: AlertEvent }[] = [];
  /** The original rules open one alert per environment; the engine one per incident. */
  onePerEnvironment = true;
  readonly #claims = new Map<string, Claim>();

  running(environment: string): Alert | undefined {
    return [...this.alerts.values()].find(
      (alert) => alert.environment === environment && alert.status !== "resolved",
    );
  }

  unresolved(): readonly Alert[] {
    return this.all.filter(({ status }) => status !== "resolved");
  }

  alert(id: string): Alert | undefined {
    return this.alerts.get(id);
  }

  claim(key: string): Claim | undefined {
    return this.#claims.get(key);
  }

  taken(id: string): boolean {
    return this.alerts.has(id);
  }

  open(alert: Alert, claims: readonly Claim[], nowMs: number): void {
    if (this.taken(alert.id)) throw new Error(`${alert.id} exists already`);
    this.#write(alert, [{ type: "opened", alert }], claims, nowMs, SYSTEM);
  }

  change(id: string, changes: readonly AlertChange[], claims: readonly Claim[], nowMs: number): void {
    const alert = this.alerts.get(id);
    if (alert === undefined) throw new Error(`${id} is unknown`);
    this.#write(alert, changes, claims, nowMs, SYSTEM);
  }

  /** What a person does. */
  byHand(id: string, change: AlertChange, actor: Actor, nowMs: number): void {
    const alert = this.alerts.get(id);
    if (alert !== undefined) this.#write(alert, [change], [], nowMs, actor);
  }

  /** In the order of opening. */
  get all(): readonly Alert[] {
    return [...this.alerts.values()];
  }

  types(id?: string): readonly string[] {
    return this.trail.filter((entry) => id === undefined || entry.id === id).map(({ event }) => event.type);
  }

  #write(
    before: Alert,
    changes: readonly AlertChange[],
    claims: readonly Claim[],
    nowMs: number,
    actor: Actor,
  ): void {
    for (const claim of claims) {
      const held = this.#claims.get(claim.key);
      if (held !== undefined && held.untilMs > nowMs && held.alertId !== claim.alertId) {
        throw new Error(`${claim.key} is claimed by ${held.alertId}`);
      }
      this.#claims.set(claim.key, claim);
    }
    const events = changes.map((change): AlertEvent => ({ ...change, atMs: nowMs, actor }));
    const after = events.reduce(evolve, before);
    this.alerts.set(after.id, after);
    for (const event of events) this.trail.push({ id: after.id, event });
    this.#check();
  }

  #check(): void {
    const environments = new Set<string>();
    for (const alert of this.alerts.values()) {
      const events = this.trail.filter(({ id }) => id === alert.id).length;
      if (alert.version !== events) throw new Error(`${alert.id} has ${events} events, not ${alert.version}`);
      if ((alert.status === "resolved") !== (alert.resolvedAtMs !== null)) {
        throw new Error(`${alert.id} is ${alert.status}, resolved at ${alert.resolvedAtMs ?? "no time"}`);
      }
      if (alert.status === "resolved") continue;
      if (this.onePerEnvironment && environments.has(alert.environment))
        throw new Error(`two alerts run in ${alert.environment}`);
      environments.add(alert.environment);
    }
  }
}
