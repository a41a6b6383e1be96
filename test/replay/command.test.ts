import { describe, expect, test } from "vitest";
import { parseReplayArguments } from "../../src/replay/command.ts";

describe("the arguments of replay", () => {
  test("all of them are understood, files may stand anywhere", () => {
    const parsed = parseReplayArguments([
      "a.log",
      "--json",
      "--final",
      "--analyze",
      "--format",
      "ndjson",
      "--service=shop",
      "--set",
      "TOCSIN_WINDOW=1m",
      "--set=A=b=c",
      "-",
    ]);
    expect(parsed).toEqual({
      kind: "replay",
      options: {
        files: ["a.log", "-"],
        json: true,
        final: true,
        analyze: true,
        format: "ndjson",
        service: "shop",
        settings: new Map([
          ["TOCSIN_WINDOW", "1m"],
          ["A", "b=c"],
        ]),
      },
    });
  });

  test("without options a file is enough", () => {
    expect(parseReplayArguments(["x"])).toEqual({
      kind: "replay",
      options: {
        files: ["x"],
        json: false,
        final: false,
        analyze: false,
        format: "auto",
        service: "",
        settings: new Map(),
      },
    });
  });

  test.for<[name: string, argv: string[], part: string]>([
    ["no file", [], "no file given"],
    ["an unknown option", ["--jsn", "x"], "--jsn"],
    ["an unknown format", ["--format", "xml", "x"], "--format xml: one of auto, otlp, ndjson, text, lines"],
    ["an option without its value", ["x", "--format"], "--format"],
    ["a setting without a value", ["--set", "TOCSIN_WINDOW", "x"], "expected KEY=VALUE"],
    ["a setting without a name", ["--set", "=1m", "x"], "expected KEY=VALUE"],
    ["stdin twice", ["-", "-"], "stdin"],
    ["a value for a switch", ["--json=yes", "x"], "--json"],
  ])("%s is told with the usage", ([, argv, part]) => {
    const parsed = parseReplayArguments(argv);
    if (parsed.kind !== "usage") throw new Error("expected a usage error");
    expect(parsed.message).toContain(part);
    expect(parsed.message).toContain("usage: tocsin replay");
  });

  test("help is no error", () => {
    expect(parseReplayArguments(["--help"]).kind).toBe("help");
  });
});
