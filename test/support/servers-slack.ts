import { onTestFinished } from "vitest";
import { serveHttp } from "./servers-http.ts";
import { EMULATOR_TOKENS, SlackEmulator, type EmulatorMessage } from "./slack-emulator.ts";
import { SIGNING_SECRET } from "./slack-request.ts";

/** Nobody listens on the discard port: these tests need no commands from Slack. */
const NO_REQUEST_URL = "http://127.0.0.1:9/slack/events";

/** The settings that make Tocsin talk to the Slack API at `apiUrl`. */
function settings(apiUrl: string): Readonly<Record<string, string>> {
  return {
    SLACK_API_URL: apiUrl,
    SLACK_BOT_TOKEN: EMULATOR_TOKENS.botToken,
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    TOCSIN_SLACK_CHANNEL: "#alerts",
  };
}

export interface AlertsChannel {
  readonly env: Readonly<Record<string, string>>;
  /** What the channel shows: replies in threads left out. */
  messages(): Promise<readonly EmulatorMessage[]>;
}

/** An independent emulator of Slack with one channel, #alerts; ended with the test. */
export async function startAlertsChannel(): Promise<AlertsChannel> {
  const slack = await SlackEmulator.start({ kind: "events", requestUrl: NO_REQUEST_URL });
  onTestFinished(async () => slack.stop());
  return {
    env: settings(slack.apiUrl),
    messages: async () => {
      const all = await slack.messages();
      return all.filter(({ ts, thread_ts: thread }) => thread === undefined || thread === ts);
    },
  };
}

export interface SilentSlack {
  readonly env: Readonly<Record<string, string>>;
  /** Posts that arrived and wait for an answer that never comes. */
  waiting(): number;
}

/** A Slack that knows the bot but never answers a post. */
export async function startSilentSlack(): Promise<SilentSlack> {
  let waiting = 0;
  const identity = { ok: true, team: "Acme", team_id: "T01", user_id: "U00", bot_id: "B00" };
  const { url } = await serveHttp((request, response) => {
    request.resume();
    if (request.url?.endsWith("/chat.postMessage") === true) {
      waiting++;
      return;
    }
    response.setHeader("Content-Type", "application/json").end(JSON.stringify(identity));
  });
  return { env: settings(`${url}/api/`), waiting: () => waiting };
}
