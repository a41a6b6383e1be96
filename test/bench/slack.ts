import { setTimeout as delay } from "node:timers/promises";
import { FakeSlack } from "../support/slack-web-api.ts";
import { clickBody, SIGNING_SECRET, slackPost, slashBody } from "../support/slack-request.ts";
import { LoadGenerator } from "./load-generator.ts";
import { startObserved } from "./observed.ts";
import { percentile } from "./stats.ts";
import { loadNote, type Measured, type Table } from "./table.ts";

const RECORDS_PER_SECOND = 50_000;
const RECORDS = 5_000;
const CONNECTIONS = 4;
const DURATION_MS = 15_000;
const IDLE_MS = 5_000;
const ASK_EVERY_MS = 50;
const BAR_MS = 300;
/** From an alert's commit to the call that posts it: at a calm rate, and at 16,667 records a second. */
const TOLD_AT_PER_MINUTE = [10_000, 1_000_000] as const;
/** Outside storms: still three times as often as what becomes a storm by default. */
const TOLD_ALERTS = 20;
const HEALTHY_MS = 14_000;
const BREAK_EVERY_MS = 2_003;
const TOLD_BAR_MS = 500;
const COMMANDS = [
  "recent",
  "status",
  "services",
  "help",
  "show anom_19990101_000000",
  "why payment-api",
] as const;

/** From sending a signed request to the end of its answer. */
async function ackMs(url: string, body: string): Promise<number> {
  const startedMs = performance.now();
  const response = await slackPost(url, body);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`Slack's request was answered ${response.status}`);
  return performance.now() - startedMs;
}

interface Asked {
  readonly commands: number[];
  readonly buttons: number[];
}

async function ask(url: string, responseUrl: string, until: Promise<unknown>): Promise<Asked> {
  const asked: Asked = { commands: [], buttons: [] };
  let over = false;
  void until.finally(() => (over = true));
  for (let turn = 0; !over; turn++) {
    const text = COMMANDS[turn % COMMANDS.length] ?? "help";
    asked.commands.push(await ackMs(url, slashBody(text, responseUrl)));
    const click = { actionId: "anomaly:acknowledge", value: "anom_19990101_000000", responseUrl };
    asked.buttons.push(await ackMs(url, clickBody(click)));
    await delay(ASK_EVERY_MS);
  }
  return asked;
}

function rows(what: string, samples: readonly number[]): readonly Measured[] {
  const common = { unit: "ms", better: "lower", from: `${samples.length} samples` } as const;
  return [
    { ...common, what: `${what} acknowledged, p50`, value: percentile(samples, 0.5), against: null },
    {
      ...common,
      what: `${what} acknowledged, p99`,
      value: percentile(samples, 0.99),
      against: { name: "bar", value: BAR_MS },
    },
  ];
}

function settings(workspace: FakeSlack): Readonly<Record<string, string>> {
  return {
    SLACK_API_URL: workspace.apiUrl,
    SLACK_BOT_TOKEN: "xoxb-bench",
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    TOCSIN_SLACK_CHANNEL: "#alerts",
    // So many breaks in a minute would be one message.
    TOCSIN_STORM_ALERTS: "0",
  };
}

/** How soon people in Slack see that they were heard, idle and while logs pour in. */
async function heard(): Promise<Table> {
  const workspace = await FakeSlack.start();
  const tocsin = await startObserved(null, settings(workspace));
  const load = new LoadGenerator();
  const before = loadNote("before");
  try {
    const target = {
      transport: "http",
      port: tocsin.otlpPort,
      records: RECORDS,
      connections: CONNECTIONS,
    } as const;
    const url = `http://127.0.0.1:${tocsin.port}/slack/events`;
    const idle = await ask(url, workspace.responseUrl, delay(IDLE_MS));
    const pouring = load.pace({
      ...target,
      requestsPerSecond: RECORDS_PER_SECOND / RECORDS,
      durationMs: DURATION_MS,
    });
    const asked = await ask(url, workspace.responseUrl, pouring);
    const poured = await pouring;
    if (poured.failed > 0 || poured.behind) throw new Error("the logs did not get in at this rate");
    return {
      title: `Slack: commands and buttons while ${RECORDS_PER_SECOND.toLocaleString("en")} records/s come in`,
      rows: [
        ...rows("command, idle,", idle.commands),
        ...rows("button, idle,", idle.buttons),
        ...rows("command", asked.commands),
        ...rows("button", asked.buttons),
      ],
      notes: [
        `${DURATION_MS / 1_000} s over HTTP, signed, embedded Postgres, ${poured.answered} requests of ${RECORDS} records`,
        `${before}; ${loadNote("after")} (with the bench itself)`,
      ],
    };
  } finally {
    await load.stop();
    await tocsin.stop();
    await workspace.stop();
  }
}

/** Of each alert's own message, when the call came in. */
function postedAtMs({ calls }: FakeSlack): ReadonlyMap<string, number> {
  const posted = new Map<string, number>();
  for (const { method, args, atMs } of calls) {
    if (method !== "chat.postMessage" || args["thread_ts"] !== undefined) continue;
    const { event_payload: payload } = args["metadata"] as { event_payload: { anomaly_id: string } };
    if (posted.has(payload.anomaly_id)) throw new Error(`${payload.anomaly_id} was posted twice`);
    posted.set(payload.anomaly_id, atMs);
  }
  return posted;
}

/** From the commit of each new alert to the call that posts it. */
async function told(recordsPerMinute: number): Promise<Table> {
  const workspace = await FakeSlack.start();
  const tocsin = await startObserved(null, settings(workspace));
  const load = new LoadGenerator();
  const before = loadNote("before");
  try {
    const streamed = await load.stream({
      otlpPort: tocsin.otlpPort,
      recordsPerMinute,
      environments: TOLD_ALERTS,
      healthyMs: HEALTHY_MS,
      breakEveryMs: BREAK_EVERY_MS,
    });
    if (streamed.failed > 0) throw new Error(`${streamed.failed} requests were refused`);
    const opened = tocsin.commits.filter(({ isNew }) => isNew);
    if (opened.length < TOLD_ALERTS) throw new Error(`${opened.length} alerts for ${TOLD_ALERTS} breaks`);
    const posted = postedAtMs(workspace);
    const samples = opened.map(
      ({ alertId, committedAtMs }) => (posted.get(alertId) ?? Infinity) - committedAtMs,
    );
    const common = { unit: "ms", better: "lower", from: `${samples.length} alerts` } as const;
    const what = "alert committed to Slack's call";
    return {
      title: `Slack: from the commit to the call at ${recordsPerMinute.toLocaleString("en")} logs a minute`,
      rows: [
        { ...common, what: `${what}, p50`, value: percentile(samples, 0.5), against: null },
        {
          ...common,
          what: `${what}, p99`,
          value: percentile(samples, 0.99),
          against: { name: "bar", value: TOLD_BAR_MS },
        },
      ],
      notes: [
        `embedded Postgres, one break every ${BREAK_EVERY_MS} ms, each its own alert; storms off`,
        `${before}; ${loadNote("after")} (with the bench itself)`,
      ],
    };
  } finally {
    await load.stop();
    await tocsin.stop();
    await workspace.stop();
  }
}

export async function* slack(): AsyncGenerator<Table> {
  yield heard();
  for (const rate of TOLD_AT_PER_MINUTE) yield told(rate);
}
