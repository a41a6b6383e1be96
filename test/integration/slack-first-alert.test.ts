import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { learned, SHORT_WINDOWS } from "../support/process-alerts.ts";
import { startChild } from "../support/process-child.ts";
import { startTocsin, type TocsinProcess } from "../support/process-tocsin.ts";
import { startTraffic } from "../support/process-traffic.ts";
import { until } from "../support/process-until.ts";
import { EMULATOR_TOKENS, emulatorInstalled, freePort, SlackEmulator } from "../support/slack-emulator.ts";
import { SIGNING_SECRET } from "../support/slack-request.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const SERVICE = "payment-api";
const TEN_MINUTES_MS = 600_000;

type Env = Readonly<Record<string, string>>;

async function tocsin(env: Env, ...args: readonly string[]): Promise<{ code: unknown; said: string }> {
  const cwd = mkdtempSync(join(tmpdir(), "tocsin-walk-"));
  const child = startChild({ command: process.execPath, args: [MAIN, ...args], cwd, env });
  const code = await child.exited;
  return { code, said: [...child.stdout, ...child.stderr].join("\n") };
}

async function connected(service: TocsinProcess): Promise<void> {
  await until("Slack is connected", 20_000, async () => {
    const { body } = await service.get("/readyz");
    const { dependencies } = body as { dependencies: Record<string, { state: string }> };
    return dependencies["slack"]?.state === "up" ? true : null;
  });
}

/** Both ways that the README names, with what each adds to the bot token. */
const WAYS: readonly {
  readonly name: string;
  readonly manifest: readonly string[];
  readonly shows: string;
  readonly start: (port: number) => Promise<SlackEmulator>;
  readonly env: Env;
}[] = [
  {
    name: "Socket Mode",
    manifest: ["--socket"],
    shows: "socket_mode_enabled: true",
    start: () => SlackEmulator.start({ kind: "socket" }),
    env: { SLACK_APP_TOKEN: EMULATOR_TOKENS.appToken },
  },
  {
    name: "HTTP",
    manifest: ["--url", "https://tocsin.example.com"],
    shows: "https://tocsin.example.com/slack/events",
    start: (port) =>
      SlackEmulator.start({ kind: "events", requestUrl: `http://127.0.0.1:${port}/slack/events` }),
    env: { SLACK_SIGNING_SECRET: SIGNING_SECRET },
  },
];

describe.skipIf(!emulatorInstalled)("from no app to the first alert, as the README says", () => {
  test.for(WAYS)("$name: manifest, doctor, start, test alert, first alert", async (way) => {
    const startedAtMs = performance.now();
    const manifest = await tocsin({}, "slack-manifest", ...way.manifest);
    expect(manifest).toMatchObject({ code: 0, said: expect.stringContaining(way.shows) as string });

    const port = await freePort();
    const slack = await way.start(port);
    onTestFinished(() => slack.stop());
    const env = {
      ...SHORT_WINDOWS,
      ...way.env,
      SLACK_BOT_TOKEN: EMULATOR_TOKENS.botToken,
      SLACK_API_URL: slack.apiUrl,
      TOCSIN_SLACK_CHANNEL: "#alerts",
    };
    const doctor = await tocsin(env, "doctor");
    expect(doctor.said).toMatch(/slack.*posts to #alerts and may read there/);
    expect(doctor.code).toBe(0);

    const service = await startTocsin({ ...env, TOCSIN_PORT: String(port) });
    await connected(service);
    await slack.command("test");
    await slack.message(({ text }) => text.includes("test_"));

    const traffic = startTraffic(SERVICE);
    traffic.to(service.otlpPort);
    await learned(service, SERVICE);
    traffic.breakDown();
    const alert = await until("the first alert", 60_000, async () => {
      const all = await slack.messages();
      return all.find(({ text }) => /anom_\d/.test(text));
    });
    const id = /anom_\d{8}_\d{6}/.exec(alert.text)?.[0] ?? "";
    await slack.click(alert.ts, "anomaly:acknowledge", `${id}.v1.buttons`, id);
    await slack.message(({ ts, text }) => ts === alert.ts && text.includes("Acknowledged"));
    expect(performance.now() - startedAtMs).toBeLessThan(TEN_MINUTES_MS);
  });
});
