import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { loadConfig, type Config } from "../../src/config.ts";
import { runLive } from "./live-run.ts";
import { liveTable } from "./live-score.ts";
import { scenarios, type Scenario } from "./scenarios.ts";
import { render, type EvalTable } from "./table.ts";
import { transcriptsFolder } from "./transcripts.ts";

const USAGE = `usage: npm run eval:live -- [--max-usd 2] [--runs 1] [--model NAME] [--effort low|medium|high] [--out FOLDER] [--json FILE]

  Asks Claude about incidents with a known cause; needs ANTHROPIC_API_KEY, and costs money.
  --max-usd  no call is made whose worst case would pass this
  --out      where transcripts go, for npm run eval -- transcripts`;

const OPTIONS = {
  "max-usd": { type: "string", default: "2" },
  runs: { type: "string", default: "1" },
  model: { type: "string" },
  effort: { type: "string" },
  out: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

interface Wanted {
  readonly apiKey: string;
  readonly maxUsd: number;
  readonly runs: number;
  readonly scenarios: readonly Scenario[];
  readonly analysis: Config["analysis"];
}

/** A text says why it is refused. */
function wantedOf(values: Values): Wanted | string {
  const apiKey = process.env["ANTHROPIC_API_KEY"]?.trim() ?? "";
  if (apiKey === "") return "ANTHROPIC_API_KEY is not set: nothing was asked, nothing was measured.";
  const [maxUsd, runs] = [Number(values["max-usd"]), Number(values.runs)];
  if (!(maxUsd > 0) || !Number.isInteger(runs) || runs < 1)
    return "--max-usd is a positive number, --runs a positive whole one.";
  const all = scenarios();
  if (all === null) return "There are no incidents: TOCSIN_EVAL_DATA names their folder.";
  const env = {
    ...(values.model === undefined ? {} : { TOCSIN_MODEL: values.model }),
    ...(values.effort === undefined ? {} : { TOCSIN_EFFORT: values.effort }),
  };
  const loaded = loadConfig({ env, yamlText: null });
  if (loaded.kind === "invalid") return loaded.problems.join("\n");
  return { apiKey, maxUsd, runs, scenarios: all, analysis: loaded.config.analysis };
}

async function run(wanted: Wanted, folder: string): Promise<{ readonly table: EvalTable; capped: boolean }> {
  const { apiKey, maxUsd, runs, analysis } = wanted;
  const { model, effort, maxTokens, evidenceTokens, timeoutMs } = analysis;
  const baseUrl = process.env["ANTHROPIC_BASE_URL"];
  const { cases, spentUsd, capped } = await runLive(wanted.scenarios, {
    apiKey,
    model,
    effort,
    maxTokens,
    evidenceTokens,
    timeoutMs,
    runs,
    maxUsd,
    prices: analysis.prices,
    folder,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    fetch: globalThis.fetch,
    told: (line) => void process.stdout.write(`${line}\n`),
  });
  const spent = `${spentUsd.toFixed(4)} of at most ${maxUsd} USD spent`;
  const note = capped ? `${spent}: the cap ended it before every case was asked.` : `${spent}.`;
  return { table: liveTable(`Claude, live: ${model}, effort ${effort}`, cases, [note]), capped };
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const wanted = values.help === true ? "" : wantedOf(values);
  if (typeof wanted === "string") {
    process.stderr.write(`${wanted}\n\n${USAGE}\n`);
    return 2;
  }
  const { table, capped } = await run(wanted, values.out ?? transcriptsFolder());
  process.stdout.write(`${render(table)}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify([table], null, 2)}\n`);
  return capped ? 1 : 0;
}

process.exitCode = await main();
