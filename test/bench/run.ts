import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { ingest } from "./ingest.ts";
import { latency } from "./latency.ts";
import { isMissed, loadNote, MIN_RATIO, ratioOf, render, type Table } from "./table.ts";
import { tick } from "./tick.ts";

const USAGE = `usage: npm run bench -- [--json FILE] [--check] [name…]

  ingest    records per CPU-second through HTTP, against protobufjs and (TEST_COLLECTOR=binary) a real collector
  latency   from a record to its committed alert, at 10,000 and 1,000,000 logs a minute, on embedded Postgres
            and (TEST_DATABASE_URL=postgres://…, a user who may create databases) on a server; 45 s each
  tick      one evaluation of 1 to 5,000 services

  --check   exit 1 where a ratio is below ${MIN_RATIO}
  --json    also write the figures to FILE`;

const BENCHES: Readonly<Record<string, () => AsyncIterable<Table>>> = { ingest, latency, tick };

function json(tables: readonly Table[]): string {
  const shown = tables.map(({ title, rows, notes }) => ({
    title,
    rows: rows.map((row) => ({ ...row, ratio: ratioOf(row) })),
    notes,
  }));
  const machine = { node: process.version, platform: process.platform, arch: process.arch };
  return `${JSON.stringify({ ...machine, tables: shown }, null, 2)}\n`;
}

async function runAll(names: readonly string[]): Promise<readonly Table[]> {
  const tables: Table[] = [];
  for (const name of names) {
    for await (const table of BENCHES[name]?.() ?? []) {
      process.stdout.write(`${render(table)}\n`);
      tables.push(table);
    }
  }
  return tables;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string" }, check: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
  if (values.help === true || unknown.length > 0) {
    process.stderr.write(`${unknown.map((name) => `no bench ${name}\n`).join("")}${USAGE}\n`);
    return unknown.length > 0 ? 2 : 0;
  }
  process.stdout.write(`node ${process.version}, ${loadNote("at the start")}\n`);
  const tables = await runAll(positionals.length > 0 ? positionals : Object.keys(BENCHES));
  if (values.json !== undefined) await writeFile(values.json, json(tables));
  const missed = tables.flatMap(({ rows }) => rows).filter(isMissed);
  return values.check === true && missed.length > 0 ? 1 : 0;
}

process.exitCode = await main();
