import type { Alert } from "../alert/alert.ts";
import { nameList, words } from "../notify/wording.ts";
import { slackTime, stateEmoji } from "./blocks.ts";
import { MAX_RECENT } from "./command.ts";
import { escapeCode, escapeLine, escapeMrkdwn } from "./escape.ts";
import { context, type Message, section } from "./message.ts";

/** 50 rows in sections of ten: 50 × 235 stays below a message's limit, 10 × 235 below a section's. */
const MAX_ROW = 235;
const ROWS_PER_SECTION = 10;
const MAX_NAME = 24;
const MAX_NAMES = 2;
const MAX_ID = 70;
const MAX_NOTICE = 500;

function row(alert: Alert): string {
  const names = alert.affectedServices.map((service) => escapeLine(service, MAX_NAME));
  const where = names.length === 0 ? "all services" : nameList(names, MAX_NAMES);
  const start = `${stateEmoji(alert)} ${slackTime(alert.detectedAtMs)} \`${alert.id}\` ${alert.severity} ${words(alert.category)}`;
  return withinRow(`${start} · ${where} · ${alert.status}`);
}

/** Rows are short by their parts; one that is not is cut at a name, outside of any markup. */
function withinRow(text: string): string {
  return text.length <= MAX_ROW ? text : `${text.slice(0, text.indexOf(" · "))} …`;
}

/** `/anomalies recent`: one line each, newest first. */
export function recentMessage(alerts: readonly Alert[], clamped: boolean): Message {
  if (alerts.length === 0) return notice("No anomalies so far.");
  const rows = alerts.slice(0, MAX_RECENT).map(row);
  const title = rows.length === 1 ? "The latest anomaly" : `The latest ${rows.length} anomalies`;
  const blocks = [];
  for (let start = 0; start < rows.length; start += ROWS_PER_SECTION) {
    blocks.push(section(`recent.${start}`, rows.slice(start, start + ROWS_PER_SECTION).join("\n")));
  }
  const hint = clamped ? ` At most ${MAX_RECENT} are shown at a time.` : "";
  const footer = context("recent.hint", `\`/anomalies show &lt;id&gt;\` for the details.${hint}`);
  return { text: title, blocks: [section("recent.title", `*${title}*`), ...blocks, footer] };
}

const COMMANDS: readonly (readonly [usage: string, meaning: string])[] = [
  ["recent [n]", `the latest anomalies, 10 unless told, at most ${MAX_RECENT}`],
  ["show <id>", "one anomaly with its analysis, its evidence and its buttons"],
  ["analyze <id>", "ask Claude again"],
  ["acknowledge <id>", "say that you are looking at it"],
  ["resolve <id>", "close it"],
  ["help", "this list"],
];

/** `problem` is any text: it is escaped here. */
export function helpMessage(command: string, problem: string | null): Message {
  const name = escapeLine(command, 40);
  const lines = COMMANDS.map(
    ([usage, meaning]) => `${escapeCode(`${command} ${usage}`, 100)} ${escapeLine(meaning, 100)}`,
  );
  const list = section("help.list", lines.join("\n"));
  if (problem === null) return { text: `What ${name} can do`, blocks: [list] };
  const told = escapeMrkdwn(problem, MAX_NOTICE);
  return { text: told, blocks: [section("help.problem", `:warning: ${told}`), list] };
}

/** One sentence for one person; any text, escaped here. */
export function notice(text: string): Message {
  const escaped = escapeMrkdwn(text, MAX_NOTICE);
  return { text: escaped, blocks: [section("notice", escaped)] };
}

export function notFound(id: string): Message {
  const shown = escapeCode(id, MAX_ID);
  const text = `There is no anomaly ${shown}. \`/anomalies recent\` lists the latest.`;
  return { text, blocks: [section("notice", text)] };
}
