import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import type { Alert } from "../../src/alert/alert.ts";
import type { AnalysisOutcome } from "../../src/analysis/analyst.ts";
import { createClaudeAnalyst, type ClaudeOptions } from "../../src/analysis/claude.ts";
import { bytesOf } from "../../src/analysis/pack.ts";
import type { Prices } from "../../src/analysis/prices.ts";
import { systemClock } from "../../src/clock.ts";
import { CostGate, sha256, type Fetch, type RecordedCall } from "./cost-gate.ts";
import { alertsOf } from "./engine.ts";
import { judgeCase, type LiveCase } from "./live-score.ts";
import type { Scenario } from "./scenarios.ts";

export interface LiveOptions extends Pick<ClaudeOptions, "model" | "effort" | "maxTokens"> {
  readonly apiKey: string;
  readonly baseUrl?: string;
  readonly evidenceTokens: number;
  readonly runs: number;
  readonly maxUsd: number;
  readonly prices: Prices;
  readonly timeoutMs: number;
  /** Where transcripts go; made where it is not there. */
  readonly folder: string;
  readonly fetch: Fetch;
  readonly told: (line: string) => void;
}

/** What was said in one case; holds what left and what came, never a key. */
export interface Transcript {
  readonly scenario: string;
  readonly run: number;
  readonly model: string;
  readonly effort: ClaudeOptions["effort"];
  readonly maxTokens: number;
  readonly evidenceTokens: number;
  readonly tookMs: number;
  readonly calls: readonly RecordedCall[];
}

async function alertOf(scenario: Scenario): Promise<Alert> {
  const [alert] = await alertsOf(scenario);
  if (alert === undefined) throw new Error(`no alert was opened for ${scenario.name}`);
  return alert;
}

type Asking = Pick<LiveOptions, "model" | "effort" | "maxTokens" | "evidenceTokens" | "apiKey" | "baseUrl">;

function ask(alert: Alert, asking: Asking, fetch: Fetch, timeoutMs: number): Promise<AnalysisOutcome> {
  const { apiKey, baseUrl, model, effort, maxTokens, evidenceTokens } = asking;
  const analyst = createClaudeAnalyst({
    apiKey,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    model,
    effort,
    maxTokens,
    deep: null,
    context: async () => ({ maxBytes: bytesOf(evidenceTokens) }),
    fetch,
    clock: systemClock,
    log: pino({ enabled: false }),
  });
  return analyst.analyse(alert, AbortSignal.timeout(timeoutMs));
}

export interface LiveRun {
  readonly cases: readonly LiveCase[];
  readonly spentUsd: number;
  /** The cap ended it before all cases were asked. */
  readonly capped: boolean;
}

/** Every scenario so many times against the API, as far as the money goes; each case is written down at once. */
export async function runLive(scenarios: readonly Scenario[], options: LiveOptions): Promise<LiveRun> {
  const gate = new CostGate(options.fetch, options.maxUsd, options.prices);
  const cases: LiveCase[] = [];
  await mkdir(options.folder, { recursive: true });
  for (let run = 1; run <= options.runs; run++) {
    for (const scenario of scenarios) {
      const alert = await alertOf(scenario);
      const startedMs = performance.now();
      const outcome = await ask(alert, options, gate.fetch, options.timeoutMs);
      const tookMs = Math.round(performance.now() - startedMs);
      const calls = gate.take();
      if (gate.closed) return { cases, spentUsd: gate.spentUsd, capped: true };
      const usd = calls.reduce((sum, { costUsd }) => sum + costUsd, 0);
      const found = judgeCase(scenario, alert, outcome, { run, costUsd: usd, tookMs });
      cases.push(found);
      const { model, effort, maxTokens, evidenceTokens } = options;
      const transcript: Transcript = {
        scenario: scenario.name,
        run,
        model,
        effort,
        maxTokens,
        evidenceTokens,
        tookMs,
        calls,
      };
      const path = join(options.folder, `${scenario.name}.${run}.json`);
      await writeFile(path, `${JSON.stringify(transcript, null, 1)}\n`);
      options.told(
        `${scenario.name} ${run}: ${found.failure ?? "answered"}, ${usd.toFixed(4)} USD, ${tookMs} ms`,
      );
    }
  }
  return { cases, spentUsd: gate.spentUsd, capped: false };
}

export interface Replayed {
  readonly cases: readonly LiveCase[];
  /** Cases whose request would be another one today: their answers are to an older question. */
  readonly stale: number;
}

const REPLAY_TIMEOUT_MS = 30_000;

async function transcriptsIn(folder: string): Promise<readonly Transcript[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found: Transcript[] = [];
  for (const name of names.toSorted()) {
    if (!name.endsWith(".json")) continue;
    found.push(JSON.parse(await readFile(join(folder, name), "utf8")) as Transcript);
  }
  return found;
}

/** Recorded answers read and judged by the code of today; null where none were recorded. Nothing is sent. */
export async function replayTranscripts(
  scenarios: readonly Scenario[],
  folder: string,
): Promise<Replayed | null> {
  const transcripts = await transcriptsIn(folder);
  if (transcripts.length === 0) return null;
  const cases: LiveCase[] = [];
  let stale = 0;
  for (const transcript of transcripts) {
    const scenario = scenarios.find(({ name }) => name === transcript.scenario);
    if (scenario === undefined) continue;
    const alert = await alertOf(scenario);
    const calls = [...transcript.calls];
    let isStale = false;
    const fetch: Fetch = async (_input, init) => {
      const call = calls.shift();
      if (call === undefined) throw new TypeError("no further answer was recorded");
      isStale ||= call.requestSha256 !== sha256(typeof init?.body === "string" ? init.body : "");
      const { response, status } = call;
      const body = typeof response === "string" ? response : JSON.stringify(response);
      return new Response(body, { status, headers: { "content-type": "application/json" } });
    };
    const outcome = await ask(alert, { ...transcript, apiKey: "replayed" }, fetch, REPLAY_TIMEOUT_MS);
    const costUsd = transcript.calls.reduce((sum, call) => sum + call.costUsd, 0);
    cases.push(judgeCase(scenario, alert, outcome, { ...transcript, costUsd }));
    stale += Number(isStale);
  }
  return { cases, stale };
}
