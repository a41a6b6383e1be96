import { describe, expect, test } from "vitest";
import type { LogRecord } from "../../src/log/batch.ts";
import { severityFromBody } from "../../src/log/severity.ts";
import { HeaderGrammar, MAX_NODES } from "../../src/source/header-grammar.ts";
import { MAX_RECORD_CHARS, MAX_RECORD_LINES } from "../../src/source/record-joiner.ts";
import { SeriesTable } from "../../src/source/series-table.ts";
import { parseBareLine, TextParser, type NumberedRecord } from "../../src/source/text.ts";
import { LAYOUTS } from "./layouts.ts";

const AT = Date.parse("2024-01-15T10:30:45Z");
const NOW = Date.parse("2024-06-01T12:00:00Z");

/** Learns from the first `learnFrom` lines, as a reader of files does. */
function parse(lines: readonly string[], learnFrom = lines.length, service = ""): NumberedRecord[] {
  const parser = new TextParser(new SeriesTable(), service, NOW);
  parser.learn(lines.slice(0, learnFrom));
  const records = lines.map((line, i) => parser.push(line, i + 1));
  return [...records, parser.end()].filter((record) => record !== null);
}

function bodies(lines: readonly string[]): readonly string[] {
  return parse(lines).map(({ record }) => record.body);
}

function one(line: string): LogRecord {
  const [numbered] = parse([line]);
  if (numbered === undefined) throw new Error("no record");
  return numbered.record;
}

describe("a header that nobody described", () => {
  test.for(LAYOUTS.map((layout) => [layout.name, layout] as const))(
    "%s: time, severity and message are found in every line",
    ([, { lines }]) => {
      const records = parse(lines.map(([header, message]) => header + message));
      expect(records).toHaveLength(lines.length);
      for (const [i, [, message, time, severity]] of lines.entries()) {
        const record = records[i]?.record;
        const expected = typeof time === "string" ? Date.parse(time) : Number.NaN;
        expect(record?.body).toBe(message);
        expect(record?.severity).toBe(severity || severityFromBody(message));
        expect(Math.floor(record?.timeMs ?? 0)).toBe(expected);
      }
    },
  );

  test.for<[line: string, timeMs: number, severity: number, body: string]>([
    ["2024-01-15T10:30:45Z ERROR disk full", AT, 17, "disk full"],
    ["[2024-01-15T11:30:45+01:00] [INFO] started", AT, 9, "started"],
    ["2024-01-15 10:30:45 - payment failed", AT, 0, "payment failed"],
    ["2024-01-15 10:30:45 app[1]: ERROR disk full", AT, 17, "disk full"],
    ["I0115 10:30:45.000000       1 main.go:7] up", AT, 9, "up"],
    ["ERROR: nothing works", Number.NaN, 17, "nothing works"],
    ["2024-13-45T99:99:99Z x", Number.NaN, 0, "2024-13-45T99:99:99Z x"],
  ])("one line alone shows it: %s", ([line, timeMs, severity, body]) => {
    expect(one(line)).toMatchObject({ timeMs, severity, body });
  });

  test("a message that happens to begin like a header keeps its beginning", () => {
    const lines = Array.from({ length: 40 }, (_, i) =>
      i % 5 === 0
        ? `2024-01-15T10:30:45Z INFO Retry: attempt ${i}`
        : i % 5 === 1
          ? `2024-01-15T10:30:45Z INFO [cart] emptied ${i}`
          : `2024-01-15T10:30:45Z INFO handled request ${i}`,
    );
    expect(bodies(lines).slice(0, 3)).toEqual(["Retry: attempt 0", "[cart] emptied 1", "handled request 2"]);
  });

  test("what stands beside time and level is kept: logger, host, process, thread", () => {
    const syslog = Array.from({ length: 8 }, (_, i) => `Jan 15 10:30:45 web-1 sshd[${100 + i}]: closed ${i}`);
    const [first] = parse(syslog);
    expect(first?.record.scope).toBe("sshd");
    expect(first?.record.attributes).toEqual(
      new Map<string, unknown>([
        ["host.name", "web-1"],
        ["process.pid", 100],
      ]),
    );
    const java = Array.from(
      { length: 8 },
      (_, i) => `2024-01-15 10:30:45,123 INFO [io-${i}] a.b.Shop: sold ${i}`,
    );
    const [sold] = parse(java);
    expect(sold?.record).toMatchObject({ scope: "a.b.Shop", severityText: "INFO" });
    expect(sold?.record.attributes.get("thread.name")).toBe("io-0");
  });

  test("times without a year are of the last year that makes them past, across New Year too", () => {
    const lines = ["Dec 31 23:59:59 h a[1]: x", "Jan  1 00:00:01 h a[1]: y", "Jul  1 00:00:00 h a[1]: z"];
    expect(parse(lines).map(({ record }) => record.timeMs)).toEqual(
      ["2023-12-31T23:59:59Z", "2024-01-01T00:00:01Z", "2023-07-01T00:00:00Z"].map((time) =>
        Date.parse(time),
      ),
    );
  });

  test("a clock without a date passes midnight", () => {
    const times = parse(["23:59:59.500 INFO a", "00:00:00.500 INFO b"]).map(({ record }) => record.timeMs);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(1_000);
  });

  test("day and month are told apart by the dates where only one order fits all", () => {
    const us = ["03/04/2024 10:00:00 INFO a", "03/25/2024 10:00:00 INFO b"];
    const eu = ["03/04/2024 10:00:00 INFO a", "25/03/2024 10:00:00 INFO b"];
    expect(parse(us)[0]?.record.timeMs).toBe(Date.parse("2024-03-04T10:00:00Z"));
    expect(parse(eu)[0]?.record.timeMs).toBe(Date.parse("2024-04-03T10:00:00Z"));
  });

  test("a layout that changes in mid-stream is learned, and the old one is not forgotten", () => {
    const before = Array.from(
      { length: 600 },
      (_, i) => `2024-01-15 10:30:45,123 INFO [main] a.b.C: old ${i}`,
    );
    const after = Array.from({ length: 200 }, (_, i) => `Jan 15 10:30:46 web-1 shop[${i}]: new ${i}`);
    const back = "2024-01-15 10:30:47,000 WARN [main] a.b.C: old again";
    const found = parse([...before, ...after, back], 100).map(({ record }) => record);
    expect(found.slice(700, 800).map(({ body }) => body)).toEqual(
      Array.from({ length: 100 }, (_, i) => `new ${i + 100}`),
    );
    expect(found.at(-1)).toMatchObject({ body: "old again", severity: 13 });
  });

  test("several layouts in one file are all known", () => {
    const lines = Array.from(
      { length: 90 },
      (_, i) =>
        [
          `2024-01-15T10:30:45Z web-1 app[${i}]: served ${i}`,
          `[15/Jan/2024:10:30:45 +0000] ERROR db.Pool - lost ${i}`,
          `I0115 10:30:45.123456    1234 main.go:${i}] synced ${i}`,
        ][i % 3] ?? "",
    );
    expect(bodies(lines).slice(0, 3)).toEqual(["served 0", "lost 1", "synced 2"]);
  });

  test("an object or a list of pairs behind the header gives its message, level and fields", () => {
    const lines = [
      '2024-01-15T10:30:46Z stdout F {"level":"warn","msg":"slow query","ms":1200}',
      '2024-01-15T10:30:47Z stdout F level=error msg="it \\"broke\\"" code=7',
      "time=2024-01-15T10:30:45Z level=info msg=started port=80",
    ];
    const records = parse(lines).map(({ record }) => record);
    expect(records[0]).toMatchObject({ body: "slow query", severity: 13, timeMs: AT + 1_000 });
    expect(records[0]?.attributes.get("ms")).toBe(1_200);
    expect(records[1]).toMatchObject({ body: 'it "broke"', severity: 17, timeMs: AT + 2_000 });
    expect(records[2]).toMatchObject({ body: "started", severity: 9, timeMs: AT });
  });
});

