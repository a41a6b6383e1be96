import { MINUTE_MS, SECOND_MS, type EpochMs } from "../../../../src/log/time.ts";
import type { Random } from "../random.ts";
import { conditionsOf, everyday, type Conditions } from "./conditions.ts";
import { isActive, type FaultEvent, type PremiseEvent, type WorkloadEvent } from "./events.ts";
import { season, type Calendar } from "./season.ts";
import { asWarning, ERROR, errorMessage, type MessageKind, type ServiceProfile } from "./service.ts";

export const PANE_MS = 10 * SECOND_MS;
const PANES_PER_MINUTE = MINUTE_MS / PANE_MS;

/** Records of one kind in one pane. */
export interface Row {
  readonly kind: MessageKind;
  readonly count: number;
  /** Distinct traces among them. */
  readonly traces: number;
  /** All from this pod; null: spread over the pods. */
  readonly pod: number | null;
}

export interface ServicePane {
  readonly profile: ServiceProfile;
  readonly rows: readonly Row[];
  readonly pods: number;
  readonly version: number;
  /** The pod that runs the next version already; null: none. */
  readonly ahead: number | null;
  /** What goes on in the service. */
  readonly faults: readonly FaultEvent[];
}

export interface Pane {
  readonly startMs: EpochMs;
  readonly services: readonly ServicePane[];
  /** Faults of the pipeline that are going on. */
  readonly premises: readonly PremiseEvent[];
}

/** What truly was, beside what was expected, over a fault and one of its services. */
export interface Truth {
  total: number;
  expectedTotal: number;
  errors: number;
  expectedErrors: number;
  warnings: number;
  expectedWarnings: number;
  novel: number;
  minutes: number;
}

export function noTruth(): Truth {
  return {
    total: 0,
    expectedTotal: 0,
    errors: 0,
    expectedErrors: 0,
    warnings: 0,
    expectedWarnings: 0,
    novel: 0,
    minutes: 0,
  };
}

/** Share of the records that a self-exciting service writes because it wrote before, and for how long it does. */
const HAWKES_BRANCHING = 0.6;
const HAWKES_TAU_MS = 2 * MINUTE_MS;
const PARETO_ALPHA = 2.5;
const BATCH = 10;
const CRON_JITTER_MIN = 10;
const RETRIES_PER_MINUTE = 3 / (7 * 1_440);

/** One service's traffic, pane by pane. */
export class ServiceSource {
  readonly profile: ServiceProfile;
  readonly #events: readonly WorkloadEvent[];
  readonly #calendar: Calendar;
  readonly #random: Random;
  readonly #startMs: EpochMs;
  /** When events of this service begin or end, the next one last. */
  readonly #changesMs: number[];
  readonly #warnShare: number;
  readonly #swapped: readonly MessageKind[];
  readonly #warned: readonly MessageKind[];
  #noise = 0;
  #excited = 0;
  #jitterMin = 0;
  #retriesUntilMs = 0;
  #retryFactor = 1;
  #conditions: Conditions;
  #expectedPerPane = 0;

