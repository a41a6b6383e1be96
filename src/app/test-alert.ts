import { userInfo } from "node:os";
import { pino } from "pino";
import type { Actor } from "../alert/event.ts";
import type { TestResult } from "../alert/verbs.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { testAlert, tryAll } from "../notify/test-alert.ts";
import { TerminalNotifier, type TerminalStream } from "../notify/terminal.ts";
import { slackClient } from "../slack/client.ts";
import { SlackNotifier } from "../slack/notifier.ts";
import { channels, webhookNotifiers } from "./notifying.ts";

const ANSWER_WITHIN_MS = 30_000;

interface Answer {
  readonly results: readonly TestResult[];
}

/** The running service's own channels; null where none answers there. */
async function askService({ api }: Config): Promise<readonly TestResult[] | "refused" | null> {
  const host = api.host.includes(":") ? `[${api.host}]` : api.host;
  const token = api.token?.reveal();
  try {
    const response = await fetch(`http://${host}:${api.port}/test-alert`, {
      method: "POST",
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (!response.ok) return response.status === 401 ? "refused" : null;
    const { results } = (await response.json()) as Answer;
    return results;
  } catch {
    return null;
  }
}

function direct(config: Config, out: TerminalStream): Promise<readonly TestResult[]> {
  const { slack } = config;
  const log = pino({ enabled: false });
  const notifier =
    slack === null
      ? new TerminalNotifier(out)
      : new SlackNotifier({
          client: slackClient(slack.botToken.reveal(), slack.apiUrl ?? undefined, log),
          channel: slack.channel,
          clock: systemClock,
        });
  const actor: Actor = { kind: "api", id: "cli", name: userInfo().username };
  const everywhere = channels(config, notifier, webhookNotifiers(config, systemClock));
  return tryAll(everywhere, testAlert(actor, systemClock.now()), systemClock);
}

/** One clearly marked alert through every channel, by the running service where there is one; 0 if all took it. */
export async function tryOut(config: Config, out: TerminalStream): Promise<number> {
  const answered = await askService(config);
  if (answered === "refused") {
    out.write("The running service refuses the token: set TOCSIN_API_TOKEN as it is set there.\n");
    return 1;
  }
  const results = answered ?? (await direct(config, out));
  out.write(
    answered === null ? "No service runs here: tried directly.\n" : "Tried by the running service.\n",
  );
  for (const { notifier, to, delivered, reason } of results) {
    const where = to === null ? notifier : `${notifier} ${to}`;
    out.write(delivered ? `✔ ${where}\n` : `✘ ${where}: ${reason ?? "failed"}\n`);
  }
  return results.every(({ delivered }) => delivered) ? 0 : 1;
}
