import { severityRank, type Anomaly } from "../anomaly/anomaly.ts";
import type { Detector } from "../anomaly/detector.ts";
import type { ClassicBaseline, Metric } from "../baseline/classic.ts";
import type { EpochMs } from "../log/time.ts";
import type { WindowStats } from "../window/windows.ts";
import type { Alert } from "./alert.ts";
import type { AlertBook } from "./book.ts";
import { claimsFor, isNotable, place, type CooldownOptions } from "./decide.ts";
import type { AlertChange, Observed } from "./event.ts";
import { gravest, sameFinding } from "./evolve.ts";
import { alertId } from "./identity.ts";
import { LEDGER_PANE_MS, NO_LEDGER, type FindingLedger } from "./ledger.ts";
import { analysedNow, observedNow, openAlert, type Analyse, type Scene } from "./observe.ts";
import type { Claim } from "./repository.ts";
import { silencedAnomaly } from "./silenced.ts";

/** One look at one environment: what the window shows and which detectors fired. */
export interface Evaluation {
  readonly nowMs: EpochMs;
  readonly stats: WindowStats;
  readonly baseline: ClassicBaseline;
  readonly anomalies: readonly Anomaly[];
  /** Evidence and suspects, what came after `newSinceMs` being new; asked only when an alert opens or changes. */
  readonly scene: (newSinceMs: EpochMs) => Scene;
}

export interface WatchOptions extends CooldownOptions {
  readonly windowMs: number;
  readonly detectors: readonly Detector[];
  /** The analysis an alert opens with. */
  readonly analyse: Analyse;
}

/** A running alert is rewritten at most this often for a higher peak: 10 s at a window of 5 minutes. */
const PEAKS_PER_WINDOW = 30;
const MIN_PEAK_EVERY_MS = 2_000;

interface Running {
  /** Since when no condition of the alert has held; null while one does. */
  clearSinceMs: EpochMs | null;
  peakedAtMs: EpochMs;
  /** The alert with every peak so far, stored or not. */
  peak: Alert;
}

/** Turns the evaluations of one environment into the life of its alerts. */
export class AlertWatch {
  readonly #options: WatchOptions;
  readonly #book: AlertBook;
  readonly #running = new Map<string, Running>();
  /** Per environment what fired at the last evaluation: a finding comes back only after it was gone. */
  readonly #firing = new Map<string, ReadonlySet<string>>();
  readonly #ledger: FindingLedger;
  /** Per alert, when it was last noted that it goes on after somebody resolved it. */
  readonly #notedAtMs = new Map<string, EpochMs>();

  constructor(options: WatchOptions, book: AlertBook, ledger: FindingLedger = NO_LEDGER) {
    this.#options = options;
    this.#book = book;
    this.#ledger = ledger;
  }

