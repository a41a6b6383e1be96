import type { AttributeValue, LogRecord } from "../log/batch.ts";
import { seriesKey, type Series } from "../log/series.ts";
import { isError, type SeverityNumber } from "../log/severity.ts";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { TemplateSample, WindowDelta } from "./delta.ts";
import { RecentLines } from "./recent-lines.ts";
import { MAX_VALUE_RECORDS, ValueSample, type Room, type ValueRecord } from "./value-sample.ts";
import {
  clipBody,
  countMinute,
  countSighting,
  absorbTemplate,
  evict,
  firstFrame,
  MAX_EXAMPLES,
  RECENT_MINUTES,
  type RecentTemplate,
} from "./recent-template.ts";

export const MAX_RECENT_TEMPLATES = 50_000;
export const MAX_RECENT_TEMPLATES_PER_SERIES = 500;
const MAX_TRACES_PER_TEMPLATE = 20;

const MAX_VERSIONS = 64;
const MAX_COUNTED_PANES = 256;

interface SeriesRecent {
  readonly series: Series;
  readonly templates: Map<string, RecentTemplate>;
  readonly values: ValueSample;
  /** Values of `service.version` seen, the first of which is no change. */
  readonly versions: Set<string>;
  firstSeenAtMs: EpochMs;
}

/** A change that a record announces: a deployment, a configuration or flag change sent as an OTLP event. */
export interface AnnouncedChange {
  readonly eventName: string;
  readonly series: Series;
  readonly timeMs: EpochMs;
  readonly body: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

export interface RecentOptions {
  /** The one redactor: no text of a record is handed out without it. */
  readonly redact: (text: string) => string;
  /** A template's text by its id, as it is now. */
  readonly textOf: (seriesKey: string, id: string) => string;
  readonly onChange?: (change: AnnouncedChange) => void;
}

const CHANGE_EVENT = /^(?:deployment|deploy|release|rollout|config|configuration|feature_flag|flag)\b.*/i;
/** Evaluating a flag is no change of it. */
const NO_CHANGE = /evaluation|read|health/i;

/** What each series has been saying lately, at every level: the memory that evidence is made from. Bounded. */
export class RecentRecords {
  /** The records themselves, the last of them. */
  readonly lines = new RecentLines();
  readonly #options: RecentOptions;
  readonly #series = new Map<string, SeriesRecent>();
  /** Per pane of another counter what was taken over of it already. */
  readonly #counted = new Map<string, Map<string, number>>();
  #templates = 0;
  readonly #room: Room = { left: MAX_VALUE_RECORDS };

  constructor(options: RecentOptions) {
    this.#options = options;
  }

  /** A record of the template `id`. */
  observe(record: LogRecord, id: string): void {
    const { series, severity, timeMs, resource } = record;
    const recent = this.#recent(series, timeMs);
    this.lines.observe(record, id);
    this.#version(recent, resource.get("service.version"), timeMs);
    if (timeMs < recent.firstSeenAtMs) recent.firstSeenAtMs = timeMs;
    this.#announce(record, timeMs);
    recent.values.add(record);
    const known = recent.templates.get(id) ?? this.#add(recent, id, severity, timeMs);
    if (known !== undefined) this.#seen(known, record, severity, timeMs);
  }

  /** How many records of a template came in a pane; of these, those that were looked at are counted already. */
  counted(key: string, id: string, came: number, paneStartMs: EpochMs): void {
    const known = this.#series.get(key)?.templates.get(id);
    if (known === undefined) return;
    const unseen = came - known.uncounted;
    known.uncounted = Math.max(0, -unseen);
    if (unseen <= 0) return;
    known.count += unseen;
    countSighting(known, Math.max(paneStartMs, known.lastSeenAtMs));
    countMinute(known, Math.floor(paneStartMs / MINUTE_MS), unseen);
  }

  /** The template goes by another id now. */
  rename(key: string, from: string, to: string): void {
    const recent = this.#series.get(key);
    const moved = recent?.templates.get(from);
    if (recent === undefined || moved === undefined) return;
    recent.templates.delete(from);
    const known = recent.templates.get(to);
    if (known === undefined) {
      recent.templates.set(to, moved);
      return;
    }
    this.#templates -= 1;
    absorbTemplate(known, moved);
  }

  /** What another counter has looked at: its error templates, with what their count has grown by. */
  absorb(delta: WindowDelta): void {
    const source = `${delta.replica} ${delta.epoch} ${delta.paneStartMs}`;
    const counted = this.#counted.get(source) ?? new Map<string, number>();
    if (!this.#counted.has(source)) {
      this.#counted.set(source, counted);
      const [oldest] = this.#counted.keys();
      if (this.#counted.size > MAX_COUNTED_PANES && oldest !== undefined) this.#counted.delete(oldest);
    }
    for (const { series, samples, templates, versions = [] } of delta.series) {
      const recent = this.#recent(series, delta.paneStartMs);
      for (const [version] of versions) this.#version(recent, version, delta.paneStartMs);
      for (const sample of samples) this.#sampled(recent, sample);
      for (const [template, count] of templates) {
        const key = `${seriesKey(series)} ${template}`;
        const grown = count - (counted.get(key) ?? 0);
        counted.set(key, count);
        const known = recent.templates.get(template);
        if (known === undefined || grown <= 0) continue;
        known.count += grown;
        countSighting(known, Math.max(delta.paneStartMs, known.firstSeenAtMs));
        countMinute(known, Math.floor(delta.paneStartMs / MINUTE_MS), grown);
      }
    }
  }

  #sampled(recent: SeriesRecent, sample: TemplateSample): void {
    const { template, severity, firstSeenAtMs, lastSeenAtMs, examples } = sample;
    const known = recent.templates.get(template) ?? this.#add(recent, template, severity, firstSeenAtMs);
    if (known === undefined) return;
    countSighting(known, firstSeenAtMs);
    countSighting(known, lastSeenAtMs);
    known.severity = Math.max(known.severity, severity);
    for (const example of examples) {
      if (known.examples.length < MAX_EXAMPLES && !known.examples.includes(example))
        known.examples.push(example);
    }
  }

