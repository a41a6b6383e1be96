import type { Alert } from "../../src/alert/alert.ts";
import type { Actor, AlertEvent } from "../../src/alert/event.ts";
import type { AlertQuery } from "../../src/alert/repository.ts";
import type { AlertVerbs, VerbOutcome } from "../../src/alert/verbs.ts";

/** Alerts in a map; `mode` makes every verb fail in one of the ways that verbs may, or should not. */
export class FakeVerbs implements AlertVerbs {
  readonly alerts = new Map<string, Alert>();
  readonly asked: { readonly verb: string; readonly id: string; readonly actor: Actor }[] = [];
  readonly queries: AlertQuery[] = [];
  mode: "works" | "unavailable" | "throws" | "hangs" = "works";
  refusal: string | null = null;
  private waiting: (() => void)[] = [];

  constructor(...alerts: Alert[]) {
    for (const alert of alerts) this.alerts.set(alert.id, alert);
  }

  /** Lets what hangs go on. */
  release(): void {
    this.mode = "works";
    for (const go of this.waiting.splice(0)) go();
  }

  async get(id: string): Promise<Alert | null | "unavailable"> {
    if (await this.unavailable()) return "unavailable";
    return this.alerts.get(id) ?? null;
  }

  async recent(query: AlertQuery): Promise<readonly Alert[] | "unavailable"> {
    this.queries.push(query);
    if (await this.unavailable()) return "unavailable";
    return [...this.alerts.values()].slice(0, query.limit);
  }

  async events(): Promise<readonly AlertEvent[]> {
    return [];
  }

  acknowledge(id: string, actor: Actor): Promise<VerbOutcome> {
    return this.change("acknowledge", id, actor, { status: "acknowledged", acknowledgedBy: actor.name });
  }

  resolve(id: string, actor: Actor): Promise<VerbOutcome> {
    return this.change("resolve", id, actor, { status: "resolved", resolvedBy: actor.name });
  }

  /** The hint of the last analysis that was asked for. */
  hint: string | null = null;

  analyze(id: string, actor: Actor, hint: string | null = null): Promise<VerbOutcome> {
    this.hint = hint;
    return this.change("analyze", id, actor, {});
  }

  private async change(verb: string, id: string, actor: Actor, change: Partial<Alert>): Promise<VerbOutcome> {
    if (await this.unavailable()) return { kind: "unavailable", message: "database down" };
    const alert = this.alerts.get(id);
    if (alert === undefined) return { kind: "not_found" };
    if (this.refusal !== null) return { kind: "refused", message: this.refusal, alert, won: null };
    this.asked.push({ verb, id, actor });
    const changed = { ...alert, ...change, version: alert.version + 1 };
    this.alerts.set(id, changed);
    return { kind: "done", alert: changed };
  }

  private async unavailable(): Promise<boolean> {
    if (this.mode === "throws") throw new Error("a bug with text of a user in it");
    if (this.mode === "hangs") {
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
      });
    }
    return this.mode === "unavailable";
  }
}
