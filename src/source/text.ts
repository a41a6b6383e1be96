import { NO_ATTRIBUTES, type LogRecord } from "../log/batch.ts";
import { severityFromBody } from "../log/severity.ts";
import { parseTime, type EpochMs } from "../log/time.ts";
import type { SeriesTable } from "./series-table.ts";

const LEADING_TIME =
  /^\[?(\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:\s?(?:[Zz]|[+-]\d{2}:?\d{2})(?![\w]))?)\]?[\s:|-]*/;
const LEADING_LEVEL =
  /^[[(<]?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL|PANIC|EMERG)[\])>]?[\s:|-]+/;
/** A header stands at the beginning; longer lines are not searched further. */
const HEAD_CHARS = 64;

/** The time that a line begins with and the length of it; null where it begins with none. */
export function leadingTime(line: string): { readonly timeMs: EpochMs; readonly length: number } | null {
  const match = LEADING_TIME.exec(line.slice(0, HEAD_CHARS));
  const timeMs = match === null ? null : parseTime(match[1]);
  return match === null || timeMs === null ? null : { timeMs, length: match[0].length };
}

/**
 * Reads plain log lines: a leading date and time and a level word are taken off, the rest is the body. A line
 * without a time is taken as said at the time of the line before (NaN before the first).
 */
export class TextParser {
  readonly #table: SeriesTable;
  readonly #service: string;
  #lastMs: EpochMs = Number.NaN;

  constructor(table: SeriesTable, service = "") {
    this.#table = table;
    this.#service = service;
  }

  parse(line: string): LogRecord {
    const time = leadingTime(line);
    if (time !== null) this.#lastMs = time.timeMs;
    const rest = time === null ? line : line.slice(time.length);
    const body = time === null ? rest : rest.replace(LEADING_LEVEL, "");
    return bareRecord(body === "" ? rest : body, rest, this.#lastMs, this.#table, this.#service);
  }
}

/** One bare message per line: no header is looked for, no time is known. */
export function parseBareLine(line: string, table: SeriesTable, service = ""): LogRecord {
  return bareRecord(line, line, Number.NaN, table, service);
}

function bareRecord(
  body: string,
  head: string,
  timeMs: EpochMs,
  table: SeriesTable,
  service: string,
): LogRecord {
  const attribute = (key: string): string => (key === "service.name" ? service : "");
  return {
    timeMs,
    severity: severityFromBody(head),
    severityText: "",
    series: table.of(attribute),
    body,
    attributes: NO_ATTRIBUTES,
    resource: table.resourceOf(attribute),
    scope: "",
    traceId: null,
    spanId: null,
    eventName: "",
  };
}
