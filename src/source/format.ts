import { isObject } from "../log/json.ts";
import { own } from "./json-value.ts";
import { leadingTime } from "./text.ts";

export const FORMATS = ["otlp", "ndjson", "text", "lines"] as const;
export type Format = (typeof FORMATS)[number];

/** So many lines with something in them are enough to tell. */
export const FORMAT_SAMPLE_LINES = 20;

/** An OTLP line may be a whole request, too long to be at hand: its beginning tells. */
const OTLP_HEAD = /^\s*\{\s*"resourceLogs"\s*:/;

/** What most of the first lines are; JSON counts before text, `lines` where nothing else fits. */
export function detectFormat(firstLines: readonly string[]): Format {
  const counts = { otlp: 0, ndjson: 0, text: 0, lines: 0 };
  const sample = firstLines.filter((line) => line.trim() !== "").slice(0, FORMAT_SAMPLE_LINES);
  for (const line of sample) counts[formatOf(line)]++;
  if (counts.otlp + counts.ndjson > sample.length / 2)
    return counts.otlp >= counts.ndjson ? "otlp" : "ndjson";
  // A stack trace has many lines to one time.
  return counts.text > 0 ? "text" : "lines";
}

function formatOf(line: string): Format {
  if (OTLP_HEAD.test(line)) return "otlp";
  if (/^\s*\{/.test(line)) {
    const value = parse(line);
    if (isObject(value)) return Array.isArray(own(value, "resourceLogs")) ? "otlp" : "ndjson";
  }
  return leadingTime(line) === null ? "lines" : "text";
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
