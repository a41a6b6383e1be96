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
const ASK_EVERY_MS = 50;
const BAR_MS = 300;
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
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
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

/** How soon people in Slack see that they were heard, while logs pour in. */
export async function* slack(): AsyncGenerator<Table> {
  const workspace = await FakeSlack.start();
  const tocsin = await startObserved(null, {
    SLACK_API_URL: workspace.apiUrl,
    SLACK_BOT_TOKEN: "xoxb-bench",
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    TOCSIN_SLACK_CHANNEL: "#alerts",
  });
  const load = new LoadGenerator();
  const before = loadNote("before");
  try {
    const target = {
      transport: "http",
      port: tocsin.otlpPort,
      records: RECORDS,
      connections: CONNECTIONS,
    } as const;
    const pouring = load.pace({
      ...target,
      requestsPerSecond: RECORDS_PER_SECOND / RECORDS,
      durationMs: DURATION_MS,
    });
    const url = `http://127.0.0.1:${tocsin.port}/slack/events`;
    const asked = await ask(url, workspace.responseUrl, pouring);
    const poured = await pouring;
    if (poured.failed > 0 || poured.behind) throw new Error("the logs did not get in at this rate");
    yield {
      title: `Slack: commands and buttons while ${RECORDS_PER_SECOND.toLocaleString("en")} records/s come in`,
      rows: [...rows("command", asked.commands), ...rows("button", asked.buttons)],
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
