import type { Alert } from "../alert/alert.ts";
import { sinceMs } from "../alert/view.ts";
import { analysisNote, confidenceWord, words } from "../notify/wording.ts";
import { chartBlock, drawable, sparkline } from "./chart.ts";
import { alertButtons } from "./buttons.ts";
import {
  actions,
  type Attachment,
  type Block,
  context,
  MAX_TEXT,
  message,
  type Message,
  section,
} from "./message.ts";
import { bold, code, join, line, mrkdwn, names, NOTHING, prose, slackTime, type Mrkdwn } from "./mrkdwn.ts";
import { capital, standingOf, stateColor, stateEmoji, stateLine, stateLines, stateWord } from "./state.ts";

/** One screen on a phone; what does not fit is in the thread. */
const MAX_DESCRIPTION = 600;
const MAX_NAME = 60;
const MAX_NAMES = 5;
const MAX_ID = 70;
const MAX_CAUSE_LINE = 400;
const MAX_COMMON = 2;
const MAX_FINDINGS = 3;
const MAX_FINDING = 200;
const MAX_NOTE = 200;

/** What a workspace may not take yet. */
export interface Abilities {
  /** Slack draws charts itself. */
  readonly charts: boolean;
  /** Slack has thumbs of its own. */
  readonly feedback: boolean;
}

export interface View {
  readonly can: Abilities;
  /** Where people reach our pages; null: no link. */
  readonly publicUrl: string | null;
  /** A user group or user that the first message calls; null: nobody. */
  readonly mention?: Mrkdwn | null;
}

export const PLAIN_VIEW: View = { can: { charts: false, feedback: false }, publicUrl: null };

function services(alert: Alert): Mrkdwn {
  if (alert.affectedServices.length === 0) return mrkdwn`all services`;
  return names(alert.affectedServices, MAX_NAMES, MAX_NAME);
}

function category(alert: Alert): Mrkdwn {
  return line(words(alert.category), MAX_NAME);
}

/** What a notification shows: state, kind, where and which. */
export function headline(alert: Alert): Mrkdwn {
  const id = line(alert.id, MAX_ID);
  return mrkdwn`${stateEmoji(alert)} ${stateWord(alert)}: ${category(alert)} in ${services(alert)} (${id})`;
}

/** Every other finding in a line; those of the same words are one. */
function otherFindings(alert: Alert): readonly Mrkdwn[] {
  const others = [...new Set(alert.anomalies.map(({ description }) => description))].filter(
    (description) => description !== alert.description,
  );
  const lines = others.slice(0, MAX_FINDINGS).map((text) => mrkdwn`• ${line(text, MAX_FINDING)}`);
  const left = others.length - lines.length;
  return left > 0 ? [...lines, mrkdwn`… ${left} more in the thread`] : lines;
}

/** Values that what is wrong has in common. */
function common({ evidence }: Alert): readonly Mrkdwn[] {
  return evidence
    .filter(({ kind }) => kind === "attribute")
    .slice(0, MAX_COMMON)
    .map(({ template, note = "" }) => mrkdwn`↳ ${code(template ?? "", MAX_NAME)} ${line(note, MAX_FINDING)}`);
}

function head(alert: Alert, blockId: string, called: Mrkdwn | null): Block {
  const title = mrkdwn`${stateEmoji(alert)} ${bold(mrkdwn`${stateWord(alert)}: ${category(alert)}`)}`;
  const lines = [
    called === null ? title : mrkdwn`${title} ${called}`,
    prose(alert.description, MAX_DESCRIPTION),
    ...otherFindings(alert),
    ...common(alert),
  ];
  return section(blockId, join(lines, "\n"));
}

function facts(alert: Alert, blockId: string): Block {
  const suspect =
    alert.suspectedService === null ? [] : [mrkdwn`suspect: ${line(alert.suspectedService, MAX_NAME)}`];
  const parts = [
    line(capital(alert.severity), MAX_NAME),
    line(alert.environment, MAX_NAME),
    services(alert),
    ...suspect,
    mrkdwn`since ${slackTime(sinceMs(alert) ?? alert.detectedAtMs)}`,
    code(alert.id, MAX_ID),
  ];
  return context(blockId, join(parts, " · "));
}

function chart(alert: Alert, blockId: string, { charts }: Abilities): readonly Block[] {
  const drawn = drawable(alert.chart);
  if (drawn === null) return [];
  return [charts ? chartBlock(blockId, drawn) : context(blockId, sparkline(drawn))];
}

/** The first line, and that there is more of it. */
function firstLine(text: string): { readonly first: string; readonly more: boolean } {
  const [first = "", ...rest] = text.trim().split(/\r?\n/);
  return { first, more: rest.some((other) => other.trim() !== "") || first.length > MAX_CAUSE_LINE };
}

/** Who says so where it is not Claude. */
function noteLine(alert: Alert): readonly Mrkdwn[] {
  const note = analysisNote(alert.analysis);
  if (note === null) return [];
  const emoji = alert.analysis.status === "pending" ? mrkdwn`:hourglass_flowing_sand:` : mrkdwn`:bar_chart:`;
  return [mrkdwn`${emoji} ${line(note, MAX_NOTE)}`];
}

function cause(alert: Alert, blockId: (name: string) => string): readonly Block[] {
  const note = noteLine(alert).map((text) => context(blockId("by"), text));
  if (alert.rootCause === null) return note;
  const { first, more } = firstLine(alert.rootCause);
  const sure =
    alert.confidence === null ? NOTHING : mrkdwn` (${line(confidenceWord(alert.confidence), 20)} confidence)`;
  const hint = more ? mrkdwn` _more in the thread_` : NOTHING;
  const text = mrkdwn`*Likely cause${sure}:* ${line(first, MAX_CAUSE_LINE)}${hint}`;
  return [section(blockId("cause"), text), ...note];
}

/** Who did what about it; nothing while nobody has. */
function done(alert: Alert, blockId: string): readonly Block[] {
  const lines = stateLines(alert);
  return lines.length === 0 ? [] : [context(blockId, join(lines, "\n"))];
}

/** The colour of the state, beside the state in a word. */
function stateBar(alert: Alert, blockId: string): Attachment {
  return {
    color: stateColor(alert),
    fallback: capital(standingOf(alert)),
    blocks: [context(blockId, stateLine(alert))],
  };
}

/** The headline is short by its parts; the description fills what is left and comes last, so it alone is cut. */
function notification(alert: Alert): Mrkdwn {
  const title = headline(alert);
  const left = Math.min(MAX_DESCRIPTION, MAX_TEXT - title.length - 1);
  return mrkdwn`${title}\n${prose(alert.description, left)}`;
}

/** The ids change with the version: Slack asks for new ones on every edit. */
export function blockIds({ id, version }: Pick<Alert, "id" | "version">): (name: string) => string {
  return (name) => `${id}.v${version}.${name}`;
}

/** An alert as it stands: the one message of the channel, or one person's answer. */
export function alertMessage(alert: Alert, view: View = PLAIN_VIEW): Message {
  const blockId = blockIds(alert);
  return message(
    notification(alert),
    [
      head(alert, blockId("head"), view.mention ?? null),
      facts(alert, blockId("facts")),
      ...chart(alert, blockId("chart"), view.can),
      ...cause(alert, blockId),
      ...done(alert, blockId("done")),
      actions(blockId("buttons"), alertButtons(alert, view.publicUrl)),
    ],
    [stateBar(alert, blockId("state"))],
  );
}
