import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { causeTable, explained } from "./cause.ts";
import { assemblingTable } from "./assembling.ts";
import { faultTable } from "./faults.ts";
import { serviceTable } from "./incidents.ts";
import { injectionTable } from "./injection.ts";
import { ledgerTable } from "./ledger.ts";
import { recallTable } from "./recall.ts";
import { redactionTable } from "./redaction.ts";
import { incidentsFolder, scenarios } from "./scenarios.ts";
import { transcriptTable } from "./transcripts.ts";
import { missed, render, type EvalTable } from "./table.ts";

const USAGE = `usage: npm run eval -- [--json FILE] [--check] [name…]

  cause      the statistical analyst against scenarios with a known cause
  recall     the decisive evidence in packs of 2k to 16k tokens, with noise around it
  assembling what the making of a pack costs; injection: hostile log lines; redaction: planted secrets
  faults     everything the API can do wrong; ledger: a budget under a storm
  openstack  the true service in recorded faults of OpenStack; nezha: of a shop on Kubernetes

  transcripts  the answers that npm run eval:live recorded, judged by today's code

  --check    exit 1 where a bar is missed; --json: all figures and cases, to FILE`;

type Evaluation = () => Promise<readonly EvalTable[]>;

async function onScenarios(
  make: (all: Awaited<ReturnType<typeof explained>>) => EvalTable,
): Promise<readonly EvalTable[]> {
  const all = scenarios();
  return all === null ? [] : [make(await explained(all))];
}

async function onRaw(): Promise<readonly EvalTable[]> {
  const all = scenarios();
  return all === null ? [] : [await recallTable(all)];
}

const EVALUATIONS: Readonly<Record<string, Evaluation>> = {
  recall: onRaw,
  assembling: async () => [assemblingTable()],
  injection: async () => [await injectionTable()],
  redaction: async () => [await redactionTable()],
  faults: async () => [await faultTable()],
  ledger: async () => [await ledgerTable()],
  cause: () => onScenarios(causeTable),
  transcripts: async () => {
    const all = scenarios();
    return all === null ? [] : [await transcriptTable(all)];
  },
  openstack: async () => [await serviceTable("openstack-fi")],
  nezha: async () => [await serviceTable("nezha-tt-replay")],
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string" }, check: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(EVALUATIONS);
  if (values.help === true || names.some((name) => !Object.hasOwn(EVALUATIONS, name))) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  if (scenarios() === null) {
    process.stdout.write(
      `No incidents in ${incidentsFolder()}: what needs them is SKIPPED. TOCSIN_EVAL_DATA names another folder.\n`,
    );
  }
  const tables: EvalTable[] = [];
  for (const name of names) {
    for (const table of (await EVALUATIONS[name]?.()) ?? []) {
      process.stdout.write(`${render(table)}\n`);
      tables.push(table);
    }
  }
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(tables, null, 2)}\n`);
  const failed = tables.flatMap(({ figures }) => figures).filter(missed);
  return values.check === true && failed.length > 0 ? 1 : 0;
}

process.exitCode = await main();
