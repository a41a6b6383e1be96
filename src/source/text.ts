import { NO_ATTRIBUTES, type LogRecord } from "../log/batch.ts";
import { isObject } from "../log/json.ts";
import type { Series } from "../log/series.ts";
import { severityFromBody } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";
import { HeaderReader } from "./header-reader.ts";
import { looksLikeLogfmt, parseLogfmt } from "./logfmt.ts";
import { ndjsonRecord } from "./ndjson.ts";
import { RecordJoiner, type TextRecord } from "./record-joiner.ts";
import type { SeriesTable } from "./series-table.ts";
import { Timeline } from "./timeline.ts";

/** A record and the line of its source that it begins at, the first being 1. */
export interface NumberedRecord {
  readonly line: number;
  readonly record: LogRecord;
}

/**
 * Reads plain log lines whose layout nobody has told: time, level, logger and the like are found, lines that belong
 * to the record before are joined to it. A line without a time is taken as said at the time of the line before (NaN
 * before the first).
 */
export class TextParser {
  readonly #table: SeriesTable;
  readonly #service: string;
  readonly #blank: LogRecord;
  readonly #headers = new HeaderReader();
  readonly #timeline: Timeline;
  readonly #joiner: RecordJoiner;
  #lastMs: EpochMs = Number.NaN;

  /** `referenceMs` completes times without a year or a date: nothing in the source is later. */
  constructor(table: SeriesTable, service = "", referenceMs: EpochMs = Number.NaN) {
    this.#table = table;
    this.#service = service;
    this.#blank = bareRecord("", Number.NaN, table, service);
    this.#timeline = new Timeline(referenceMs);
    this.#joiner = new RecordJoiner(this.#headers, this.#timeline);
  }

  /** Learns from the first lines of the source, which are then pushed like all others. */
  learn(lines: readonly string[]): void {
    this.#headers.learn(lines);
    this.#joiner.learn(lines);
  }

  /** The record that ended before this line; null while it may go on. `line` has no line end and is not empty. */
  push(line: string, lineNumber: number): NumberedRecord | null {
    const ended = this.#joiner.push(line, lineNumber);
    return ended === null ? null : this.#numbered(ended);
  }

  /** The last record. */
  end(): NumberedRecord | null {
    const ended = this.#joiner.end();
    return ended === null ? null : this.#numbered(ended);
  }

  #numbered(text: TextRecord): NumberedRecord {
    if (!Number.isNaN(text.timeMs)) this.#lastMs = text.timeMs;
    const record = this.#structured(text) ?? this.#plain(text);
    return { line: text.line, record };
  }

  #plain({ body, severity, level, words }: TextRecord): LogRecord {
    return {
      ...this.#blank,
      timeMs: this.#lastMs,
      severity: severity > 0 ? severity : severityFromBody(body),
      severityText: level,
      body,
      attributes: words.attributes,
      scope: words.scope,
    };
  }

  /** A message that is an object or a list of pairs itself; what it leaves open the header says. */
  #structured(text: TextRecord): LogRecord | null {
    const fields = fieldsOf(text.body);
    if (fields === null) return null;
    const outcome = ndjsonRecord(fields, this.#table, this.#service);
    if (outcome.kind === "rejected") return null;
    const { record } = outcome;
    if (Number.isNaN(record.timeMs))
      return { ...record, timeMs: this.#lastMs, severity: record.severity || text.severity };
    if (Number.isNaN(text.timeMs)) this.#lastMs = record.timeMs;
    return { ...record, severity: record.severity || text.severity, scope: record.scope || text.words.scope };
  }
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> | null {
  if (body.startsWith("{")) return body.trimEnd().endsWith("}") ? parseObject(body) : null;
  if (!looksLikeLogfmt(body)) return null;
  const pairs = parseLogfmt(body);
  return pairs === null ? null : Object.fromEntries(pairs);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** One bare message per line: no header is looked for, no time is known. */
export function parseBareLine(line: string, table: SeriesTable, service = ""): LogRecord {
  return { ...bareRecord(line, Number.NaN, table, service), severity: severityFromBody(line) };
}

function bareRecord(body: string, timeMs: EpochMs, table: SeriesTable, service: string): LogRecord {
  const attribute = (key: string): string => (key === "service.name" ? service : "");
  const series: Series = table.of(attribute);
  return {
    timeMs,
    severity: 0,
    severityText: "",
    series,
    body,
    attributes: NO_ATTRIBUTES,
    resource: table.resourceOf(attribute),
    scope: "",
    traceId: null,
    spanId: null,
    eventName: "",
  };
}
