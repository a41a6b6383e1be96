import { LEVELS } from "../../../../src/log/severity.ts";
import type { EpochMs } from "../../../../src/log/time.ts";
import type { SeriesCounts, WindowDelta } from "../../../../src/window/delta.ts";
import { CountsWriter, serviceSeries, USUAL_LAG_MS } from "./counts.ts";
import type { PremiseEvent, PremiseKind } from "./events.ts";
import { PANE_MS, type Pane, type ServicePane } from "./generator.ts";

/** Old logs come at this many records a pane. */
const OLD_LOGS_PER_PANE = 500;
const SKEW_MS = 300_000;
const DELAY_MS = 90_000;

/** Counts on their way, and when they get there. */
export interface Delivery {
  readonly atMs: EpochMs;
  readonly delta: WindowDelta;
}

/** Hands over the panes of a workload as the counting side of the product would, with all that can go wrong there. */
export class Deliveries {
  readonly #replica: string;
  readonly #writer = new CountsWriter();
  #epoch: EpochMs;
  #held: Delivery[] = [];

  constructor(replica: string, epoch: EpochMs) {
    this.#replica = replica;
    this.#epoch = epoch;
  }

  /** What arrives by the end of this pane, in the order of its arrival. */
  of(pane: Pane): readonly Delivery[] {
    const atMs = pane.startMs + PANE_MS;
    const due = this.#held.filter((delivery) => delivery.atMs <= atMs);
    this.#held = this.#held.filter((delivery) => delivery.atMs > atMs);
    const restart = premise(pane, "own_restart");
    if (restart !== undefined) {
      this.#epoch = restart.endMs;
      return due;
    }
    const collector = premise(pane, "collector_restart");
    const arrived = this.#deliveries(pane, atMs);
    if (collector === undefined) {
      this.#held.push(...arrived.filter((delivery) => delivery.atMs > atMs));
      return [...due, ...arrived.filter((delivery) => delivery.atMs <= atMs)];
    }
    for (const { delta } of arrived) this.#held.push({ atMs: collector.endMs, delta });
    return due;
  }

  #deliveries(pane: Pane, atMs: EpochMs): Delivery[] {
    const direct: SeriesCounts[] = [];
    const deliveries: Delivery[] = [];
    const duplicated = premise(pane, "duplicate_batch");
    for (const service of pane.services) {
      const own = premiseOf(pane, service);
      if (own === null) direct.push(this.#counts(service, pane.startMs, duplicated));
      else if (own.kind === "skew_behind") direct.push(this.#writer.late(service, SKEW_MS));
      else deliveries.push(this.#shifted(service, pane.startMs, own));
    }
    const oldLogs = premise(pane, "old_logs") === undefined ? 0 : OLD_LOGS_PER_PANE;
    if (oldLogs > 0) direct.push(oldSeries(oldLogs));
    if (direct.length > 0)
      deliveries.unshift({ atMs, delta: this.#delta(pane.startMs, "", direct, oldLogs) });
    return deliveries;
  }

  /** A batch that came twice is told as such; of one that was cut anew on the way nobody can tell. */
  #counts(service: ServicePane, paneMs: EpochMs, duplicated: PremiseEvent | undefined): SeriesCounts {
    if (duplicated === undefined) return this.#writer.counts(service, paneMs, 1, USUAL_LAG_MS);
    if (paneMs > duplicated.startMs) return this.#writer.counts(service, paneMs, 2, USUAL_LAG_MS);
    const counts = this.#writer.counts(service, paneMs, 1, USUAL_LAG_MS);
    return { ...counts, duplicates: counts.lag?.count ?? 0 };
  }

  /** Clocks ahead are clamped into the next pane; what is on its way for long comes when it comes. */
  #shifted(service: ServicePane, paneMs: EpochMs, { kind }: PremiseEvent): Delivery {
    const isAhead = kind === "skew_ahead";
    const countedMs = isAhead ? paneMs + PANE_MS : paneMs;
    const counts = this.#writer.counts(service, countedMs, 1, isAhead ? -SKEW_MS : DELAY_MS);
    const delta = this.#delta(countedMs, `/${kind}`, [counts], 0);
    return { atMs: paneMs + PANE_MS + (isAhead ? 0 : DELAY_MS), delta };
  }

  #delta(paneStartMs: EpochMs, part: string, series: readonly SeriesCounts[], late: number): WindowDelta {
    const replica = `${this.#replica}${part}`;
    const lateInAll = series.reduce((sum, counts) => sum + (counts.late ?? 0), late);
    return { replica, epoch: this.#epoch, paneStartMs, version: 1, input: true, late: lateInAll, series };
  }
}

function oldSeries(late: number): SeriesCounts {
  return {
    series: serviceSeries("archive"),
    levels: LEVELS.map(() => 0),
    templates: [],
    samples: [],
    late,
    lag: { count: late, sumMs: late * 86_400_000, minMs: 86_000_000, maxMs: 86_800_000 },
  };
}

function premise(pane: Pane, kind: PremiseKind): PremiseEvent | undefined {
  return pane.premises.find((event) => event.kind === kind);
}

function premiseOf(pane: Pane, { profile }: ServicePane): PremiseEvent | null {
  return pane.premises.find(({ spans }) => spans.some(({ service }) => service === profile.index)) ?? null;
}
