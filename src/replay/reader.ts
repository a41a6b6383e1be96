import type { Readable } from "node:stream";
import type { LogBatch, LogRecord } from "../log/batch.ts";
import { UNKNOWN_SERVICE } from "../log/series.ts";
import type { DecodeResult } from "../otlp/decode-result.ts";
import { detectFormat, FORMAT_SAMPLE_LINES, type Format } from "../source/format.ts";
import { parseNdjsonLine } from "../source/ndjson.ts";
import { SeriesTable } from "../source/series-table.ts";
import { parseBareLine, TextParser } from "../source/text.ts";
import { readBytes } from "./bytes.ts";
import { countRejected, type ReadCounts } from "./counts.ts";
import { LineSplitter } from "./lines.ts";
import { TimeOrder, type TimedRecord } from "./time-order.ts";

/** One OTLP line is a whole request, as large as the receiver takes them. */
export const MAX_OTLP_LINE_CHARS = 64 * 1_024 * 1_024;
export const MAX_LINE_CHARS = 1_024 * 1_024;
/** Lines held to tell the format are bounded in all, not only in number. */
const MAX_SAMPLE_CHARS = 4 * 1_024 * 1_024;

export type OtlpDecoder = (request: Buffer) => DecodeResult;

export interface ReadOptions {
  readonly format: Format | "auto";
  /** Names records that say nothing themselves; "" for none. */
  readonly service: string;
  readonly decodeOtlp: OtlpDecoder;
}

/** The records of one line; none where it was rejected, which is then counted. */
type LineParser = (line: string) => readonly LogRecord[];

/** One file or stdin as records with their place in time. Throws `UnreadableSource`. */
export async function* readRecords(
  path: string,
  stdin: Readable,
  options: ReadOptions,
  counts: ReadCounts,
): AsyncGenerator<readonly TimedRecord[], void> {
  const order = new TimeOrder(counts);
  let parser: LineParser | null = null;
  let held: string[] = [];
  for await (const lines of readLines(path, stdin, counts)) {
    held = held.concat(lines);
    if (parser === null && !isSample(held)) continue;
    parser ??= lineParser(formatOf(held, options), options, counts);
    yield order.push(held.flatMap(parser));
    held = [];
  }
  parser ??= lineParser(formatOf(held, options), options, counts);
  yield order.push(held.flatMap(parser));
  yield order.end();
}

function isSample(lines: readonly string[]): boolean {
  if (lines.length >= 2 * FORMAT_SAMPLE_LINES) return true;
  return lines.reduce((chars, line) => chars + line.length, 0) >= MAX_SAMPLE_CHARS;
}

function formatOf(lines: readonly string[], options: ReadOptions): Format {
  return options.format === "auto" ? detectFormat(lines) : options.format;
}

async function* readLines(
  path: string,
  stdin: Readable,
  counts: ReadCounts,
): AsyncGenerator<readonly string[]> {
  const splitter = new LineSplitter(MAX_OTLP_LINE_CHARS);
  const decoder = new TextDecoder();
  for await (const chunk of readBytes(path, stdin))
    yield splitter.push(decoder.decode(chunk, { stream: true }));
  yield [...splitter.push(decoder.decode()), ...splitter.end()];
  counts.overlong += splitter.overlong;
  counts.lines += splitter.overlong;
}

function lineParser(format: Format, options: ReadOptions, counts: ReadCounts): LineParser {
  const parse = parserOf(format, options, counts);
  const maxChars = format === "otlp" ? MAX_OTLP_LINE_CHARS : MAX_LINE_CHARS;
  return (line) => {
    if (line.trim() === "") return [];
    counts.lines++;
    if (line.length <= maxChars) return parse(line);
    counts.overlong++;
    return [];
  };
}

function parserOf(format: Format, options: ReadOptions, counts: ReadCounts): LineParser {
  const table = new SeriesTable();
  const text = new TextParser(table, options.service);
  switch (format) {
    case "otlp":
      return (line) => otlpRecords(line, options, table, counts);
    case "ndjson":
      return (line) => ndjsonRecords(line, options.service, table, counts);
    case "text":
      return (line) => [text.parse(line)];
    case "lines":
      return (line) => [parseBareLine(line, table, options.service)];
  }
}

function ndjsonRecords(
  line: string,
  service: string,
  table: SeriesTable,
  counts: ReadCounts,
): readonly LogRecord[] {
  const outcome = parseNdjsonLine(line, table, service);
  if (outcome.kind === "record") return [outcome.record];
  countRejected(counts, outcome.reason);
  return [];
}

function otlpRecords(
  line: string,
  options: ReadOptions,
  table: SeriesTable,
  counts: ReadCounts,
): readonly LogRecord[] {
  const result = options.decodeOtlp(Buffer.from(line));
  if (result.kind !== "decoded") {
    countRejected(counts, result.kind === "invalid" ? "not an OTLP export request" : "too many records");
    return [];
  }
  countRejected(counts, "log record: cannot be read", result.rejected);
  return recordsOf(result.batch, options.service, table);
}

/** Every request brings series objects of its own; the table makes equal ones the same. */
function recordsOf(batch: LogBatch, service: string, table: SeriesTable): readonly LogRecord[] {
  const shared = batch.series.map((series) =>
    table.of((key) => {
      if (key === "service.namespace") return series.namespace;
      if (key === "deployment.environment.name") return series.environment;
      if (key !== "service.name") return "";
      return series.service === UNKNOWN_SERVICE && service !== "" ? service : series.service;
    }),
  );
  return Array.from({ length: batch.size }, (_, index) => {
    const record = batch.record(index);
    return { ...record, series: shared[batch.seriesIndexes[index] ?? 0] ?? record.series };
  });
}