describe("records of several lines", () => {
  const HEADER = "2024-01-15 10:30:45,123 ERROR [main] a.b.C: ";
  const around = (trace: readonly string[]): string[] => [
    `${HEADER}before`,
    `${HEADER}boom`,
    ...trace,
    `${HEADER}after`,
    `${HEADER}later`,
  ];

  test.for<[name: string, trace: string[]]>([
    [
      "Java",
      [
        "java.lang.IllegalStateException: x",
        "\tat a.b.C.d(C.java:7)",
        "\t... 12 more",
        "Caused by: java.io.IOException: y",
        "\tat e.F.g(F.java:8)",
      ],
    ],
    [
      "Python",
      [
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in <module>',
        "    f()",
        "ValueError: bad",
      ],
    ],
    [
      "Go",
      ["panic: oops", "goroutine 1 [running]:", "main.main()", "\t/app/main.go:10 +0x1d", "exit status 2"],
    ],
    ["Node", ["TypeError: x is not a function", "    at f (/app/a.js:1:2)", "    at node:internal/main:1:1"]],
    [
      ".NET",
      [
        "System.Exception: x",
        "   at A.B.C() in /src/C.cs:line 5",
        "--- End of stack trace from previous location ---",
        "   at D.E()",
      ],
    ],
    ["Ruby", ["app.rb:3:in `f': bad (RuntimeError)", "\tfrom app.rb:7:in `<main>'"]],
    ["pretty-printed JSON", ["{", '  "a": [', "    1", "  ]", "}"]],
  ])("the stack trace of %s belongs to the record before it", ([, trace]) => {
    expect(bodies(around(trace))).toEqual(["before", ["boom", ...trace].join("\n"), "after", "later"]);
  });

  test("each record has the number of its first line", () => {
    const numbers = parse(around(["  at x", "  at y"])).map(({ line }) => line);
    expect(numbers).toEqual([1, 2, 5, 6]);
  });

  test("without any header indented lines and tracebacks are still joined", () => {
    const lines = [
      "starting",
      "Traceback (most recent call last):",
      '  File "a.py"',
      "ValueError: bad",
      "going on",
    ];
    expect(bodies(lines)).toEqual(["starting\n" + lines.slice(1, 4).join("\n"), "going on"]);
  });

  test("lines without a header that are as many as those with one stay records of their own", () => {
    const lines = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? `${HEADER}a ${i}` : `printed ${i}`));
    expect(parse(lines)).toHaveLength(40);
  });

  test("a container runtime's traces and cut lines are put together", () => {
    const cri = (flag: string, text: string): string => `2024-01-15T10:30:45.1Z stderr ${flag} ${text}`;
    const lines = [
      cri("F", "2024-01-15 10:30:45,123 ERROR [main] a.b.C: boom"),
      cri("F", "\tat a.b.C.d(C.java:7)"),
      cri("F", "2024-01-15 10:30:45,123 INFO [main] a.b.C: first half,"),
      cri("F", "2024-01-15 10:30:45,123 INFO [main] a.b.C: fine"),
      cri("F", "2024-01-15 10:30:45,123 INFO [main] a.b.C: fine"),
      cri("P", "2024-01-15 10:30:45,123 INFO [main] a.b.C: one "),
      cri("F", "line"),
    ];
    expect(bodies(lines)).toEqual([
      "boom\n\tat a.b.C.d(C.java:7)",
      "first half,",
      "fine",
      "fine",
      "one line",
    ]);
  });

  test("a record is bounded in lines and characters, and what follows it is not lost", () => {
    const dump = Array.from({ length: 3_000 }, (_, i) => `  line ${i}`);
    const found = bodies([`${HEADER}boom`, ...dump, `${HEADER}after`, `${HEADER}x`, `${HEADER}y`]);
    expect(found[0]?.split("\n")).toHaveLength(MAX_RECORD_LINES);
    expect(found.slice(1)).toEqual(["after", "x", "y"]);
    const wide = Array.from({ length: 100 }, () => `  ${"x".repeat(10_000)}`);
    expect(bodies([`${HEADER}boom`, ...wide])[0]?.length).toBeLessThanOrEqual(MAX_RECORD_CHARS);
  });

  test("a line without a time takes that of the line before, none before the first", () => {
    const records = parse(
      ["starting", "2024-01-15T10:30:45Z ERROR boom", "2024-01-15T10:30:46Z ERROR boom"],
      3,
      "api",
    );
    expect(records[0]?.record).toMatchObject({ timeMs: Number.NaN, series: { service: "api" } });
    expect(records[1]?.record.timeMs).toBe(AT);
  });
});

