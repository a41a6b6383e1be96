import { ownDatabase } from "../support/store-server.ts";
import { LoadGenerator } from "./load-generator.ts";
import type { Committed, Streamed } from "./messages.ts";
import { startObserved, type Observed } from "./observed.ts";
import { buckets, scrape } from "./prometheus.ts";
import { percentile } from "./stats.ts";
import { loadNote, type Measured, type Table } from "./table.ts";

/** The original design's figure, and 100 times that. */
const RATES_PER_MINUTE = [10_000, 1_000_000] as const;
const ENVIRONMENTS = 40;
/** The first window of 10 s seeds the baseline. */
const HEALTHY_MS = 14_000;
/** No multiple of the evaluation's period, so that breaks fall everywhere between two of them. */
const BREAK_EVERY_MS = 611;

const BARS_MS = { answer: 50, baselineStep: 10, commit: 100, alert: 1_000 } as const;

interface Run {
  readonly streamed: Streamed;
  readonly commits: readonly Committed[];
  /** Smallest bucket that holds every step, in ms. */
  readonly slowestStepMs: number;
  readonly steps: number;
}

async function slowestStep({ port }: Observed): Promise<Pick<Run, "slowestStepMs" | "steps">> {
  const found = buckets(await scrape(port), "tocsin_stage_seconds", 'stage="baseline"');
  const steps = found.at(-1)?.[1] ?? 0;
  const [boundS = Number.NaN] = found.find(([, count]) => count === steps) ?? [];
  return { slowestStepMs: boundS * 1_000, steps };
}

/** What the commits say must be there for people too. */
async function checkShown({ port }: Observed, opened: readonly Committed[]): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/alerts/recent?limit=200`);
  const { alerts } = (await response.json()) as { alerts: { anomaly_id: string }[] };
  const shown = new Set(alerts.map(({ anomaly_id }) => anomaly_id));
  const missing = opened.filter(({ alertId }) => !shown.has(alertId));
  if (missing.length > 0) throw new Error(`${missing.length} of ${opened.length} alerts are not shown`);
}

async function runAt(recordsPerMinute: number, databaseUrl: string | null): Promise<Run> {
  const tocsin = await startObserved(databaseUrl);
  const load = new LoadGenerator();
  try {
    const streamed = await load.stream({
      otlpPort: tocsin.otlpPort,
      recordsPerMinute,
      environments: ENVIRONMENTS,
      healthyMs: HEALTHY_MS,
      breakEveryMs: BREAK_EVERY_MS,
    });
    const commits = [...tocsin.commits];
    const opened = commits.filter(({ isNew }) => isNew);
    if (streamed.failed > 0) throw new Error(`${streamed.failed} requests were refused`);
    if (opened.length !== ENVIRONMENTS) throw new Error(`${opened.length} alerts for ${ENVIRONMENTS} breaks`);
    await checkShown(tocsin, opened);
    const run = { streamed, commits, ...(await slowestStep(tocsin)) };
    if (Math.min(...alertTimes(run, "sentAtMs")) < 0) throw new Error("an alert came before its break");
    return run;
  } finally {
    await load.stop();
    await tocsin.stop();
  }
}

/** From the request that carried an environment's last record before its alert to the end of the transaction. */
function alertTimes({ streamed, commits }: Run, from: "sentAtMs" | "answeredAtMs"): readonly number[] {
  const opened = new Map(
    commits.filter(({ isNew }) => isNew).map((commit) => [commit.environment, commit.committedAtMs]),
  );
  return streamed.breaks.map((row) => (opened.get(row.environment) ?? Number.NaN) - row[from]);
}

function percentiles(what: string, samples: readonly number[], barMs: number): readonly Measured[] {
  const common = { unit: "ms", better: "lower", from: `${samples.length} samples` } as const;
  return [
    { ...common, what: `${what}, p50`, value: percentile(samples, 0.5), against: null },
    {
      ...common,
      what: `${what}, p99`,
      value: percentile(samples, 0.99),
      against: { name: "bar", value: barMs },
    },
  ];
}

function rowsOf(run: Run): readonly Measured[] {
  const { streamed, commits, slowestStepMs, steps } = run;
  const tookMs = commits.map((commit) => commit.tookMs);
  return [
    ...percentiles("ingest answer", streamed.answersMs, BARS_MS.answer),
    {
      what: "baseline step, slowest (bucket's upper end)",
      value: slowestStepMs,
      unit: "ms",
      better: "lower",
      from: `${steps} samples`,
      against: { name: "bar", value: BARS_MS.baselineStep },
    },
    ...percentiles("alert commit", tookMs, BARS_MS.commit),
    ...percentiles("last record sent to committed alert", alertTimes(run, "sentAtMs"), BARS_MS.alert),
    ...percentiles("last record answered to committed alert", alertTimes(run, "answeredAtMs"), BARS_MS.alert),
  ];
}

async function tableOf(recordsPerMinute: number, database: string, url: string | null): Promise<Table> {
  const before = loadNote("before");
  const run = await runAt(recordsPerMinute, url);
  return {
    title: `Latency: ${recordsPerMinute.toLocaleString("en")} logs a minute, ${database} Postgres`,
    rows: rowsOf(run),
    notes: [
      `${ENVIRONMENTS} environments of 3 services, window 10 s, one break every ${BREAK_EVERY_MS} ms, each its own alert`,
      "wall-clock: judge it on a machine that does nothing else",
      `${before}; ${loadNote("after")} (with the bench itself)`,
    ],
  };
}

/** Times from a record to its alert, at each rate and on each kind of database. */
export async function* latency(): AsyncGenerator<Table> {
  for (const rate of RATES_PER_MINUTE) yield tableOf(rate, "embedded", null);
  const server = process.env["TEST_DATABASE_URL"] ?? "";
  if (server === "") return;
  for (const rate of RATES_PER_MINUTE) {
    const own = await ownDatabase(server);
    try {
      yield await tableOf(rate, "server", own.url);
    } finally {
      await own.drop();
    }
  }
}
