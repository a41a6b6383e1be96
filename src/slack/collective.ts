import type { Digest } from "../alert/digest.ts";
import { words } from "../notify/wording.ts";
import type { Storm, StormAlert, ThreadReply } from "../notify/notifier.ts";
import { context, MAX_SECTION, message, type Message, section } from "./message.ts";
import { bold, code, fitLines, line, mrkdwn, names, prose, type Mrkdwn } from "./mrkdwn.ts";
import { digestMessage } from "./reports.ts";

const MAX_ID = 70;
const MAX_NAME = 24;
const MAX_NAMES = 2;
const MAX_WORD = 30;
const MAX_DESCRIPTION = 70;
const ROWS_PER_SECTION = 10;

/** The id stands first: whatever is cut, every alert stays named. */
function stormRow(alert: StormAlert): Mrkdwn {
  const where = names(alert.affectedServices, MAX_NAMES, MAX_NAME);
  const state = mrkdwn`${line(alert.severity, MAX_WORD)}, ${line(alert.status, MAX_WORD)}`;
  const what = line(alert.description === "" ? words(alert.category) : alert.description, MAX_DESCRIPTION);
  return mrkdwn`• ${code(alert.id, MAX_ID)} ${state} · ${where} ${what}`;
}

/** Many new alerts as one message that names each; edited as they change. */
export function stormMessage(storm: Storm): Message {
  const open = storm.alerts.filter(({ status }) => status !== "resolved").length;
  const title = mrkdwn`:cyclone: Storm: ${storm.alerts.length} new alerts, ${open} not resolved (${line(storm.id, MAX_ID)})`;
  const blocks = [section(`${storm.id}.head`, bold(title))];
  for (let start = 0; start < storm.alerts.length; start += ROWS_PER_SECTION) {
    const rows = storm.alerts.slice(start, start + ROWS_PER_SECTION).map(stormRow);
    const left = (count: number): Mrkdwn => mrkdwn`… ${count} more`;
    blocks.push(section(`${storm.id}.${start}`, fitLines(rows, MAX_SECTION, left)));
  }
  const hint = mrkdwn`They are not posted one by one. \`/anomalies show &lt;id&gt;\` for the details.`;
  return message(title, [...blocks, context(`${storm.id}.hint`, hint)]);
}

/** A day's digest for the channel. */
export function digestNotice(id: string, digest: Digest): Message {
  const { text, blocks } = digestMessage(digest);
  const [first, ...rest] = blocks;
  const title = mrkdwn`${text as Mrkdwn} (${line(id, MAX_ID)})`;
  const named = first === undefined ? [] : [{ ...first, block_id: `${id}.digest` }];
  return message(title, [...named, ...rest]);
}

/** By its first block's id a reply is found again: metadata is not for every app to read. */
export function withKey(given: Message, key: string): Message {
  const [first, ...rest] = given.blocks;
  if (first === undefined) return given;
  return { ...given, blocks: [{ ...first, block_id: replyBlockId(key) }, ...rest] };
}

/** Slack's ids hold 255 characters. */
export function replyBlockId(key: string): string {
  return `${key.slice(0, 200)}.reply`;
}

/** A line in an alert's thread; any text, escaped here. */
export function replyMessage({ key, text }: ThreadReply): Message {
  const told = prose(text, MAX_SECTION);
  return message(told, [section(replyBlockId(key), told)]);
}
