import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printable } from "../../../src/analysis/printable.ts";
import { parsePatternsArguments } from "../../../src/replay/patterns/command.ts";
import { runPatterns } from "../../../src/replay/patterns/run.ts";
import { TextSink } from "../../support/replay-streams.ts";
import { TestClock } from "../../support/test-clock.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tocsin-patterns-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

interface Run {
  readonly code: number;
  readonly out: TextSink;
  readonly err: TextSink;
}

async function run(
  argv: string[],
  stdin: string | Buffer | readonly Buffer[] = "",
  out = new TextSink(),
): Promise<Run> {
  const parsed = parsePatternsArguments(argv);
  if (parsed.kind !== "patterns") throw new Error(parsed.kind === "usage" ? parsed.message : "help");
  const err = new TextSink();
  const pieces = typeof stdin === "string" || Buffer.isBuffer(stdin) ? [Buffer.from(stdin)] : stdin;
  const io = { stdin: Readable.from(pieces), stdout: out, stderr: err, clock: new TestClock() };
  return { code: await runPatterns(parsed.options, io), out, err };
}

function rows(sink: TextSink): readonly Record<string, unknown>[] {
  return sink.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const LOG = Array.from({ length: 30 }, (_, i) =>
  i % 10 === 9
    ? `2024-01-15 10:30:${10 + i},000 ERROR [main] a.b.Pool: lost connection to 10.0.0.${i} after ${i} ms\n`
    : `2024-01-15 10:30:${10 + i},000 INFO [io-${i}] a.b.Shop: order ${i} shipped\n`,
).join("");

describe("the list for people", () => {
  test("has count, share, level, times and template of each pattern, the most frequent first", async () => {
    const { out, err, code } = await run([file("shop.log", LOG)]);
    expect(out.text).toBe(
      [
        "count  share  level  first seen  last seen  pattern",
        "   27  90.0%  info   10:30:10    10:30:38   order <num> shipped",
        "    3  10.0%  error  10:30:19    10:30:39   lost connection to <ip> after <duration>",
        "",
      ].join("\n"),
    );
    expect(err.text).toContain("30 lines, 30 records, 2 patterns (");
    expect(err.text).toContain("shop.log: text");
    expect(code).toBe(0);
  });

  test("--examples shows lines under each, --limit cuts the list and says so", async () => {
    const { out } = await run(["--examples", "1", "--limit", "1", file("examples.log", LOG)]);
    expect(out.text).toContain("order 0 shipped");
    expect(out.text).toContain("… 1 more with 3 records (10.0%); --limit 0 lists all");
    expect(out.text).not.toContain("lost connection");
  });

  test("fits the terminal, with colours; a pipe gets neither colours nor cuts", async () => {
    const path = file("wide.log", `2024-01-15 10:30:45 ERROR ${"word ".repeat(40)}\n`.repeat(4));
    const tty = Object.assign(new TextSink(), { isTTY: true, columns: 80 });
    const { out } = await run([path], "", tty);
    const plain = out.lines.map((line) => printable(line));
    expect(plain.every((line) => line.length <= 80)).toBe(true);
    expect(out.text).toContain("\u001b[31m");
    expect((await run([path])).out.text).not.toContain("\u001b");
  });

  test("control characters of a log never reach the terminal", async () => {
    const { out } = await run(
      ["--examples", "2", "--format", "lines", "-"],
      "a\u001b[2J b\n\u001b]0;title\u0007 c\n",
    );
    expect(out.text).toBe(printable(out.text));
    expect(out.text).toContain("a b");
  });

  test("says whose a pattern is where there are several services", async () => {
    const lines = ["cart", "pay"].map((service) => `{"service":"${service}","msg":"started"}\n`).join("");
    const { out } = await run(["-"], lines);
    expect(out.text).toMatch(/cart +started/);
    expect(out.text).toMatch(/pay +started/);
  });
});

describe("--json", () => {
  test("gives one pattern per line", async () => {
    const { out } = await run(["--json", "--service", "shop", file("json.log", LOG)]);
    expect(rows(out)[1]).toEqual({
      pattern: expect.stringMatching(/^[0-9a-f]{12}$/),
      template: "lost connection to <ip> after <duration>",
      service: "shop",
      namespace: null,
      environment: "production",
      count: 3,
      share: 0.1,
      levels: { error: 3 },
      first_seen_at: "2024-01-15T10:30:19Z",
      last_seen_at: "2024-01-15T10:30:39Z",
      examples: ["lost connection to 10.0.0.9 after 9 ms"],
    });
  });

  test("--assign gives one line per record, in the order of the input, packed or not, file or stdin", async () => {
    const given = await run(["--json", "--assign", file("assign.log", LOG)]);
    expect(rows(given.out).map(({ line }) => line)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(rows(given.out)[9]).toEqual({
      line: 10,
      pattern: expect.any(String),
      template: "lost connection to <ip> after <duration>",
    });
    const packed = await run(["--json", "--assign", "-"], gzipSync(LOG));
    expect(packed.out.text).toBe(given.out.text);
  });

  test("how the input arrives in pieces changes nothing", async () => {
    const bytes = Buffer.from(LOG.repeat(40).replaceAll("order", "bestellung ä"));
    const whole = await run(["--json", "--assign", "-"], bytes);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 97) }, (_, i) =>
      bytes.subarray(i * 97, (i + 1) * 97),
    );
    const pieced = await run(["--json", "--assign", "-"], pieces);
    expect(pieced.out.text).toBe(whole.out.text);
  });

  test("numbers are those of the file's lines, whatever is skipped or joined on the way", async () => {
    const log = `\n${LOG.slice(0, LOG.indexOf("\n") + 1)}\tat a.b.C.d(C.java:7)\n${"x".repeat(2_000_000)}\n\n${LOG}`;
    const { out, err } = await run(["--json", "--assign", "--format", "text", file("odd.log", log)]);
    expect(rows(out).map(({ line }) => line)).toEqual([2, ...Array.from({ length: 30 }, (_, i) => i + 6)]);
    expect(err.text).toBe("");
  });

  test("ids and templates are those that hold after the last line, with --online those of the moment", async () => {
    const names = "ann bob cid dora eve fay gus hal ida jon kim leo mia ned ola pia".split(" ");
    const path = file("names.log", names.map((name) => `cannot find template ${name} in store\n`).join(""));
    const end = rows((await run(["--json", "--assign", path])).out);
    expect(new Set(end.map(({ template }) => template))).toEqual(
      new Set(["cannot find template <*> in store"]),
    );
    expect(new Set(end.map(({ pattern }) => pattern)).size).toBe(1);
    const online = rows((await run(["--json", "--assign", "--online", path])).out);
    expect(online[0]?.["template"]).toBe("cannot find template ann in store");
    expect(online.at(-1)).toEqual(end.at(-1));
  });

  test("with several files each line says of which it is, and numbers begin anew", async () => {
    const one = file("one.log", "a b\nc d\n");
    const two = file("two.log", "e f\n");
    const { out } = await run(["--json", "--assign", one, two]);
    expect(rows(out).map((row) => [row["file"], row["line"]])).toEqual([
      [one, 1],
      [one, 2],
      [two, 1],
    ]);
  });
});

