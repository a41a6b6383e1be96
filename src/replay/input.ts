import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { LogBatch, LogRecord } from "../log/batch.ts";
import { UNKNOWN_SERVICE } from "../log/series.ts";
import type { EpochMs } from "../log/time.ts";
import type { DecodeResult } from "../otlp/decode-result.ts";
import { detectFormat, type Format } from "../source/format.ts";
import { LEARN_LINES } from "../source/header-reader.ts";
import { parseNdjsonLine } from "../source/ndjson.ts";
import { SeriesTable } from "../source/series-table.ts";
import { parseBareLine, TextParser, type NumberedRecord } from "../source/text.ts";
import { readBytes, sourceName, STDIN, UnreadableSource } from "./bytes.ts";
import { countRejected, type ReadCounts } from "./counts.ts";
import { sniffEncoding } from "./encoding.ts";
import { LineSplitter } from "./lines.ts";

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
  /** No record of stdin is later; completes times without a year. A file's own time does it for files. */
  readonly nowMs: EpochMs;
  /** Told once per file which format it is read as. */
  readonly detected?: (format: Format) => void;
}

/** Lines in, records out; `end` gives what was still waiting for its next line. */
interface RecordParser {
  push(line: string, lineNumber: number): readonly NumberedRecord[];
  end(): readonly NumberedRecord[];
}

/** The records of one file or stdin with the lines they begin at. Throws `UnreadableSource`. */
export async function* readInput(
  path: string,
  stdin: Readable,
  options: ReadOptions,
  counts: ReadCounts,
): AsyncGenerator<readonly NumberedRecord[], void> {
  const referenceMs = path === STDIN ? options.nowMs : await changedAt(path);
  let parser: RecordParser | null = null;
  let held: string[] = [];
  let lineNumber = 0;
  const push = (line: string): readonly NumberedRecord[] => parser?.push(line, ++lineNumber) ?? [];
  for await (const lines of readLines(path, stdin, counts)) {
    held = held.concat(lines);
    if (parser === null && !isSample(held)) continue;
    parser ??= parserOf(held, options, counts, referenceMs);
    yield held.flatMap(push);
    held = [];
  }
  parser ??= parserOf(held, options, counts, referenceMs);
  yield [...held.flatMap(push), ...parser.end()];
}

async function changedAt(path: string): Promise<EpochMs> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    // Reading it will say why.
    return Number.NaN;
  }
}

function isSample(lines: readonly string[]): boolean {
  if (lines.length >= LEARN_LINES) return true;
  return lines.reduce((chars, line) => chars + line.length, 0) >= MAX_SAMPLE_CHARS;
}

async function* readLines(
  path: string,
  stdin: Readable,
  counts: ReadCounts,
): AsyncGenerator<readonly string[]> {
  const splitter = new LineSplitter(MAX_OTLP_LINE_CHARS);
  let decoder: TextDecoder | null = null;
  for await (const chunk of readBytes(path, stdin)) {
    decoder ??= decoderOf(path, chunk);
    yield splitter.push(decoder.decode(chunk, { stream: true }));
  }
  if (decoder !== null) yield [...splitter.push(decoder.decode()), ...splitter.end()];
  counts.overlong += splitter.overlong;
  counts.lines += splitter.overlong;
}

function decoderOf(path: string, firstBytes: Uint8Array): TextDecoder {
  const encoding = sniffEncoding(firstBytes);
  if (encoding.kind === "text") return new TextDecoder(encoding.charset);
  throw new UnreadableSource(`${sourceName(path)}: ${encoding.what.replaceAll("FILE", sourceName(path))}`);
}

function parserOf(
  lines: readonly string[],
  options: ReadOptions,
  counts: ReadCounts,
  referenceMs: EpochMs,
): RecordParser {
  const sample = lines.slice(0, LEARN_LINES).map(withoutZeros);
  const format = options.format === "auto" ? detectFormat(sample) : options.format;
  options.detected?.(format);
  const maxChars = format === "otlp" ? MAX_OTLP_LINE_CHARS : MAX_LINE_CHARS;
  const parser =
    format === "text"
      ? textParser(sample, options, referenceMs)
      : { push: lineParser(format, options, counts), end: () => [] };
  return {
    end: () => parser.end(),
    push(given, lineNumber) {
      const line = withoutZeros(given);
      if (line.trim() === "") return [];
      counts.lines++;
      if (line.length <= maxChars) return parser.push(line, lineNumber);
      counts.overlong++;
      return [];
    },
  };
}

/** A file that was cut while a writer had it open begins with a hole. */
function withoutZeros(line: string): string {
  // oxlint-disable-next-line no-control-regex -- zero bytes are what it is about
  return line.charCodeAt(0) === 0 ? line.replace(/^\u0000+/, "") : line;
}

function textParser(sample: readonly string[], options: ReadOptions, referenceMs: EpochMs): RecordParser {
  const text = new TextParser(new SeriesTable(), options.service, referenceMs);
  text.learn(sample.filter((line) => line.trim() !== ""));
  const some = (record: NumberedRecord | null): readonly NumberedRecord[] =>
    record === null ? [] : [record];
  return { push: (line, lineNumber) => some(text.push(line, lineNumber)), end: () => some(text.end()) };
}

function lineParser(
  format: Exclude<Format, "text">,
  options: ReadOptions,
  counts: ReadCounts,
): RecordParser["push"] {
  const table = new SeriesTable();
  const parse = (line: string): readonly LogRecord[] => {
    if (format === "otlp") return otlpRecords(line, options, table, counts);
    if (format === "ndjson") return ndjsonRecords(line, options.service, table, counts);
    return [parseBareLine(line, table, options.service)];
  };
  return (line, lineNumber) => parse(line).map((record) => ({ line: lineNumber, record }));
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
