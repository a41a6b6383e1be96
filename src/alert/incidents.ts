import type { Anomaly } from "../anomaly/anomaly.ts";
import { severityRank } from "../anomaly/anomaly.ts";
import type { Finding } from "../anomaly/finding.ts";
import type { ClassicBaseline } from "../baseline/classic.ts";
import type { EpochMs } from "../log/time.ts";
import type { WindowStats } from "../window/windows.ts";
import type { Alert, Evidence, Suspect } from "./alert.ts";
import { blame, type Blamed } from "./blame.ts";
import type { AlertBook } from "./book.ts";
import type { Movements, Tracked } from "./confirm.ts";
import { claimKey, claimsFor, isNotable, type CooldownOptions } from "./decide.ts";
import type { AlertChange } from "./event.ts";
import { sameFinding } from "./evolve.ts";
import { alertId } from "./identity.ts";
import {
  incidentFromJson,
  incidentToJson,
  newIncident,
  untell,
  type Incident,
  type IncidentJson,
} from "./incident.ts";
import type { FindingLedger, Gate } from "./ledger.ts";
import type { Claim } from "./repository.ts";
import { silenced } from "./silenced.ts";
import type { AlertChart, ChartSubject } from "./chart.ts";
import { analysedNow, observedNow, openAlert, type Analyse, type Scene } from "./observe.ts";

/** Beyond this a finding that begins is not part of what began before, however they are linked. */
const JOIN_STEPS = 3;

/** What the window shows; asked only when an alert opens or changes. */
export interface IncidentView {
  readonly stats: WindowStats;
  readonly baseline: ClassicBaseline;
  evidence(services: ReadonlySet<string>, newSinceMs: EpochMs): readonly Evidence[];
  suspects(members: readonly Tracked[], blamed: readonly Blamed[]): readonly Suspect[];
  chart?(subject: ChartSubject): AlertChart;
}

export interface IncidentOptions extends CooldownOptions {
  readonly windowMs: number;
  readonly stepMs: number;
  readonly analyse: Analyse;
  readonly linked: (a: string, b: string) => boolean;
  /** Stored and listed, nobody told. */
  readonly isShadow: (finding: Finding) => boolean;
}

const PEAKS_PER_WINDOW = 30;
const MIN_PEAK_EVERY_MS = 2_000;

/** Turns confirmed findings into alerts: what is linked is one alert, what only coincides is not. */
export class Incidents {
  readonly #options: IncidentOptions;
  readonly #book: AlertBook;
  readonly #ledger: FindingLedger;
  readonly #incidents = new Map<string, Incident>();

  constructor(options: IncidentOptions, book: AlertBook, ledger: FindingLedger) {
    this.#options = options;
    this.#book = book;
    this.#ledger = ledger;
  }

