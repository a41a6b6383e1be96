import { isObject } from "../log/json.ts";
import { isContinuation } from "./continuation.ts";
import { HeaderGrammar } from "./header-grammar.ts";
import { own } from "./json-value.ts";
import { looksLikeLogfmt } from "./logfmt.ts";
import { Timeline } from "./timeline.ts";

export const FORMATS = ["otlp", "ndjson", "text", "lines"] as const;
export type Format = (typeof FORMATS)[number];

/** So many lines with something in them are enough to tell. */
export const FORMAT_SAMPLE_LINES = 20;
/** One message in so many may happen to begin as a header does. */
const MIN_HEADED_SHARE = 0.2;

/** An OTLP line may be a whole request, too long to be at hand: its beginning tells. */
const OTLP_HEAD = /^\s*\{\s*"resourceLogs"\s*:/;

/** What most of the first lines are; JSON counts before text, `lines` where nothing else fits. */
export function detectFormat(firstLines: readonly string[]): Format {
  const filled = firstLines.filter((line) => line.trim() !== "");
  const sample = filled.slice(0, FORMAT_SAMPLE_LINES);
  const otlp = sample.filter(isOtlp).length;
  const objects = sample.filter(isJsonObject).length;
  if (otlp + objects > sample.length / 2) return otlp >= objects ? "otlp" : "ndjson";
  return hasHeaders(filled) ? "text" : "lines";
}

/** A stack trace has many lines to one header, so only lines that begin a record are counted. */
function hasHeaders(lines: readonly string[]): boolean {
  const starts = lines.filter((line) => !isContinuation(line));
  const grammar = new HeaderGrammar();
  grammar.learn(starts);
  const timeline = new Timeline(Number.NaN);
  const headed = starts.filter((line) => {
    grammar.head.load(line);
    return grammar.read(timeline) || looksLikeLogfmt(line);
  });
  const { length } = headed;
  return length > 0 && (length >= starts.length * MIN_HEADED_SHARE || isHeaded(starts[0], grammar));
}

function isHeaded(line: string | undefined, grammar: HeaderGrammar): boolean {
  if (line === undefined) return false;
  grammar.head.load(line);
  return grammar.read(new Timeline(Number.NaN)) && grammar.timed;
}

function isOtlp(line: string): boolean {
  if (OTLP_HEAD.test(line)) return true;
  const value = parseObject(line);
  return isObject(value) && Array.isArray(own(value, "resourceLogs"));
}

function isJsonObject(line: string): boolean {
  return !isOtlp(line) && isObject(parseObject(line));
}

function parseObject(line: string): unknown {
  if (!/^\s*\{/.test(line)) return null;
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
