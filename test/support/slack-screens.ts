import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { Alert } from "../../src/alert/alert.ts";
import { DEFAULT_DESTINATION } from "../../src/alert/route.ts";
import { systemClock } from "../../src/clock.ts";
import { slackClient } from "../../src/slack/client.ts";
import { SlackNotifier } from "../../src/slack/notifier.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { loneAlert } from "./slack-alerts.ts";
import { EMULATOR_TOKENS, SlackEmulator } from "./slack-emulator.ts";

/** Photographs an alert in each state on the emulator's page: `node test/support/slack-screens.ts FILE.png`. */
const CHROMIUM = process.env["TEST_CHROMIUM"] ?? "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--hide-scrollbars",
  "--window-size=960,1330",
  "--virtual-time-budget=4000",
];

const nowMs = systemClock.now();
const rise = [0.08, 0.15, 0.2, 0.22, 0.25, 0.25, 0.25];
const base: Partial<Alert> = {
  detectedAtMs: nowMs,
  chart: {
    unit: "share",
    startMs: nowMs - 600_000,
    stepMs: 30_000,
    values: [...Array.from({ length: 13 }, (_, index) => (index % 4 === 0 ? 0.02 : 0.01)), ...rise],
    expected: 0.01,
  },
  analysis: { status: "done", by: "claude", model: "claude-sonnet-5-5", reason: null },
  rootCause: "A deploy of payment-api halved its connection pool.\nIt went out two minutes before.",
  confidence: 0.87,
};
const states: readonly Partial<Alert>[] = [
  {},
  { id: "anom_20240115_103046", status: "acknowledged", acknowledgedBy: "alice", acknowledgedAtMs: nowMs },
  { id: "anom_20240115_103047", mutedBy: "m1", mutedUntilMs: nowMs + 3_600_000 },
  { id: "anom_20240115_103049", snoozedUntilMs: nowMs + 7_200_000, assignee: "alice" },
  {
    id: "anom_20240115_103048",
    status: "resolved",
    resolvedAtMs: nowMs + 1_380_000,
    resolvedBy: "alice",
    resolution: "resolved by hand",
  },
];

async function main(file: string): Promise<void> {
  const slack = await SlackEmulator.start({ kind: "events", requestUrl: "http://127.0.0.1:9/slack/events" });
  // The page draws no native charts; a real workspace that takes none answers so.
  const proxy = await FaultProxy.start(slack.url);
  proxy.plan = ({ args }) =>
    JSON.stringify(args).includes("data_visualization") ? { kind: "refused", error: "invalid_blocks" } : null;
  const client = slackClient(EMULATOR_TOKENS.botToken, proxy.apiUrl, pino({ enabled: false }));
  const notifier = new SlackNotifier({
    client,
    channel: "#alerts",
    clock: systemClock,
    publicUrl: "https://tocsin.example.com",
  });
  const { signal } = new AbortController();
  for (const state of states)
    await notifier.post(loneAlert({ ...base, ...state }), DEFAULT_DESTINATION, signal);
  const profile = mkdtempSync(join(tmpdir(), "tocsin-screens-"));
  execFileSync(CHROMIUM, [...FLAGS, `--user-data-dir=${profile}`, `--screenshot=${file}`, slack.url], {
    stdio: "ignore",
    timeout: 60_000,
  });
  await proxy.stop();
  await slack.stop();
}

await main(process.argv[2] ?? "screens.png");
