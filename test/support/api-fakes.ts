import type { Alert } from "../../src/alert/alert.ts";
import type { Actor, AlertEvent } from "../../src/alert/event.ts";
import type { AlertQuery } from "../../src/alert/repository.ts";
import type {
  AlertVerbs,
  HandlingVerbs,
  MuteVerbs,
  ProposalVerbs,
  ReportVerbs,
  VerbOutcome,
  Verbs,
} from "../../src/alert/verbs.ts";
import type { LogBatch } from "../../src/log/batch.ts";
import type { AcceptOutcome, LogSink } from "../../src/log/sink.ts";
import { sampleAlert, sampleObserved } from "./sample-alert.ts";

/** Alerts in a list; `down` plays a database that is gone, `broken` a bug. */
export class FakeVerbs implements AlertVerbs {
  readonly asked: AlertQuery[] = [];
  readonly calls: { readonly verb: string; readonly id: string; readonly actor: Actor }[] = [];
  alerts: Alert[] = [sampleAlert()];
  down = false;
  broken = false;
  refusal: string | null = null;

  #answer<T>(value: T): Promise<T | "unavailable"> {
    if (this.broken) return Promise.reject(new TypeError("hush: postgres://user:hush@db"));
    return Promise.resolve(this.down ? "unavailable" : value);
  }

  get(id: string): Promise<Alert | null | "unavailable"> {
    return this.#answer(this.alerts.find((alert) => alert.id === id) ?? null);
  }

  recent(query: AlertQuery): Promise<readonly Alert[] | "unavailable"> {
    this.asked.push(query);
    return this.#answer(this.alerts);
  }

  events(id: string): Promise<readonly AlertEvent[] | "unavailable"> {
    const alert = this.alerts.find((known) => known.id === id);
    return this.#answer(alert === undefined ? [] : eventsOf(alert));
  }

  async #verb(verb: string, id: string, actor: Actor): Promise<VerbOutcome> {
    this.calls.push({ verb, id, actor });
    const alert = await this.get(id);
    if (alert === "unavailable") return { kind: "unavailable", message: "the database is out of reach" };
    if (alert === null) return { kind: "not_found" };
    if (this.refusal !== null) return { kind: "refused", message: this.refusal, alert, won: null };
    return { kind: "done", alert };
  }

  acknowledge(id: string, actor: Actor): Promise<VerbOutcome> {
    return this.#verb("acknowledge", id, actor);
  }

  resolve(id: string, actor: Actor): Promise<VerbOutcome> {
    return this.#verb("resolve", id, actor);
  }

  analyze(id: string, actor: Actor): Promise<VerbOutcome> {
    return this.#verb("analyze", id, actor);
  }
}

/** The rest of what people can ask, which these tests do not; `LifeOffice` has it for real. */
export function withAll(alerts: AlertVerbs): Verbs {
  const unasked = (): Promise<never> => Promise.reject(new Error("not faked"));
  const rest: HandlingVerbs & MuteVerbs & ProposalVerbs & ReportVerbs = {
    match: unasked,
    reopen: unasked,
    snooze: unasked,
    assign: unasked,
    note: unasked,
    merge: unasked,
    judge: unasked,
    rate: unasked,
    previewMute: unasked,
    mute: unasked,
    unmute: unasked,
    mutes: unasked,
    proposals: unasked,
    approve: unasked,
    reject: unasked,
    why: unasked,
    digest: unasked,
    testAlert: unasked,
  };
  return {
    ...rest,
    get: (id) => alerts.get(id),
    recent: (query) => alerts.recent(query),
    events: (id) => alerts.events(id),
    acknowledge: (id, actor) => alerts.acknowledge(id, actor),
    resolve: (id, actor) => alerts.resolve(id, actor),
    analyze: (id, actor) => alerts.analyze(id, actor),
  };
}

/** One event of each kind. */
function eventsOf(alert: Alert): readonly AlertEvent[] {
  const at = { atMs: alert.detectedAtMs, actor: { kind: "system", id: "tocsin", name: "Tocsin" } } as const;
  const anomaly = alert.anomalies[0];
  return [
    { ...at, type: "opened", alert },
    ...(anomaly === undefined
      ? []
      : [{ ...at, type: "anomaly_added", anomaly } as const, { ...at, type: "reopened", anomaly } as const]),
    { ...at, type: "escalated", severity: "critical" },
    { ...at, type: "peaked", observed: sampleObserved(alert) },
    { ...at, type: "adopted", category: "error_spike" },
    { ...at, type: "acknowledged", actor: { kind: "slack", id: "U1", name: "Ada" } },
    { ...at, type: "analysis_requested" },
    { ...at, type: "analysed", analysis: alert.analysis, findings: alert },
    { ...at, type: "analysis_failed", reason: "overloaded" },
    { ...at, type: "resolved", resolution: "the condition has been gone for one window" },
  ];
}

export class RecordingSink implements LogSink {
  readonly batches: LogBatch[] = [];
  outcome: AcceptOutcome | null = null;
  broken = false;
  late = 0;

  accept(batch: LogBatch): AcceptOutcome {
    if (this.broken) throw new TypeError("hush");
    this.batches.push(batch);
    return this.outcome ?? { kind: "accepted", accepted: batch.size, late: this.late };
  }
}
