import { ARRIVAL_KINDS, judgeArrivals, type ArrivalFinding } from "../anomaly/arrival.ts";
import type { Look } from "../anomaly/finding.ts";
import { count, span } from "../anomaly/words.ts";
import type { SeriesModel } from "../baseline/series-model.ts";
import { MINUTE_MS, SECOND_MS, type EpochMs } from "../log/time.ts";
import type { FindingLedger, SilencedFinding } from "./ledger.ts";

export const PIPELINE_KINDS = [...ARRIVAL_KINDS, "input_gap"] as const;
export type PipelineKind = (typeof PIPELINE_KINDS)[number];

/** Something about the way that records come to us; never an incident of a service, and nobody is woken by it. */
export interface PipelineNote {
  readonly kind: PipelineKind;
  /** null: of all environments. */
  readonly environment: string | null;
  /** null: of most services, or of none in particular. */
  readonly service: string | null;
  readonly sinceMs: EpochMs;
  readonly lastMs: EpochMs;
  /** One sentence with the numbers; no received text. */
  readonly text: string;
}

interface Pending extends PipelineNote {
  readonly told: boolean;
}

export type PipelineNotesJson = readonly (readonly [key: string, note: Pending])[];

/** Steps in a row that show the same before it is told: one straggling batch is none. */
const MIN_STEPS = 2;
const QUIET_MS = 5 * MINUTE_MS;
const MAX_NOTES = 500;
/** This share of the services that log, and at least so many: not theirs, but the way. */
const COMMON_SHARE = 0.5;
const MIN_COMMON = 3;
/** Where a finding is about no environment in particular. */
const ALL_ENVIRONMENTS = "(all)";

interface Sign {
  readonly service: string | null;
  readonly finding: Pick<ArrivalFinding, "observed" | "expected"> & {
    readonly kind: PipelineKind;
    readonly what: string;
  };
}

/** Keeps what is going on between the services and us, and writes it into the ledger while it lasts. */
export class PipelineNotes {
  readonly #ledger: FindingLedger;
  readonly #notes = new Map<string, Pending>();

  constructor(ledger: FindingLedger) {
    this.#ledger = ledger;
  }

  /** Looks at what arrived in the step that has just ended. */
  judge(environment: string, models: readonly SeriesModel[], { step, nowMs, grid }: Look): void {
    const signs = signsOf(models, step);
    for (const sign of signs) this.#saw(environment, sign, nowMs, grid.stepMs);
    this.#expire(nowMs);
  }

  /** A sender repeated a whole batch; which services it held is not looked up again. */
  repeated(records: number, nowMs: EpochMs): void {
    const what = `a batch of ${count(records)} records came again: an answer was lost on the way; it was not counted twice`;
    const finding = { kind: "repeated_batches", observed: records, expected: 0, what } as const;
    this.#saw(null, { service: null, finding }, nowMs, 0);
  }

  /** Input came again after none at all had come. */
  gap(environment: string, sinceMs: EpochMs, nowMs: EpochMs): void {
    const what = `no input at all for ${span(nowMs - sinceMs)}: nothing of that time was judged or learnt`;
    const finding = {
      kind: "input_gap",
      observed: (nowMs - sinceMs) / SECOND_MS,
      expected: 0,
      what,
    } as const;
    this.#saw(environment, { service: null, finding }, nowMs, 0);
  }

  /** What goes on now, the newest first. */
  current(nowMs: EpochMs): readonly PipelineNote[] {
    return [...this.#notes.values()]
      .filter(({ told, lastMs }) => told && nowMs - lastMs < QUIET_MS)
      .map(({ told: _told, ...note }) => note)
      .toSorted((a, b) => b.sinceMs - a.sinceMs);
  }

  toJson(): PipelineNotesJson {
    return [...this.#notes];
  }

  restore(json: PipelineNotesJson): void {
    for (const [key, note] of json) this.#notes.set(key, note);
  }

  #saw(environment: string | null, { service, finding }: Sign, nowMs: EpochMs, stepMs: number): void {
    const key = `${finding.kind}\u001f${environment ?? ""}\u001f${service ?? ""}`;
    const known = this.#notes.get(key);
    if (known === undefined && this.#notes.size >= MAX_NOTES) return;
    const sinceMs = known?.sinceMs ?? nowMs - stepMs;
    const told = known?.told === true || nowMs - sinceMs >= MIN_STEPS * stepMs;
    const { kind, what } = finding;
    const text = service === null ? what : `${service}: ${what}`;
    this.#notes.set(key, { kind, environment, service, sinceMs, lastMs: nowMs, text, told });
    if (told) this.#ledger.record(entryOf(environment, { service, finding }, nowMs));
  }

  #expire(nowMs: EpochMs): void {
    for (const [key, { lastMs }] of this.#notes) if (nowMs - lastMs >= QUIET_MS) this.#notes.delete(key);
  }
}

function entryOf(environment: string | null, { service, finding }: Sign, atMs: EpochMs): SilencedFinding {
  const { kind, what, observed, expected } = finding;
  const unit = kind === "ingestion_lag" || kind === "clock_skew" || kind === "old_logs" ? SECOND_MS : 1;
  return {
    environment: environment ?? ALL_ENVIRONMENTS,
    service,
    category: kind === "ingestion_lag" ? "ingestion_lag" : "pipeline_issue",
    pattern: null,
    severity: "low",
    observed: observed / unit,
    expected: expected / unit,
    gate: "gate",
    reason: `about the pipeline, not the service: ${what}`,
    alertId: null,
    atMs,
  };
}

function signsOf(models: readonly SeriesModel[], step: number): Sign[] {
  const signs: Sign[] = [];
  let arrived = 0;
  for (const { arrivals, series } of models) {
    if (arrivals.of(step) !== null) arrived += 1;
    const finding = judgeArrivals(arrivals, step);
    if (finding !== null) signs.push({ service: series.service, finding });
  }
  const slow = signs.filter(({ finding: { kind } }) => kind === "ingestion_lag" || kind === "clock_skew");
  if (slow.length < MIN_COMMON || slow.length < COMMON_SHARE * arrived) return signs;
  return [...signs.filter((sign) => !slow.includes(sign)), common(slow, arrived)];
}

/** Of so many services at once: it is the collector, the network or ourselves. */
function common(slow: readonly Sign[], arrived: number): Sign {
  const observed = slow.reduce((worst, { finding }) => Math.max(worst, Math.abs(finding.observed)), 0);
  const what = `records of ${slow.length} of ${arrived} services come up to ${span(observed)} off their own time: they wait on the way, or our own clock is wrong`;
  return { service: null, finding: { kind: "ingestion_lag", observed, expected: 0, what } };
}
