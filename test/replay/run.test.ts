import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseReplayArguments } from "../../src/replay/command.ts";
import type { Explain } from "../../src/replay/output.ts";
import { runReplay } from "../../src/replay/run.ts";
import { FakeEngine } from "../support/replay-engine.ts";
import { TextSink } from "../support/replay-streams.ts";
import { TestClock } from "../support/test-clock.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tocsin-replay-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const T0 = Date.parse("2024-01-15T10:00:00Z");

function line(second: number, msg: string): string {
  return `${JSON.stringify({ ts: new Date(T0 + second * 1_000).toISOString(), msg, service: "shop" })}\n`;
}

interface Run {
  readonly code: number;
  readonly engine: FakeEngine;
  readonly out: TextSink;
  readonly err: TextSink;
}

async function run(
  argv: string[],
  {
    stdin = "",
    out = new TextSink(),
    engine = new FakeEngine(),
  }: Partial<{
    stdin: string | Buffer;
    out: TextSink;
    engine: FakeEngine;
  }> = {},
): Promise<Run> {
  const parsed = parseReplayArguments(argv);
  if (parsed.kind !== "replay") throw new Error("usage");
  const err = new TextSink();
  const explain: Explain = async (alert) => ({ ...alert, rootCause: "explained" });
  const input = Readable.from([Buffer.from(stdin)]);
  const io = { stdin: input, stdout: out, stderr: err, clock: new TestClock(), explain };
  const code = await runReplay(parsed.options, () => engine.ready(), io);
  return { code, engine, out, err };
}

describe("reading", () => {
  test("files are merged by time, plain and gzip alike", async () => {
    const a = file("a.jsonl", line(0, "a0") + line(2, "a2") + line(4, "a4"));
    const b = file("b.jsonl.gz", gzipSync(line(1, "b1") + line(2, "b2") + line(9, "b9")));
    const { engine, code } = await run([a, b]);
    expect(engine.bodies).toEqual(["a0", "b1", "a2", "b2", "a4", "b9"]);
    expect(code).toBe(0);
  });

  test("the name decides nothing: gzip is known by its bytes", async () => {
    const misnamed = file("misnamed.log", gzipSync(line(0, "packed")));
    const unpacked = file("unpacked.gz", line(1, "plain"));
    expect((await run([misnamed, unpacked])).engine.bodies).toEqual(["packed", "plain"]);
  });

  test("stdin is read, packed or not", async () => {
    expect((await run(["-"], { stdin: line(0, "in") })).engine.bodies).toEqual(["in"]);
    expect((await run(["-"], { stdin: gzipSync(line(0, "in")) })).engine.bodies).toEqual(["in"]);
  });

  test("many records stay in order over chunks and files", async () => {
    const part = (offset: number): string =>
      Array.from({ length: 3_000 }, (_, i) => line(i * 3 + offset, String(i * 3 + offset))).join("");
    const { engine } = await run([0, 1, 2].map((offset) => file(`part${offset}.jsonl`, part(offset))));
    expect(engine.bodies).toEqual(Array.from({ length: 9_000 }, (_, i) => String(i)));
  });

  test("bad lines are counted by reason and the rest goes on", async () => {
    const path = file(
      "bad.jsonl",
      `${line(0, "one")}{broken\n[]\n{"ts":"soon","msg":"x"}\n\n${line(1, "two")}`,
    );
    const { engine, err, code } = await run([path, "--format", "ndjson"]);
    expect(engine.bodies).toEqual(["one", "two"]);
    expect(err.text).toContain("3 rejected: 1 × not JSON; 1 × not an object; 1 × timestamp");
    expect(code).toBe(0);
  });

  test("a line of 10 MB is skipped and counted", async () => {
    const path = file("long.jsonl", line(0, "one") + line(1, "x".repeat(10_000_000)) + line(2, "two"));
    const { engine, err } = await run([path]);
    expect(engine.bodies).toEqual(["one", "two"]);
    expect(err.text).toContain("1 line skipped: too long");
  });

  test("invalid UTF-8 and a byte order mark harm nothing", async () => {
    const bytes = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from(line(0, "a")),
      Buffer.from([0x7b, 0xff, 0xfe, 0x0a]),
      Buffer.from(line(1, "b")),
    ]);
    expect((await run([file("utf8.jsonl", bytes)])).engine.bodies).toEqual(["a", "b"]);
  });

  test("lines of OTLP/JSON give their records, and --service only names those without a name", async () => {
    const request = (service: string | null, second: number, body: string): string =>
      `${JSON.stringify({
        resourceLogs: [
          {
            resource: {
              attributes: service === null ? [] : [{ key: "service.name", value: { stringValue: service } }],
            },
            scopeLogs: [
              {
                logRecords: [
                  {
                    timeUnixNano: `${T0 + second * 1_000}000000`,
                    severityNumber: 17,
                    body: { stringValue: body },
                  },
                ],
              },
            ],
          },
        ],
      })}\n`;
    const path = file("otlp.jsonl", request("cart", 0, "a") + request(null, 1, "b") + "{nonsense\n");
    const { engine, err } = await run([path, "--service", "given"]);
    expect(engine.bodies).toEqual(["a", "b"]);
    expect(err.text).toContain("1 rejected");
  });

  test("plain text lines are placed by their times", async () => {
    const text = "2024-01-15 10:00:00 INFO start\n  detail\n2024-01-15 10:00:05 ERROR boom\n";
    expect((await run([file("app.log", text)])).engine.bodies).toEqual(["start\n  detail", "boom"]);
  });

  test("one record of 2099 and one of 1970 do not move the clock", async () => {
    const ends = [line(0, "a"), '{"ts":"2099-01-01T00:00:00Z","msg":"far"}\n', line(1, "b")];
    const path = file(
      "wild.jsonl",
      `${ends.join("")}{"ts":"1970-01-01T00:00:01Z","msg":"old"}\n${line(2, "c")}`,
    );
    const { engine, err } = await run([path]);
    expect(engine.bodies).toEqual(["a", "far", "b", "old", "c"]);
    expect(engine.ticks.length).toBeLessThan(20);
    expect(err.text).toContain("1 record late");
  });
});

