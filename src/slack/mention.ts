import type { WebClient } from "@slack/web-api";
import { answerCommand } from "./answers.ts";
import { cleanId, parseCommand } from "./command.ts";
import type { SlackHistory } from "./history.ts";
import { COMMAND } from "./manifest.ts";
import type { Message } from "./message.ts";
import type { People } from "./people.ts";
import type { Desk } from "./ports.ts";
import { answered, type Answering, errorName } from "./respond.ts";
import { bodyOf } from "./send.ts";

/** Of an `app_mention` event, what we read. */
export interface Mention {
  readonly user?: string;
  readonly bot_id?: string;
  readonly text: string;
  readonly channel: string;
  readonly ts: string;
  readonly thread_ts?: string;
}

export interface Mentions extends Answering {
  readonly desk: Desk;
  readonly client: WebClient;
  readonly history: SlackHistory;
  readonly people: People;
}

const TAKES_ID: ReadonlySet<string> = new Set([
  "show",
  "analyze",
  "analyse",
  "ack",
  "acknowledge",
  "resolve",
  "close",
  "reopen",
  "note",
  "snooze",
  "assign",
  "real",
  "noise",
]);

function looksLikeId(word: string): boolean {
  return /^(?:anom_)?\d{4,}/.test(cleanId(word));
}

/** The words after the app's name, as the command would have them: Slack escapes what people type. */
export function askedIn(text: string): string {
  return text
    .replace(/^[^<]*<@[UW][A-Z0-9]+(?:\|[^>]*)?>[\s,:]*/, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
}

/** In an alert's thread the alert goes without saying: `analyze because of the deploy`, `mute 2h`. */
export function withAlert(asked: string, alertId: string): string {
  const [verb = "", first = "", ...rest] = asked.split(/\s+/);
  const word = verb.toLowerCase();
  if (TAKES_ID.has(word) && !looksLikeId(first)) return [verb, alertId, first, ...rest].join(" ").trim();
  // Of two alerts the thread's is the one that goes on in the other.
  const ids = [first, ...rest].filter((other) => other !== "into");
  if (word === "merge" && ids.length === 1) return [verb, alertId, ...ids].join(" ");
  const isSpan = /^\d+(?:\.\d+)?[smhd]$/i.test(first);
  if (word === "mute" && isSpan) return [verb, alertId, first, ...rest].join(" ");
  return asked;
}

async function questionOf(
  { text, channel, thread_ts: thread }: Mention,
  history: SlackHistory,
): Promise<string> {
  const asked = askedIn(text);
  const alertId = thread === undefined ? null : await history.alertAt({ channel, ts: thread });
  return alertId === null ? asked : withAlert(asked, alertId);
}

/** Commands do not work in threads; a mention does. The answer stands in the thread, for the one who asked. */
export async function onMention(mention: Mention, mentions: Mentions): Promise<void> {
  const { user } = mention;
  if (user === undefined || mention.bot_id !== undefined) return;
  const { desk, history, people } = mentions;
  let isPublic = false;
  const message = await answered(async () => {
    const asked = await questionOf(mention, history);
    isPublic = parseCommand(asked).isPublic;
    return answerCommand(desk, { command: COMMAND, asked, page: 0, actor: await people.actor(user) });
  }, mentions);
  await reply(mention, user, message, isPublic, mentions);
}

async function reply(
  { channel, ts, thread_ts: thread }: Mention,
  user: string,
  message: Message,
  isPublic: boolean,
  { client, log }: Mentions,
): Promise<void> {
  const { text, blocks } = bodyOf(message);
  const place = { channel, thread_ts: thread ?? ts, text, blocks: blocks as never[] };
  try {
    if (isPublic) await client.chat.postMessage({ ...place, unfurl_links: false, unfurl_media: false });
    else await client.chat.postEphemeral({ ...place, user });
  } catch (error) {
    log.warn({ reason: errorName(error) }, "Slack did not take an answer");
  }
}
