import type { Alert } from "../alert/alert.ts";
import { words } from "../notify/wording.ts";
import { MAX_RECENT } from "./command.ts";
import { listMessage, type PageRequest } from "./list.ts";
import { message, type Message, section } from "./message.ts";
import { code, fitLines, join, line, mrkdwn, names, prose, slackTime, type Mrkdwn } from "./mrkdwn.ts";
import { stateEmoji } from "./state.ts";

const MAX_NAME = 24;
const MAX_NAMES = 2;
const MAX_WORD = 30;
const MAX_ID = 70;
const MAX_NOTICE = 500;
const MAX_ROW = 235;

function row(alert: Alert): Mrkdwn {
  const where =
    alert.affectedServices.length === 0
      ? mrkdwn`all services`
      : names(alert.affectedServices, MAX_NAMES, MAX_NAME);
  const id = code(alert.id, MAX_ID);
  const what = mrkdwn`${line(alert.severity, MAX_WORD)} ${line(words(alert.category), MAX_WORD)}`;
  const start = mrkdwn`${stateEmoji(alert)} ${slackTime(alert.detectedAtMs)} ${id} ${what}`;
  const whole = mrkdwn`${start} · ${where} · ${line(alert.status, MAX_WORD)}`;
  return whole.length <= MAX_ROW ? whole : mrkdwn`${start} …`;
}

export interface RecentPage {
  readonly alerts: readonly Alert[];
  /** More was asked for than a message holds. */
  readonly clamped: boolean;
  readonly more: boolean;
  readonly request: PageRequest;
}

/** `/anomalies recent`: one line each, newest first. */
export function recentMessage({ alerts, clamped, more, request }: RecentPage): Message {
  if (alerts.length === 0)
    return notice(request.page === 0 ? "No anomalies so far." : "There are no older ones.");
  const rows = alerts.slice(0, MAX_RECENT).map(row);
  const which = request.page === 0 ? mrkdwn`latest` : mrkdwn`earlier`;
  const title =
    rows.length === 1 ? mrkdwn`The ${which} anomaly` : mrkdwn`The ${which} ${rows.length} anomalies`;
  const most = clamped ? mrkdwn` At most ${MAX_RECENT} are shown at a time.` : mrkdwn``;
  const hint = mrkdwn`\`/anomalies show &lt;id&gt;\` for the details.${most}`;
  return listMessage({ title, rows, request, more, byTime: true, hint });
}

const COMMANDS: readonly (readonly [usage: string, meaning: string])[] = [
  [
    "recent [n] [service] [severity]",
    `the latest anomalies, 10 unless told, at most ${MAX_RECENT} at a time`,
  ],
  ["show <id>", "one anomaly with its buttons; the beginning of an id is enough"],
  ["analyze <id> [hint]", "analyse again; the hint is one more hypothesis"],
  ["ack <id>", "say that you are looking at it"],
  ["resolve <id>", "close it"],
  ["note <id> <text>", "write something down about it"],
  ["snooze <id> <2h|off>", "no reminders and no pings for a while"],
  ["assign <id> [me|name|nobody]", "say whose it is"],
  ["merge <id> <id>", "the first goes on in the second"],
  ["mute <service|category|pattern|alert> <2h>", "shows what it would have hidden, then asks"],
  ["unmute <mute>", "end a mute"],
  ["mutes", "what is muted, and until when"],
  ["why <service> [2h|time]", "what was seen and not sent, and what stopped it"],
  ["status", "whether everything works"],
  ["services", "every service with its rates against the usual"],
  ["patterns <service>", "the patterns of its lines at the moment"],
  ["digest", "the last day in figures"],
  ["real <id>, noise <id>", "mark it; noise proposes a change"],
  ["proposals, approve <p>, reject <p>", "changes that marking noise has proposed"],
  ["test", "a clearly marked test alert through every channel"],
  ["help", "this list"],
];

/** `problem` is any text: it is escaped here. */
export function helpMessage(command: string, problem: string | null): Message {
  const name = line(command, 40);
  const rows = COMMANDS.map(
    ([usage, meaning]) => mrkdwn`${code(`${command.slice(0, 40)} ${usage}`, 110)} ${line(meaning, 100)}`,
  );
  const last = mrkdwn`Only you see the answers, unless \`public\` is the last word. In an alert's thread: \`@tocsin analyze\`.`;
  const list = section(
    "help.list",
    join([fitLines(rows, 2_700, (left) => mrkdwn`… ${left} more`), last], "\n"),
  );
  if (problem === null) return message(mrkdwn`What ${name} can do`, [list]);
  const told = prose(problem, MAX_NOTICE);
  return message(told, [section("help.problem", mrkdwn`:warning: ${told}`), list]);
}

/** One sentence for one person; any text, escaped here. */
export function notice(text: string): Message {
  return told(prose(text, MAX_NOTICE));
}

/** A sentence of ours. */
export function told(text: Mrkdwn): Message {
  return message(text, [section("notice", text)]);
}

export function notFound(id: string): Message {
  return told(mrkdwn`There is no anomaly ${code(id, MAX_ID)}. \`/anomalies recent\` lists the latest.`);
}

/** Several ids begin so. */
export function ambiguous(id: string, ids: readonly string[]): Message {
  const shown = join(
    ids.slice(0, 10).map((one) => code(one, MAX_ID)),
    ", ",
  );
  return told(mrkdwn`Several anomalies begin with ${code(id, MAX_ID)}: ${shown}.`);
}
