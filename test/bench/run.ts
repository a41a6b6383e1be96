import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { decode } from "./decode.ts";
import { ingest } from "./ingest.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { small } from "./small.ts";
import { sustained } from "./sustained.ts";
import { isMissed, loadNote, MIN_RATIO, ratioOf, render, type Table } from "./table.ts";
import { slack } from "./slack.ts";
import { tick } from "./tick.ts";

const USAGE = `usage: npm run bench -- [--json FILE] [--check] [--seconds N] [--minutes N] [name…]

  ingest    records per CPU-second over HTTP and gRPC, against a real collector, step by step
  sustained the highest rate with a p99 answer below 50 ms, and the p99 at half of it
  small     1, 10 and 100 records a request
  memory    resident memory at idle, under each load, and over a long run
  decode    the decoder alone, against protobufjs and JSON.parse
  latency   from a record to its committed alert, at 10,000 and 1,000,000 logs a minute, on embedded Postgres
            and (TEST_DATABASE_URL=postgres://…, a user who may create databases) on a server; 45 s each
  slack     how soon Slack's commands and buttons are acknowledged, idle and while 50,000 records/s come in, and how
            soon after its commit an alert is posted; 3 minutes
  tick      one evaluation of 10 to 5,000 services, and the memory of a service and a template

            the collector is the binary in TEST_COLLECTOR: TEST_COLLECTOR=$(bash test/collector/build.sh)

  --seconds length of a step of sustained, default 10
  --minutes length of the long run of memory, default 0.5
  --check   exit 1 where a ratio is below ${MIN_RATIO}
  --json    also write the figures to FILE`;

interface Lengths {
  readonly stepMs: number;
  readonly minutes: number;
}

const BENCHES: Readonly<Record<string, (lengths: Lengths) => AsyncIterable<Table>>> = {
  ingest,
  sustained,
  small,
  memory,
  decode,
  latency,
  slack,
  tick,
};

function json(tables: readonly Table[]): string {
  const shown = tables.map(({ title, rows, notes }) => ({
    title,
    rows: rows.map((row) => ({ ...row, ratio: ratioOf(row) })),
    notes,
  }));
  const machine = { node: process.version, platform: process.platform, arch: process.arch };
  return `${JSON.stringify({ ...machine, tables: shown }, null, 2)}\n`;
}

async function runAll(names: readonly string[], lengths: Lengths): Promise<readonly Table[]> {
  const tables: Table[] = [];
  for (const name of names) {
    for await (const table of BENCHES[name]?.(lengths) ?? []) {
      process.stdout.write(`${render(table)}\n`);
      tables.push(table);
    }
  }
  return tables;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "string" },
      check: { type: "boolean" },
      seconds: { type: "string", default: "10" },
      minutes: { type: "string", default: "0.5" },
      help: { type: "boolean", short: "h" },
    },
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
  if (values.help === true || unknown.length > 0) {
    process.stderr.write(`${unknown.map((name) => `no bench ${name}\n`).join("")}${USAGE}\n`);
    return unknown.length > 0 ? 2 : 0;
  }
  process.stdout.write(`node ${process.version}, ${loadNote("at the start")}\n`);
  const lengths = { stepMs: Number(values.seconds) * 1_000, minutes: Number(values.minutes) };
  const tables = await runAll(positionals.length > 0 ? positionals : Object.keys(BENCHES), lengths);
  if (values.json !== undefined) await writeFile(values.json, json(tables));
  const missed = tables.flatMap(({ rows }) => rows).filter(isMissed);
  return values.check === true && missed.length > 0 ? 1 : 0;
}

process.exitCode = await main();
