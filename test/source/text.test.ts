import { describe, expect, test } from "vitest";
import { detectFormat } from "../../src/source/format.ts";
import { SeriesTable } from "../../src/source/series-table.ts";
import { parseBareLine, TextParser } from "../../src/source/text.ts";

const AT = Date.parse("2024-01-15T10:30:45Z");

describe("plain text", () => {
  test.for<[line: string, timeMs: number, severity: number, body: string]>([
    ["2024-01-15T10:30:45Z ERROR disk full", AT, 17, "disk full"],
    ["2024-01-15 10:30:45,123 WARN [main] slow", AT + 123, 13, "[main] slow"],
    ["[2024-01-15T11:30:45+01:00] [INFO] started", AT, 9, "started"],
    ["2024-01-15 10:30:45 - payment failed", AT, 0, "payment failed"],
    ["2024-01-15 10:30:45 app[1]: ERROR disk full", AT, 17, "app[1]: ERROR disk full"],
  ])("%s is taken apart", ([line, timeMs, severity, body]) => {
    expect(new TextParser(new SeriesTable()).parse(line)).toMatchObject({ timeMs, severity, body });
  });

  test("a line without a time takes that of the line before, none before the first", () => {
    const parser = new TextParser(new SeriesTable(), "api");
    expect(parser.parse("starting").timeMs).toBeNaN();
    expect(parser.parse("2024-01-15T10:30:45Z ERROR boom").timeMs).toBe(AT);
    expect(parser.parse("    at main (app.js:1:2)")).toMatchObject({
      timeMs: AT,
      body: "    at main (app.js:1:2)",
      series: { service: "api" },
    });
  });

  test("a date that is none is text", () => {
    expect(new TextParser(new SeriesTable()).parse("2024-13-45T99:99:99Z x")).toMatchObject({
      timeMs: Number.NaN,
      body: "2024-13-45T99:99:99Z x",
    });
  });

  test("bare lines keep every character and have no time", () => {
    expect(parseBareLine("2024-01-15T10:30:45Z ERROR x", new SeriesTable())).toMatchObject({
      timeMs: Number.NaN,
      severity: 17,
      body: "2024-01-15T10:30:45Z ERROR x",
    });
  });
});

describe("the format of a file", () => {
  test.for<[name: string, lines: string[], expected: string]>([
    ["an export request", ['{"resourceLogs":[]}'], "otlp"],
    ["a request cut short", ['{ "resourceLogs" : [{"scopeLogs"'], "otlp"],
    ["a request whose logs stand second", ['{"x":1,"resourceLogs":[]}'], "otlp"],
    ["JSON objects", ["", '{"msg":"a"}', '{"msg":"b"}'], "ndjson"],
    ["JSON objects with one broken line", ['{"msg":"a"', '{"msg":"b"}', '{"msg":"c"}'], "ndjson"],
    ["lines with times", ["2024-01-15 10:30:45 a", "  at b", "  at c", "  at d"], "text"],
    ["bare lines", ["a", "b"], "lines"],
    ["JSON that is no object", ["[1]", "5"], "lines"],
    ["nothing", [], "lines"],
    ["a word about resourceLogs", ['{"msg":"resourceLogs"}'], "ndjson"],
  ])("%s", ([, lines, expected]) => {
    expect(detectFormat(lines)).toBe(expected);
  });
});