describe("what files can be", () => {
  test("bodies that still carry a header are mined without it", async () => {
    const body = (i: number): string => `2024-01-15 10:30:45,123 WARN [main] a.b.C: order ${i} late`;
    const lines = Array.from(
      { length: 60 },
      (_, i) => `${JSON.stringify({ log: body(i), stream: "stdout" })}\n`,
    );
    const { out } = await run(["--json", "-"], lines.join(""));
    expect(rows(out)[0]).toMatchObject({ template: "order <num> late", levels: { warn: 44 } });
  });

  test.for<[name: string, encode: (text: string) => Buffer]>([
    ["UTF-16 with a mark, little endian", (text) => Buffer.from(`\ufeff${text}`, "utf16le")],
    ["UTF-16 with a mark, big endian", (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16()],
    ["UTF-16 without a mark", (text) => Buffer.from(text, "utf16le")],
    ["UTF-8 with a mark", (text) => Buffer.from(`\ufeff${text}`)],
    ["UTF-8 with CRLF", (text) => Buffer.from(text.replaceAll("\n", "\r\n"))],
    ["a hole at the beginning", (text) => Buffer.concat([Buffer.alloc(1_000), Buffer.from(text)])],
  ])("%s is read", async ([, encode]) => {
    const { out } = await run(["-"], encode(LOG));
    expect(out.text).toContain("27  90.0%  info   10:30:10    10:30:38   order <num> shipped");
  });

  test.for<[what: string, bytes: Buffer, said: string]>([
    ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58]), "unpack it: zstd -dc stdin"],
    ["zip", Buffer.from("PK\u0003\u0004 and more"), "is a zip archive"],
    ["a program", Buffer.from(Array.from({ length: 4_000 }, (_, i) => (i * 7) % 31)), "is binary, not text"],
    ["nothing", Buffer.alloc(0), "nothing to read"],
  ])("%s is named, with exit code 1", async ([, bytes, said]) => {
    const { err, code } = await run(["-"], bytes);
    expect(err.text).toContain(said);
    expect(code).toBe(1);
  });

  test("a file that is not there is said before anything is read", async () => {
    const { err, out, code } = await run([file("there.log", LOG), join(dir, "missing.log")]);
    expect(err.text).toContain("missing.log: no such file");
    expect(out.text).toBe("");
    expect(code).toBe(1);
  });
});

describe("called the wrong way", () => {
  test.for<[argv: string[], message: string]>([
    [[], "no file given"],
    [["--online", "a"], "--online goes with --assign"],
    [["--format", "xml", "a"], "--format xml: one of auto"],
    [["--examples", "9", "a"], "--examples 9: a number from 0 to 5"],
    [["--limit", "-1", "a"], "--limit"],
    [["-", "-"], "only once"],
    [["--nonsense"], "--nonsense"],
  ])("%j is explained", ([argv, message]) => {
    const parsed = parsePatternsArguments(argv);
    expect(parsed.kind === "usage" && parsed.message).toContain(message);
  });
});