  constructor(
    profile: ServiceProfile,
    events: readonly WorkloadEvent[],
    calendar: Calendar,
    random: Random,
    startMs: EpochMs,
  ) {
    this.profile = profile;
    this.#events = events;
    this.#calendar = calendar;
    this.#random = random;
    this.#startMs = startMs;
    this.#conditions = everyday(profile);
    this.#warnShare = profile.normal.reduce(
      (sum, { kind, share }) => sum + (kind.severity > 9 ? share : 0),
      0,
    );
    this.#changesMs = events
      .flatMap(({ spans }) => spans.filter(({ service }) => service === profile.index))
      .flatMap((span) => [span.startMs, span.endMs])
      .toSorted((a, b) => b - a);
    this.#warned = profile.normal.map(({ kind }) => asWarning(kind));
    this.#swapped = profile.errors.map((_, n) => errorMessage(profile.name, n + 2, "swapped "));
  }

  /** The records of the pane that begins at `startMs`; null where there are none. */
  pane(startMs: EpochMs, truths: ReadonlyMap<FaultEvent, Map<number, Truth>>): ServicePane | null {
    if (startMs % MINUTE_MS === 0) this.#minute(startMs);
    if (this.#conditions.faults.length > 0 || startMs >= (this.#changesMs.at(-1) ?? Infinity)) {
      while (startMs >= (this.#changesMs.at(-1) ?? Infinity)) this.#changesMs.pop();
      this.#conditions = conditionsOf(this.profile, this.#events, startMs);
    }
    const rows = this.#rows(startMs);
    if (this.#conditions.faults.length > 0) this.#note(rows, truths);
    if (rows.length === 0) return null;
    const { pods, version, isPodVersioned, brokenPod, faults } = this.#conditions;
    return { profile: this.profile, rows, pods, version, ahead: isPodVersioned ? brokenPod : null, faults };
  }

  #minute(nowMs: EpochMs): void {
    const { noise, hostility, perMinute, trendPerDay } = this.profile;
    const rho = Math.exp(-1 / noise.tauMin);
    const shock = noise.isHeavyTailed ? this.#random.heavyTailed() : this.#random.normal();
    this.#noise = rho * this.#noise + Math.sqrt(1 - rho * rho) * noise.sd * shock;
    if (hostility === "jittered_cron" && nowMs % (60 * MINUTE_MS) === 0) {
      this.#jitterMin = this.#random.between(-CRON_JITTER_MIN, CRON_JITTER_MIN);
    }
    if (hostility === "retries" && nowMs >= this.#retriesUntilMs) {
      const begins = this.#random.chance(RETRIES_PER_MINUTE);
      this.#retryFactor = begins ? this.#random.between(1.3, 1.8) : 1;
      if (begins) this.#retriesUntilMs = nowMs + this.#random.between(3, 8) * MINUTE_MS;
    }
    const trend = 1 + (trendPerDay * (nowMs - this.#startMs)) / (1_440 * MINUTE_MS);
    const shape = season(this.profile, nowMs, this.#calendar, this.#jitterMin);
    this.#expectedPerPane = (Math.max(0.2, trend) * shape * perMinute) / PANES_PER_MINUTE;
  }

  /** The mean of this pane, faults and noise included. */
  #mean(): number {
    const { hostility } = this.profile;
    const { benignVolume, volume } = this.#conditions;
    const mean = this.#expectedPerPane * benignVolume * volume * this.#retryFactor * Math.exp(this.#noise);
    if (hostility === "pareto") {
      // Mean 1: alpha / (alpha - 1) is the mean of a Pareto from 1 on.
      const pareto = (1 - this.#random.next()) ** (-1 / PARETO_ALPHA);
      return (mean * pareto * (PARETO_ALPHA - 1)) / PARETO_ALPHA;
    }
    if (hostility !== "hawkes" || volume === 0) return mean;
    return mean * (1 - HAWKES_BRANCHING) + this.#excited;
  }

  #rows(startMs: EpochMs): Row[] {
    const conditions = this.#conditions;
    const mean = this.#mean();
    const rows: Row[] = [];
    this.#normalRows(rows, mean * (1 - conditions.brokenShare));
    this.#errorRows(rows, mean);
    this.#brokenRows(rows, mean * conditions.brokenShare);
    for (const { kind, perMinute, share, pod } of conditions.extras) {
      const count = this.#random.poisson(perMinute / PANES_PER_MINUTE + share * mean);
      if (count > 0) rows.push({ kind, count, traces: count, pod });
    }
    if (this.profile.hostility === "hawkes") {
      const total = rows.reduce((sum, { count }) => sum + count, 0);
      const kept = Math.exp(-PANE_MS / HAWKES_TAU_MS);
      // A silent service has no memory of its own bursts.
      this.#excited =
        conditions.volume === 0 ? 0 : kept * this.#excited + HAWKES_BRANCHING * (1 - kept) * total;
    }
    return startMs >= this.#startMs ? rows : [];
  }

  #normalRows(rows: Row[], mean: number): void {
    const { warnShare } = this.#conditions;
    for (const [n, { kind, share }] of this.profile.normal.entries()) {
      const count = this.#count(mean * share);
      if (count === 0) continue;
      const warned = warnShare > 0 && kind.severity < 13 ? Math.round(count * warnShare) : 0;
      if (count > warned) rows.push({ kind, count: count - warned, traces: count - warned, pod: null });
      const asWarned = this.#warned[n];
      if (warned > 0 && asWarned !== undefined)
        rows.push({ kind: asWarned, count: warned, traces: warned, pod: null });
    }
  }

  #count(mean: number): number {
    if (this.profile.hostility !== "batched") return this.#random.poisson(mean);
    return BATCH * this.#random.poisson(mean / BATCH);
  }

  #errorRows(rows: Row[], mean: number): void {
    const { errors, clusterSize } = this.profile;
    const { errorFactor, areExceptionsSwapped } = this.#conditions;
    for (const [n, { kind, share }] of errors.entries()) {
      const traces = this.#random.poisson((mean * share * errorFactor) / clusterSize);
      if (traces === 0) continue;
      let count = 0;
      for (let i = 0; i < traces; i++) count += this.#random.geometric(clusterSize);
      const swapped = areExceptionsSwapped ? this.#swapped[n] : undefined;
      rows.push({ kind: swapped ?? kind, count, traces, pod: null });
    }
  }

  #brokenRows(rows: Row[], mean: number): void {
    const first = this.profile.errors[0];
    if (mean <= 0 || first === undefined) return;
    const count = this.#random.poisson(mean);
    if (count > 0) rows.push({ kind: first.kind, count, traces: count, pod: this.#conditions.brokenPod });
  }

  #note(rows: readonly Row[], truths: ReadonlyMap<FaultEvent, Map<number, Truth>>): void {
    const { faults, benignVolume, extras } = this.#conditions;
    const expected = this.#expectedPerPane * benignVolume;
    const novel = new Set(extras.filter(({ isNovel }) => isNovel).map(({ kind }) => kind));
    for (const kind of this.#swapped) novel.add(kind);
    for (const fault of faults) {
      const truth = truths.get(fault)?.get(this.profile.index);
      if (truth === undefined) continue;
      truth.minutes += 1 / PANES_PER_MINUTE;
      truth.expectedTotal += expected;
      truth.expectedErrors += expected * this.profile.errorShare;
      truth.expectedWarnings += expected * this.#warnShare;
      for (const { kind, count } of rows) {
        truth.total += count;
        if (kind.severity >= ERROR) truth.errors += count;
        else if (kind.severity >= 13) truth.warnings += count;
        if (novel.has(kind)) truth.novel += count;
      }
    }
  }
}

/** The faults of the pipeline that go on at a time. */
export function premisesAt(events: readonly WorkloadEvent[], nowMs: EpochMs): readonly PremiseEvent[] {
  return events.filter((event) => event.role === "premise").filter((event) => isActive(event, nowMs));
}