  /** Compare, then place each finding, then see whether the running alert is over. */
  judge(evaluation: Evaluation): void {
    const { nowMs, stats, anomalies } = evaluation;
    const running = this.#book.running(stats.environment);
    const standing = {
      running,
      claim: (key: string): Claim | undefined => this.#book.claim(key),
      alert: (id: string): Alert | undefined => this.#book.alert(id),
    };
    for (const placement of place(anomalies, standing, this.#options, nowMs)) {
      if (placement.kind === "open") this.#open(placement.anomalies, evaluation);
      else if (placement.reason === "added") this.#add(placement.alert, placement.anomaly, evaluation);
      else if (placement.reason === "cooldown") this.#reopen(placement.alert, placement.anomaly, nowMs);
    }
    this.#firing.set(stats.environment, new Set(anomalies.map(findingKey)));
    if (running !== undefined) this.#follow(running, evaluation);
  }

  /** There was nothing to judge: a pause neither resolves an alert nor counts towards it. */
  untested(environment: string): void {
    const running = this.#book.running(environment);
    const state = running === undefined ? undefined : this.#running.get(running.id);
    if (state !== undefined) state.clearSinceMs = null;
  }

  /** A lasting change of these metrics is now the baseline. */
  adopted(environment: string, metrics: readonly Metric[], nowMs: EpochMs): void {
    const running = this.#book.running(environment);
    if (running === undefined) return;
    const changes = this.#options.detectors
      .filter(({ metric, category }) => metrics.includes(metric) && hasCategory(running, category))
      .map(({ category }): AlertChange => ({ type: "adopted", category }));
    if (changes.length > 0) this.#book.change(running.id, changes, [], nowMs);
  }

  /** Beside an alert that has just been reopened no second one opens: the rest joins it. */
  #open(anomalies: readonly Anomaly[], evaluation: Evaluation): void {
    const { nowMs, stats, baseline, scene } = evaluation;
    const reopened = this.#book.running(stats.environment);
    if (reopened !== undefined) {
      for (const anomaly of anomalies) this.#add(reopened, anomaly, evaluation);
      return;
    }
    const id = alertId(nowMs, (candidate) => this.#book.taken(candidate));
    const alert = openAlert(
      { id, nowMs, stats, baseline, anomalies, scene: scene(stats.fromMs) },
      this.#options.analyse,
    );
    this.#book.open(alert, claimsFor(id, anomalies, this.#options, nowMs), nowMs);
  }

  #add(alert: Alert, anomaly: Anomaly, { nowMs }: Evaluation): void {
    const free = (claim: Claim): boolean => (this.#book.claim(claim.key)?.untilMs ?? 0) <= nowMs;
    const claims = claimsFor(alert.id, [anomaly], this.#options, nowMs).filter(free);
    this.#book.change(alert.id, [{ type: "anomaly_added", anomaly }], claims, nowMs);
  }

  /** Somebody who resolves by hand while it still fires is not told at once that it fires. */
  #reopen(alert: Alert, anomaly: Anomaly, nowMs: EpochMs): void {
    const continuing = this.#firing.get(alert.environment)?.has(findingKey(anomaly)) === true;
    if (continuing) this.#noteContinuing(alert, anomaly, nowMs);
    if (continuing || this.#book.running(alert.environment) !== undefined) return;
    this.#running.delete(alert.id);
    this.#notedAtMs.delete(alert.id);
    this.#note(alert, anomaly, "it came back within the cooldown", nowMs);
    this.#book.change(alert.id, [{ type: "reopened", anomaly }], [], nowMs);
  }

  #note({ id }: Alert, anomaly: Anomaly, why: string, nowMs: EpochMs): void {
    this.#ledger.record(silencedAnomaly(anomaly, "cooldown", why, nowMs, id));
  }

  /** Every evaluation sees it; the ledger hears of it now and then. */
  #noteContinuing(alert: Alert, anomaly: Anomaly, nowMs: EpochMs): void {
    if (nowMs - (this.#notedAtMs.get(alert.id) ?? -Infinity) < LEDGER_PANE_MS) return;
    for (const id of this.#notedAtMs.keys())
      if (this.#book.alert(id) === undefined) this.#notedAtMs.delete(id);
    this.#notedAtMs.set(alert.id, nowMs);
    this.#note(alert, anomaly, "resolved by hand while it went on", nowMs);
  }

  #follow(before: Alert, evaluation: Evaluation): void {
    const alert = this.#book.alert(before.id);
    if (alert === undefined || alert.status === "resolved") return;
    const { nowMs, stats, anomalies } = evaluation;
    const state = this.#stateOf(alert);
    state.peak = { ...state.peak, ...observedNow(merge(alert, state.peak), stats, anomalies, NOTHING) };
    if (this.#due(alert, state, nowMs)) this.#peak(alert, state, evaluation);
    if (this.#holds(alert, evaluation)) {
      state.clearSinceMs = null;
      return;
    }
    state.clearSinceMs ??= nowMs;
    if (nowMs - state.clearSinceMs < this.#options.windowMs) return;
    this.#running.delete(alert.id);
    const resolution = alert.adopted.length > 0 ? "the change is now taken as normal" : "back to normal";
    this.#book.change(alert.id, [...lastPeak(alert, state), { type: "resolved", resolution }], [], nowMs);
  }

  #stateOf(alert: Alert): Running {
    let state = this.#running.get(alert.id);
    if (state === undefined) {
      for (const id of this.#running.keys()) if (this.#isOver(id)) this.#running.delete(id);
      state = { clearSinceMs: null, peakedAtMs: alert.detectedAtMs, peak: alert };
      this.#running.set(alert.id, state);
    }
    return state;
  }

  #isOver(id: string): boolean {
    const alert = this.#book.alert(id);
    return alert === undefined || alert.status === "resolved";
  }

  #due(alert: Alert, { peak, peakedAtMs }: Running, nowMs: EpochMs): boolean {
    const everyMs = Math.max(this.#options.windowMs / PEAKS_PER_WINDOW, MIN_PEAK_EVERY_MS);
    return nowMs - peakedAtMs >= everyMs && isNotable(alert, peak.anomalies);
  }

  #peak(alert: Alert, state: Running, { nowMs, stats, anomalies, scene }: Evaluation): void {
    const observed = observedNow(state.peak, stats, anomalies, scene(alert.window.startMs));
    const top = gravest(observed.anomalies);
    const changes: AlertChange[] = [
      { type: "peaked", observed: analysedNow(alert, observed, this.#options.analyse) },
    ];
    if (top !== undefined && severityRank(top.severity) > severityRank(alert.severity)) {
      changes.unshift({ type: "escalated", severity: top.severity });
    }
    state.peakedAtMs = nowMs;
    this.#book.change(alert.id, changes, [], nowMs);
  }

  #holds(alert: Alert, { stats, anomalies }: Evaluation): boolean {
    return alert.anomalies.some((known) => {
      if (anomalies.some((anomaly) => sameFinding(anomaly, known))) return true;
      if (alert.adopted.includes(known.category)) return false;
      const detector = this.#options.detectors.find(({ category }) => category === known.category);
      return detector?.holds(known.expected, stats) === true;
    });
  }
}

function findingKey({ category, service }: Anomaly): string {
  return `${category}\u001f${service ?? ""}`;
}

const NOTHING: Scene = { evidence: [], suspects: [] };

function hasCategory(alert: Alert, category: string): boolean {
  return alert.anomalies.some((anomaly) => anomaly.category === category);
}

/** The stored alert with the peaks seen since; findings added meanwhile are the stored alert's. */
function merge(alert: Alert, peak: Alert): Alert {
  const anomalies = alert.anomalies.map(
    (known) => peak.anomalies.find((other) => sameFinding(other, known)) ?? known,
  );
  return { ...alert, anomalies, metrics: peak.metrics, affectedServices: peak.affectedServices };
}

/** The peak that no write has caught yet, before the alert closes. */
function lastPeak(alert: Alert, { peak }: Running): AlertChange[] {
  const higher =
    peak.metrics.errorRate > alert.metrics.errorRate || peak.metrics.totalLogs > alert.metrics.totalLogs;
  if (!higher) return [];
  const { metrics, anomalies, affectedServices } = merge(alert, peak);
  const { suspectedService, suspects, evidence } = alert;
  const observed: Observed = {
    metrics,
    anomalies,
    affectedServices,
    suspectedService,
    suspects,
    evidence,
    findings: null,
  };
  return [{ type: "peaked", observed }];
}