  /** A version that was not there before is a deployment, even where nobody says so. */
  #version({ series, versions }: SeriesRecent, version: unknown, nowMs: EpochMs): void {
    if (typeof version !== "string" || version === "" || versions.has(version)) return;
    const first = versions.size === 0;
    if (versions.size >= MAX_VERSIONS) versions.clear();
    versions.add(version);
    if (first) return;
    const attributes = new Map([["service.version", version]]);
    const body = `${series.service} logs as version ${version} for the first time`;
    this.#options.onChange?.({ eventName: "deployment", series, timeMs: nowMs, body, attributes });
  }

  #announce(record: LogRecord, timeMs: EpochMs): void {
    const { eventName, series, body, attributes } = record;
    if (eventName === "" || !CHANGE_EVENT.test(eventName) || NO_CHANGE.test(eventName)) return;
    this.#options.onChange?.({ eventName, series, timeMs, body, attributes });
  }

  #add(
    recent: SeriesRecent,
    id: string,
    severity: SeverityNumber,
    timeMs: EpochMs,
  ): RecentTemplate | undefined {
    const full =
      recent.templates.size >= MAX_RECENT_TEMPLATES_PER_SERIES || this.#templates >= MAX_RECENT_TEMPLATES;
    if (full && !evict(recent.templates, severity)) return undefined;
    if (!full) this.#templates += 1;
    const { series } = recent;
    const added: RecentTemplate = {
      template: id,
      service: series.service,
      key: seriesKey(series),
      severity,
      firstSeenAtMs: timeMs,
      lastSeenAtMs: timeMs,
      burstSinceMs: timeMs,
      count: 0,
      uncounted: 0,
      minutes: new Uint32Array(RECENT_MINUTES),
      minute: Math.floor(timeMs / MINUTE_MS),
      examples: [],
      traceIds: [],
      exception: null,
    };
    recent.templates.set(id, added);
    return added;
  }

  #seen(known: RecentTemplate, record: LogRecord, severity: SeverityNumber, timeMs: EpochMs): void {
    known.count += 1;
    known.uncounted += 1;
    known.severity = Math.max(known.severity, severity);
    countSighting(known, timeMs);
    countMinute(known, Math.floor(timeMs / MINUTE_MS));
    if (known.examples.length < MAX_EXAMPLES) {
      const example = this.#options.redact(clipBody(record.body));
      if (!known.examples.includes(example)) known.examples.push(example);
    }
    const { traceId } = record;
    if (
      traceId !== null &&
      known.traceIds.length < MAX_TRACES_PER_TEMPLATE &&
      !known.traceIds.includes(traceId)
    )
      known.traceIds.push(traceId);
    if (isError(severity)) known.exception ??= this.#exception(record);
  }

  #exception({ attributes }: LogRecord): string | null {
    const type = attributes.get("exception.type");
    if (typeof type !== "string" || type === "") return null;
    const trace = attributes.get("exception.stacktrace");
    const frame = typeof trace === "string" ? firstFrame(trace) : "";
    return this.#options.redact(frame === "" ? type : `${type} at ${frame}`);
  }

  #recent(series: Series, nowMs: EpochMs): SeriesRecent {
    const key = seriesKey(series);
    let recent = this.#series.get(key);
    if (recent === undefined) {
      recent = {
        series,
        templates: new Map(),
        values: new ValueSample(this.#room),
        versions: new Set(),
        firstSeenAtMs: nowMs,
      };
      this.#series.set(key, recent);
    }
    return recent;
  }

  /** What was seen of one template lately. */
  template(key: string, id: string): Readonly<RecentTemplate> | undefined {
    return this.#series.get(key)?.templates.get(id);
  }

  /** Of one environment, in the order they were first seen. */
  *templates(environment: string): Generator<RecentTemplate> {
    for (const [key, { series, templates }] of this.#series) {
      if (series.environment !== environment) continue;
      for (const [id, known] of templates) {
        known.template = this.#options.textOf(key, id);
        yield known;
      }
    }
  }

  /** A sample of the records of each service by the values that they carry, which are not redacted. */
  *values(environment: string): Generator<readonly [service: string, sample: Iterable<ValueRecord>]> {
    for (const { series, values } of this.#series.values()) {
      if (series.environment === environment) yield [series.service, values.all()];
    }
  }

  /** The one redactor. */
  get redact(): (text: string) => string {
    return this.#options.redact;
  }

  /** Since when a series has been watched; Infinity for one that is unknown. */
  watchedSinceMs(key: string): EpochMs {
    return this.#series.get(key)?.firstSeenAtMs ?? Infinity;
  }

  services(environment: string): readonly string[] {
    const found = [...this.#series.values()].filter(({ series }) => series.environment === environment);
    return [...new Set(found.map(({ series }) => series.service))];
  }

  /** Forgets what was last seen before the memory begins. */
  expire(nowMs: EpochMs): void {
    this.lines.expire(nowMs);
    const beforeMs = nowMs - RECENT_MINUTES * MINUTE_MS;
    for (const [key, { templates, values }] of this.#series) {
      for (const [masked, { lastSeenAtMs }] of templates) {
        if (lastSeenAtMs < beforeMs && templates.delete(masked)) this.#templates -= 1;
      }
      if (templates.size > 0) continue;
      values.forget();
      this.#series.delete(key);
    }
  }
}