describe("what is printed", () => {
  const story = [line(0, "boom"), line(2, "x"), line(3, "fine"), line(4, "x")].join("");

  test("--json gives one alert per line in the contract's shape, as it stood when it opened", async () => {
    const { out, code } = await run(["--json", file("story.jsonl", story)]);
    expect(out.lines).toHaveLength(1);
    expect(JSON.parse(out.lines[0] ?? "")).toMatchObject({
      anomaly_id: "anom_20240115_100001",
      detected_at: "2024-01-15T10:00:01Z",
      status: "open",
    });
    expect(code).toBe(0);
  });

  test("--final gives them as they stood at the end", async () => {
    const { out } = await run(["--json", "--final", file("final.jsonl", story)]);
    expect(JSON.parse(out.lines[0] ?? "")).toMatchObject({ status: "resolved" });
  });

  test("--analyze adds the analyst's words, and only then is anybody asked", async () => {
    const path = file("analyzed.jsonl", story);
    const { out } = await run(["--json", "--analyze", path]);
    expect(JSON.parse(out.lines[0] ?? "")).toMatchObject({ root_cause: "explained" });
    const without = await run(["--json", path]);
    expect(JSON.parse(without.out.lines[0] ?? "")).not.toMatchObject({ root_cause: "explained" });
  });

  test("without --json the alert is readable text", async () => {
    const { out } = await run([file("readable.jsonl", story)]);
    expect(out.text).toContain("Error rate 30 % against a baseline of 1 %");
  });

  test("the summary goes to stderr", async () => {
    const { out, err } = await run(["--json", file("summary.jsonl", story)]);
    expect(err.text).toContain("4 records, 2024-01-15T10:00:00Z to 2024-01-15T10:00:04Z");
    expect(err.text).toContain("1 alert (1 high); all resolved at the end");
    expect(out.text).not.toContain("records");
  });

  test("the alerts of a beginning are those of the whole up to that time", async () => {
    const records = Array.from({ length: 400 }, (_, i) => line(i / 3, i % 60 === 50 ? "boom" : `m${i}`));
    const whole = await run(["--json", file("whole.jsonl", records.join(""))]);
    const part = await run(["--json", file("part.jsonl", records.slice(0, 200).join(""))]);
    expect(part.out.lines.length).toBeGreaterThan(2);
    expect(whole.out.lines.slice(0, part.out.lines.length)).toEqual(part.out.lines);
  });

  test("twice the same input gives twice the same bytes", async () => {
    const path = file("same.jsonl", story);
    expect((await run(["--json", path])).out.text).toBe((await run(["--json", path])).out.text);
  });
});

