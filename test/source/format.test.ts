import { describe, expect, test } from "vitest";
import { detectFormat } from "../../src/source/format.ts";
import { LAYOUTS } from "./layouts.ts";

describe("the format of a file", () => {
  test.for<[name: string, lines: string[], expected: string]>([
    ["an export request", ['{"resourceLogs":[]}'], "otlp"],
    ["a request cut short", ['{ "resourceLogs" : [{"scopeLogs"'], "otlp"],
    ["a request whose logs stand second", ['{"x":1,"resourceLogs":[]}'], "otlp"],
    ["JSON objects", ["", '{"msg":"a"}', '{"msg":"b"}'], "ndjson"],
    ["JSON objects with one broken line", ['{"msg":"a"', '{"msg":"b"}', '{"msg":"c"}'], "ndjson"],
    ["lines with times", ["2024-01-15 10:30:45 a", "  at b", "  at c", "  at d"], "text"],
    ["logfmt", ["level=info msg=a", "level=info msg=b"], "text"],
    ["bare lines", ["a", "b"], "lines"],
    ["JSON that is no object", ["[1]", "5"], "lines"],
    ["nothing", [], "lines"],
    ["a word about resourceLogs", ['{"msg":"resourceLogs"}'], "ndjson"],
    [
      "messages of which one begins with a number like a time",
      ["connection closed", "block 17 lost", "1705314645 is the id", "user in", "user out", "done"],
      "lines",
    ],
  ])("%s", ([, lines, expected]) => {
    expect(detectFormat(lines)).toBe(expected);
  });

  test.for(LAYOUTS.map((layout) => [layout.name, layout] as const))("%s is text", ([, { lines }]) => {
    expect(detectFormat(lines.map(([header, message]) => header + message))).toBe("text");
  });

  test("bare messages are lines, whatever they are about", () => {
    const messages = LAYOUTS.flatMap(({ lines }) => lines.map(([, message]) => message));
    expect(detectFormat(messages)).toBe("lines");
  });
});