describe("hostile lines", () => {
  test.for<[name: string, line: string]>([
    ["brackets without end", "[".repeat(100_000)],
    ["nested brackets", `${"[".repeat(200)}${"]".repeat(200)} x`],
    ["a million digits", "1".repeat(1_000_000)],
    ["colons", ": ".repeat(100_000)],
    ["pairs without end", 'a="'.repeat(50_000)],
    ["an unfinished pair", `msg="${"\\".repeat(100_000)}`],
    ["blanks", `${" ".repeat(100_000)}x`],
    ["zero bytes", "\u0000\u0000"],
    ["half a character", "\ud800 INFO \udfff"],
    ["a prototype's name", '{"__proto__":{"x":1},"msg":"m"}'],
  ])("%s are read in time linear to their length", ([, line]) => {
    expect(parse([line, line, line, line, line]).length).toBeGreaterThan(0);
  });

  test("bare lines keep every character and have no time", () => {
    expect(parseBareLine("2024-01-15T10:30:45Z ERROR x", new SeriesTable())).toMatchObject({
      timeMs: Number.NaN,
      severity: 17,
      body: "2024-01-15T10:30:45Z ERROR x",
    });
  });
});

test("a source whose every line is different keeps being read in bounded time and memory", () => {
  const grammar = new HeaderGrammar();
  const kinds = ["2024-01-15T10:30:45Z", "INFO", "x", "7", "[a]", "b:", "-", "W", "c|", "d]"];
  const line = (i: number): string =>
    Array.from({ length: 16 }, (_, field) => kinds[(i * (field + 3) + (i >> field)) % kinds.length]).join(
      " ",
    );
  for (let round = 0; round < 40; round++) {
    grammar.learn(Array.from({ length: 256 }, (_, i) => line(round * 256 + i)));
  }
  expect(grammar.nodes).toBeLessThanOrEqual(MAX_NODES);
});