describe("what goes wrong", () => {
  test("a missing file is told before anything is read", async () => {
    const { code, err, engine } = await run([file("there.jsonl", line(0, "a")), join(dir, "absent.jsonl")]);
    expect(code).toBe(1);
    expect(err.text).toMatch(/absent\.jsonl: no such file; give paths/);
    expect(engine.accepted).toEqual([]);
  });

  test("a folder is told as such", async () => {
    const { code, err } = await run([dir]);
    expect(code).toBe(1);
    expect(err.text).toContain("is a folder");
  });

  test.for<[name: string, damage: (gz: Buffer) => Buffer, part: string]>([
    ["cut off", (gz) => gz.subarray(0, gz.length - 30), "ends in the middle"],
    ["overwritten", (gz) => Buffer.concat([gz.subarray(0, gz.length - 8), Buffer.alloc(8, 0xff)]), "damaged"],
  ])("a gzip file that is %s is told with what to do", async ([name, damage, part]) => {
    const packed = gzipSync(Array.from({ length: 500 }, (_, i) => line(i, `message ${i * 7919}`)).join(""));
    const { code, err } = await run([file(`${name}.gz`, damage(packed))]);
    expect(code).toBe(1);
    expect(err.text).toContain(part);
    expect(err.text).toContain("gzip -t");
  });

  test("an empty file is no error", async () => {
    const { code, err } = await run([file("empty.jsonl", "")]);
    expect(code).toBe(0);
    expect(err.text).toContain("0 records");
  });

  test("input without any time says so", async () => {
    const { code, err } = await run([file("bare.log", "a\nb\nc\n")]);
    expect(code).toBe(1);
    expect(err.text).toContain("no record carries a time");
  });

  test("input of another format says so", async () => {
    const { code, err } = await run(["--format", "ndjson", file("other.log", "a\nb\n")]);
    expect(code).toBe(1);
    expect(err.text).toContain("is the format right?");
  });

  test("bad settings are all listed and are a usage error", async () => {
    const err = new TextSink();
    const io = { stdin: Readable.from([]), stdout: new TextSink(), stderr: err, clock: new TestClock() };
    const parsed = parseReplayArguments(["--set", "TOCSIN_X=1", "x"]);
    if (parsed.kind !== "replay") throw new Error("usage");
    const factory = (settings: ReadonlyMap<string, string>) =>
      ({ kind: "invalid", problems: [...settings.keys(), "second"] }) as const;
    expect(await runReplay(parsed.options, factory, io)).toBe(2);
    expect(err.lines).toEqual(["tocsin replay: TOCSIN_X", "tocsin replay: second"]);
  });

  test("a reader that goes away ends it quietly", async () => {
    const records = Array.from({ length: 20_000 }, (_, i) => line(i, i % 10 === 0 ? "boom" : "x")).join("");
    const { code, err, engine } = await run(["--json", file("pipe.jsonl", records)], {
      out: new TextSink(1),
    });
    expect(code).toBe(0);
    expect(err.text).toBe("");
    expect(engine.bodies.length).toBeLessThan(20_000);
  });

  test("any other failure to write is told", async () => {
    const { code, err } = await run(["--json", file("full.jsonl", line(0, "boom"))], {
      out: new TextSink(0, "ENOSPC"),
    });
    expect(code).toBe(1);
    expect(err.text).toContain("stdout: write failed");
  });
});