  /** Alerts of an earlier process, to be followed to their end. */
  adopt(alert: Alert, seriesKeys: readonly string[], nowMs: EpochMs): void {
    if (this.#incidents.has(alert.id)) return;
    const incident = newIncident(alert, nowMs);
    for (const key of seriesKeys) incident.seriesKeys.add(key);
    this.#incidents.set(alert.id, incident);
  }

  get going(): boolean {
    return this.#incidents.size > 0;
  }

  /** `indexOf`: where a member is stored. */
  toJson(indexOf: (tracked: Tracked) => number): readonly IncidentJson[] {
    return Array.from(this.#incidents.values(), (incident) => incidentToJson(incident, indexOf));
  }

  /** An alert that was never stored is not followed; what it told of is told when it is seen again. */
  restore(json: readonly IncidentJson[], tracked: readonly Tracked[]): void {
    for (const one of json) {
      const incident = incidentFromJson(one, tracked);
      if (this.#book.alert(incident.alertId) === undefined) untell(incident);
      else this.#incidents.set(incident.alertId, incident);
    }
  }

  /** Time in which nothing could be seen counts neither for an alert nor against it. */
  hold(unseenMs: number): void {
    for (const incident of this.#incidents.values()) incident.lastActiveMs += unseenMs;
  }

  judge(environment: string, movements: Movements, nowMs: EpochMs, view: () => IncidentView): void {
    this.#gatherMerged();
    // The earliest and the strongest first: they give the alert its name.
    const confirmed = movements.confirmed.toSorted(
      (a, b) => b.peak.score - a.peak.score || a.key.localeCompare(b.key),
    );
    for (const tracked of confirmed) this.#place(environment, tracked, nowMs, view);
    for (const tracked of movements.seen) this.#seen(tracked, nowMs);
    for (const incident of this.#incidents.values()) {
      if (incident.environment === environment) this.#follow(incident, nowMs, view);
    }
  }

  /** What people have merged goes on as one: the alert that is left is open until the findings of both are over. */
  #gatherMerged(): void {
    for (const [id, incident] of this.#incidents) {
      const left = this.#incidents.get(this.#book.alert(id)?.mergedInto ?? "");
      if (left === undefined) continue;
      for (const [key, tracked] of incident.members) {
        left.members.set(key, tracked);
        tracked.alertId = left.alertId;
      }
      for (const key of incident.seriesKeys) left.seriesKeys.add(key);
      left.lastActiveMs = Math.max(left.lastActiveMs, incident.lastActiveMs);
      left.lastStrongMs = Math.max(left.lastStrongMs, incident.lastStrongMs);
      this.#incidents.delete(id);
    }
  }

  /** The alert, or the one that it has become a part of. */
  #leftOf(id: string): Alert | undefined {
    const alert = this.#book.alert(id);
    const into = alert?.mergedInto ?? null;
    return into === null ? alert : (this.#book.alert(into) ?? alert);
  }

  #place(environment: string, tracked: Tracked, nowMs: EpochMs, view: () => IncidentView): void {
    const anomaly = anomalyOf(tracked.newest, nowMs);
    const shadow = this.#options.isShadow(tracked.newest);
    const incident = this.#incidentFor(environment, tracked, shadow, nowMs);
    if (incident !== undefined) {
      this.#join(incident, tracked, anomaly, nowMs);
      return;
    }
    const claim = this.#book.claim(keyFor(claimKey(anomaly, this.#options.scope), shadow));
    const cooling = claim !== undefined && claim.untilMs > nowMs ? this.#leftOf(claim.alertId) : undefined;
    if (cooling === undefined) this.#open(environment, tracked, nowMs, view());
    else this.#reopen(cooling, tracked, anomaly, nowMs);
  }

  #incidentFor(
    environment: string,
    { newest }: Tracked,
    shadow: boolean,
    nowMs: EpochMs,
  ): Incident | undefined {
    const nearMs = JOIN_STEPS * this.#options.stepMs;
    const open = [...this.#incidents.values()].filter(
      (incident) =>
        incident.environment === environment &&
        incident.shadow === shadow &&
        nowMs - incident.lastStrongMs <= nearMs &&
        // What was part of it, was over and begins anew is another one.
        !incident.members.has(newest.key),
    );
    return (
      open.find(({ seriesKeys }) => seriesKeys.has(newest.seriesKey)) ??
      open.find(
        ({ seriesKeys, members }) =>
          [...members.values()].some(({ peak }) => Math.abs(peak.onsetMs - newest.onsetMs) <= nearMs) &&
          [...seriesKeys].some((key) => this.#options.linked(key, newest.seriesKey)),
      )
    );
  }

  #join(incident: Incident, tracked: Tracked, anomaly: Anomaly, nowMs: EpochMs): void {
    const alert = this.#book.alert(incident.alertId);
    this.#remember(incident, tracked, nowMs);
    if (incident.shadow) this.#note(tracked, "shadow", "only watched", nowMs, incident.alertId);
    if (alert?.status === "resolved")
      this.#note(tracked, "cooldown", "resolved by hand while it went on", nowMs, alert.id);
    if (alert === undefined || alert.status === "resolved") return;
    if (alert.anomalies.some((known) => sameFinding(known, anomaly))) return;
    const claims = this.#claims(incident, anomaly, nowMs).filter(
      ({ key }) => (this.#book.claim(key)?.untilMs ?? 0) <= nowMs,
    );
    this.#book.change(alert.id, [{ type: "anomaly_added", anomaly }], claims, nowMs);
  }

  #claims({ alertId: id, shadow }: Incident, anomaly: Anomaly, nowMs: EpochMs): readonly Claim[] {
    return claimsFor(id, [anomaly], this.#options, nowMs).map((claim) => ({
      ...claim,
      key: keyFor(claim.key, shadow),
    }));
  }

  #note({ newest }: Tracked, gate: Gate, why: string, nowMs: EpochMs, id: string): void {
    this.#ledger.record(silenced(newest, gate, why, nowMs, id));
  }

  #reopen(alert: Alert, tracked: Tracked, anomaly: Anomaly, nowMs: EpochMs): void {
    const incident = this.#incidents.get(alert.id) ?? newIncident(alert, nowMs);
    this.#incidents.set(alert.id, incident);
    this.#remember(incident, tracked, nowMs);
    this.#note(tracked, "cooldown", "it came back within the cooldown", nowMs, alert.id);
    const change: AlertChange =
      alert.status === "resolved" ? { type: "reopened", anomaly } : { type: "anomaly_added", anomaly };
    this.#book.change(alert.id, [change], [], nowMs);
  }

  #open(environment: string, tracked: Tracked, nowMs: EpochMs, view: IncidentView): void {
    const id = alertId(nowMs, (candidate) => this.#book.taken(candidate));
    const shadow = this.#options.isShadow(tracked.newest);
    const incident = newIncident({ id, environment, shadow }, nowMs);
    this.#remember(incident, tracked, nowMs);
    const anomaly = anomalyOf(tracked.newest, nowMs);
    const anomalies = [anomaly];
    const scene = this.#scene(incident, tracked.newest.onsetMs, view);
    const { stats, baseline } = view;
    const opened = openAlert({ id, nowMs, stats, baseline, anomalies, scene }, this.#options.analyse);
    this.#incidents.set(id, incident);
    if (shadow) this.#note(tracked, "shadow", "only watched", nowMs, id);
    this.#book.open({ ...opened, shadow }, this.#claims(incident, anomaly, nowMs), nowMs);
  }

  #scene(incident: Incident, newSinceMs: EpochMs, view: IncidentView): Scene {
    const since = Math.min(newSinceMs - 1, view.stats.toMs);
    const [first] = incident.members.values();
    const chart = first === undefined ? undefined : view.chart?.(first.newest);
    const evidence = view.evidence(incident.seriesKeys, Math.max(since, view.stats.fromMs - 1));
    return {
      evidence,
      suspects: view.suspects([...incident.members.values()], blame(evidence)),
      ...(chart === undefined ? {} : { chart }),
    };
  }

  #remember(incident: Incident, tracked: Tracked, nowMs: EpochMs): void {
    incident.members.set(tracked.key, tracked);
    incident.seriesKeys.add(tracked.newest.seriesKey);
    incident.lastActiveMs = nowMs;
    incident.lastStrongMs = nowMs;
    tracked.alertId = incident.alertId;
  }

  #seen(tracked: Tracked, nowMs: EpochMs): void {
    const incident = tracked.alertId === null ? undefined : this.#incidents.get(tracked.alertId);
    if (incident === undefined) return;
    incident.lastActiveMs = nowMs;
    if (!tracked.newest.weak) incident.lastStrongMs = nowMs;
  }

  #follow(incident: Incident, nowMs: EpochMs, view: () => IncidentView): void {
    const alert = this.#book.alert(incident.alertId);
    if (alert === undefined || alert.status === "resolved") {
      // Resolved by hand: it stays known until its findings are over, so that nobody is told again at once.
      if (this.#isOver(incident, nowMs)) this.#incidents.delete(incident.alertId);
      return;
    }
    if (this.#isOver(incident, nowMs)) {
      this.#incidents.delete(incident.alertId);
      const resolution = alert.adopted.length > 0 ? "the change is now taken as normal" : "back to normal";
      this.#book.change(alert.id, [{ type: "resolved", resolution }], [], nowMs);
      return;
    }
    this.#peak(incident, alert, nowMs, view);
  }

  #isOver({ members, lastActiveMs }: Incident, nowMs: EpochMs): boolean {
    const { stepMs } = this.#options;
    return (
      nowMs - lastActiveMs >= 10 * stepMs ||
      (members.size > 0 && [...members.values()].every(({ state }) => state === "closed"))
    );
  }

  #peak(incident: Incident, alert: Alert, nowMs: EpochMs, view: () => IncidentView): void {
    const everyMs = Math.max(this.#options.windowMs / PEAKS_PER_WINDOW, MIN_PEAK_EVERY_MS);
    if (nowMs - incident.peakedAtMs < everyMs || incident.lastActiveMs < nowMs) return;
    const seen = [...incident.members.values()].map(({ newest }) => anomalyOf(newest, nowMs));
    if (!isNotable(alert, seen)) return;
    incident.peakedAtMs = nowMs;
    const shown = view();
    const observed = observedNow(
      alert,
      shown.stats,
      seen,
      this.#scene(incident, alert.window.startMs, shown),
    );
    const top = observed.anomalies.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity))[0];
    const changes: AlertChange[] = [
      { type: "peaked", observed: analysedNow(alert, observed, this.#options.analyse) },
    ];
    if (top !== undefined && severityRank(top.severity) > severityRank(alert.severity)) {
      changes.unshift({ type: "escalated", severity: top.severity });
    }
    this.#book.change(alert.id, changes, [], nowMs);
  }

  /** A lasting change of this series is normal now. */
  adopted(seriesKey: string, nowMs: EpochMs): void {
    for (const incident of this.#incidents.values()) {
      const members = [...incident.members.values()].filter(({ newest }) => newest.seriesKey === seriesKey);
      const alert = this.#book.alert(incident.alertId);
      if (members.length === 0 || alert === undefined || alert.status === "resolved") continue;
      const categories = new Set(members.map(({ newest }) => newest.category));
      this.#book.change(
        alert.id,
        [...categories].map((category): AlertChange => ({ type: "adopted", category })),
        [],
        nowMs,
      );
    }
  }
}

/** What is only watched has cooldowns of its own. */
function keyFor(key: string, shadow: boolean): string {
  return shadow ? `shadow\u001f${key}` : key;
}

/** A finding as people and the stored alert know it. */
export function anomalyOf(finding: Finding, nowMs: EpochMs): Anomaly {
  const { category, severity, series, observed, expected, pattern, description } = finding;
  return {
    category,
    severity,
    environment: series.environment,
    service: series.service.startsWith("(") ? null : series.service,
    observed,
    expected,
    multiplier: expected > 0 ? observed / expected : null,
    detectedAtMs: nowMs,
    pattern,
    description,
    affectedServices: series.service.startsWith("(") ? [] : [series.service],
    detector: finding.detector,
    onsetMs: finding.onsetMs,
    range: finding.range,
    score: finding.score,
    windowMs: finding.windowMs,
  };
}
