import { seriesKey, type Series } from "../log/series.ts";
import { LEVELS } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import type { SeriesCounts, WindowDelta } from "./delta.ts";

export interface ServiceStats {
  readonly series: Series;
  total: number;
  errors: number;
  readonly levels: number[];
}

/** Counts of one environment over `[fromMs, toMs)`. Services without a record are absent. */
export interface WindowStats {
  readonly environment: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly total: number;
  readonly errors: number;
  /** errors / total; null without records. */
  readonly errorRate: number | null;
  readonly levels: readonly number[];
  readonly services: ReadonlyMap<string, ServiceStats>;
}

const ERROR_LEVEL = LEVELS.indexOf("error");

/** The merged panes of all replicas. Applying deltas in any order, any number of times, gives the same counts. */
export class Windows {
  readonly #bucketMs: number;
  readonly #panes = new Map<EpochMs, Map<string, WindowDelta>>();

  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
  }

  apply(delta: WindowDelta): void {
    let pane = this.#panes.get(delta.paneStartMs);
    if (pane === undefined) {
      pane = new Map();
      this.#panes.set(delta.paneStartMs, pane);
    }
    const source = `${delta.replica}\u001f${delta.epoch}`;
    const known = pane.get(source);
    if (known === undefined || known.version < delta.version) pane.set(source, delta);
  }

  environments(): Set<string> {
    const found = new Set<string>();
    for (const pane of this.#panes.values()) {
      for (const delta of pane.values()) {
        for (const { series } of delta.series) found.add(series.environment);
      }
    }
    return found;
  }

  stats(environment: string, fromMs: EpochMs, toMs: EpochMs): WindowStats {
    const services = new Map<string, ServiceStats>();
    for (const counts of this.#counts(environment, fromMs, toMs)) add(services, counts);
    const levels = LEVELS.map(() => 0);
    let total = 0;
    let errors = 0;
    for (const service of services.values()) {
      total += service.total;
      errors += service.errors;
      for (const [i, count] of service.levels.entries()) levels[i] = (levels[i] ?? 0) + count;
    }
    return {
      environment,
      fromMs,
      toMs,
      total,
      errors,
      errorRate: total === 0 ? null : errors / total,
      levels,
      services,
    };
  }

  /** Error templates per series key with their counts over `[fromMs, toMs)`. */
  templates(environment: string, fromMs: EpochMs, toMs: EpochMs): Map<string, Map<string, number>> {
    const found = new Map<string, Map<string, number>>();
    for (const { series, templates } of this.#counts(environment, fromMs, toMs)) {
      if (templates.length === 0) continue;
      const key = seriesKey(series);
      const counts = found.get(key) ?? new Map<string, number>();
      for (const [template, count] of templates) counts.set(template, (counts.get(template) ?? 0) + count);
      found.set(key, counts);
    }
    return found;
  }

  /** Did anything arrive, be it an empty request, for a pane in `[fromMs, toMs)`? */
  hasInput(fromMs: EpochMs, toMs: EpochMs): boolean {
    for (const [startMs, pane] of this.#panes) {
      if (startMs < fromMs || startMs >= toMs) continue;
      for (const delta of pane.values()) if (delta.input) return true;
    }
    return false;
  }

  /** Forgets panes that ended by `beforeMs`. */
  expire(beforeMs: EpochMs): void {
    for (const startMs of this.#panes.keys()) {
      if (startMs + this.#bucketMs <= beforeMs) this.#panes.delete(startMs);
    }
  }

  get empty(): boolean {
    return this.#panes.size === 0;
  }

  *#counts(environment: string, fromMs: EpochMs, toMs: EpochMs): Generator<SeriesCounts> {
    for (const [startMs, pane] of this.#panes) {
      if (startMs < fromMs || startMs >= toMs) continue;
      for (const delta of pane.values()) {
        for (const counts of delta.series) if (counts.series.environment === environment) yield counts;
      }
    }
  }
}

function add(services: Map<string, ServiceStats>, counts: SeriesCounts): void {
  const key = seriesKey(counts.series);
  let service = services.get(key);
  if (service === undefined) {
    service = { series: counts.series, total: 0, errors: 0, levels: LEVELS.map(() => 0) };
    services.set(key, service);
  }
  for (const [i, count] of counts.levels.entries()) {
    service.levels[i] = (service.levels[i] ?? 0) + count;
    service.total += count;
    if (i >= ERROR_LEVEL) service.errors += count;
  }
}
