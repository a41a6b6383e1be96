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

interface KeyedCounts {
  readonly key: string;
  readonly counts: SeriesCounts;
}

type ByEnvironment = ReadonlyMap<string, readonly KeyedCounts[]>;

/** A delta with its series by environment and key: made when it is first asked for, which most never are. */
interface PanePart {
  readonly delta: WindowDelta;
  byEnvironment: ByEnvironment | null;
}

interface SettledSum {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly services: ReadonlyMap<string, ServiceStats>;
}

/** The merged panes of all replicas. Applying deltas in any order, any number of times, gives the same counts. */
export class Windows {
  readonly #bucketMs: number;
  readonly #panes = new Map<EpochMs, Map<string, PanePart>>();
  /** One string per series: a map finds the same string much faster than an equal one. */
  readonly #keys = new WeakMap<Series, string>();
  /** Per environment the sum that was asked for last. */
  readonly #settled = new Map<string, SettledSum>();

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
    if (known !== undefined && known.delta.version >= delta.version) return;
    pane.set(source, { delta, byEnvironment: null });
    this.#unsettle(delta.paneStartMs);
  }

  /** A late record: the sums that hold its pane are wrong now. */
  #unsettle(paneStartMs: EpochMs): void {
    for (const [environment, { fromMs, toMs }] of this.#settled) {
      if (paneStartMs >= fromMs && paneStartMs < toMs) this.#settled.delete(environment);
    }
  }

  #listed(part: PanePart): ByEnvironment {
    part.byEnvironment ??= this.#byEnvironment(part.delta);
    return part.byEnvironment;
  }

  #byEnvironment(delta: WindowDelta): ByEnvironment {
    const byEnvironment = new Map<string, KeyedCounts[]>();
    for (const counts of delta.series) {
      const { environment } = counts.series;
      let list = byEnvironment.get(environment);
      if (list === undefined) {
        list = [];
        byEnvironment.set(environment, list);
      }
      list.push({ key: this.#keyOf(counts.series), counts });
    }
    return byEnvironment;
  }

  #keyOf(series: Series): string {
    let key = this.#keys.get(series);
    if (key === undefined) {
      key = seriesKey(series);
      this.#keys.set(series, key);
    }
    return key;
  }

  stats(environment: string, fromMs: EpochMs, toMs: EpochMs): WindowStats {
    const settledToMs = Math.max(fromMs, toMs - this.#bucketMs);
    const services = new Map<string, ServiceStats>();
    for (const [key, service] of this.#settledSum(environment, fromMs, settledToMs)) {
      services.set(key, { ...service, levels: [...service.levels] });
    }
    this.#sum(services, environment, settledToMs, toMs);
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

  /** All panes but the newest, which alone changes from tick to tick. */
  #settledSum(environment: string, fromMs: EpochMs, toMs: EpochMs): ReadonlyMap<string, ServiceStats> {
    const known = this.#settled.get(environment);
    if (known !== undefined && known.fromMs === fromMs && known.toMs === toMs) return known.services;
    const services = new Map<string, ServiceStats>();
    this.#sum(services, environment, fromMs, toMs);
    this.#settled.set(environment, { fromMs, toMs, services });
    return services;
  }

  #sum(services: Map<string, ServiceStats>, environment: string, fromMs: EpochMs, toMs: EpochMs): void {
    for (const list of this.#counts(environment, fromMs, toMs)) {
      for (const { key, counts } of list) add(services, key, counts);
    }
  }

  /** Error templates per series key with their counts over `[fromMs, toMs)`. */
  templates(environment: string, fromMs: EpochMs, toMs: EpochMs): Map<string, Map<string, number>> {
    const found = new Map<string, Map<string, number>>();
    for (const list of this.#counts(environment, fromMs, toMs)) {
      for (const { key, counts } of list) {
        if (counts.templates.length > 0) addTemplates(found, key, counts);
      }
    }
    return found;
  }

  /** One series, pane by pane, over `[fromMs, toMs)`. */
  *panesOf(series: Series, fromMs: EpochMs, toMs: EpochMs): Generator<readonly [EpochMs, SeriesCounts]> {
    const wanted = this.#keyOf(series);
    for (const [startMs, pane] of this.#panes) {
      if (startMs < fromMs || startMs >= toMs) continue;
      for (const part of pane.values()) {
        for (const { key, counts } of this.#listed(part).get(series.environment) ?? []) {
          if (key === wanted) yield [startMs, counts];
        }
      }
    }
  }

  /** Did anything arrive, be it an empty request, for a pane in `[fromMs, toMs)`? */
  hasInput(fromMs: EpochMs, toMs: EpochMs): boolean {
    for (const [startMs, pane] of this.#panes) {
      if (startMs < fromMs || startMs >= toMs) continue;
      for (const { delta } of pane.values()) if (delta.input) return true;
    }
    return false;
  }

  /** Forgets panes that ended by `beforeMs`. */
  expire(beforeMs: EpochMs): void {
    for (const startMs of this.#panes.keys()) {
      if (startMs + this.#bucketMs > beforeMs) continue;
      this.#panes.delete(startMs);
      this.#unsettle(startMs);
    }
  }

  get empty(): boolean {
    return this.#panes.size === 0;
  }

  *#counts(environment: string, fromMs: EpochMs, toMs: EpochMs): Generator<readonly KeyedCounts[]> {
    for (const [startMs, pane] of this.#panes) {
      if (startMs < fromMs || startMs >= toMs) continue;
      for (const part of pane.values()) {
        const list = this.#listed(part).get(environment);
        if (list !== undefined) yield list;
      }
    }
  }
}

function add(services: Map<string, ServiceStats>, key: string, counts: SeriesCounts): void {
  let service = services.get(key);
  if (service === undefined) {
    // That something of it came too late, or with which lag, does not make it a service that logs.
    if (counts.levels.every((count) => count === 0)) return;
    service = { series: counts.series, total: 0, errors: 0, levels: LEVELS.map(() => 0) };
    services.set(key, service);
  }
  const { levels } = counts;
  for (let i = 0; i < levels.length; i++) {
    const count = levels[i] ?? 0;
    service.levels[i] = (service.levels[i] ?? 0) + count;
    service.total += count;
    if (i >= ERROR_LEVEL) service.errors += count;
  }
}

function addTemplates(
  found: Map<string, Map<string, number>>,
  key: string,
  { templates }: SeriesCounts,
): void {
  const sums = found.get(key) ?? new Map<string, number>();
  for (const [template, count] of templates) sums.set(template, (sums.get(template) ?? 0) + count);
  found.set(key, sums);
}
