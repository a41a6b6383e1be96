import type { Alert, Evidence } from "../alert/alert.ts";
import type { Severity } from "../anomaly/anomaly.ts";
import { formatTime } from "../log/time.ts";
import type { EpochMs } from "../log/time.ts";
import { analysisNote, confidenceWord, nameList, resolvedLine, words } from "../notify/wording.ts";
import { escapeCode, escapeLine, escapeMrkdwn } from "./escape.ts";
import { type Block, button, context, fitLines, MAX_TEXT, type Message, section } from "./message.ts";

export const ACTIONS = {
  analyze: "anomaly:analyze",
  acknowledge: "anomaly:acknowledge",
  resolve: "anomaly:resolve",
} as const;

/** Together they stay below what a message may hold, whatever is in them. */
const MAX_DESCRIPTION = 1_000;
const MAX_NAME = 60;
const MAX_NAMES = 5;
const MAX_CAUSE = 2_200;
const MAX_IMPACT = 1_200;
const MAX_ACTION = 400;
const MAX_ACTIONS_TEXT = 2_400;
const MAX_NOTE = 200;
const MAX_TEMPLATE = 180;
const MAX_EVIDENCE_LINES = 4;

const EMOJI: Readonly<Record<Severity, string>> = {
  critical: ":rotating_light:",
  high: ":red_circle:",
  medium: ":large_orange_circle:",
  low: ":large_yellow_circle:",
};

/** The state at a glance: an emoji for the eye and a word for those who do not see it. */
export function stateEmoji(alert: Alert): string {
  return alert.status === "resolved" ? ":white_check_mark:" : EMOJI[alert.severity];
}

function stateWord(alert: Alert): string {
  return alert.status === "resolved" ? `Resolved (${alert.severity})` : capital(alert.severity);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** In the reader's own time zone; UTC where Slack cannot. */
export function slackTime(timeMs: EpochMs): string {
  const seconds = Math.floor(timeMs / 1_000);
  return `<!date^${seconds}^{date_short_pretty} {time}|${formatTime(seconds * 1_000)}>`;
}

function services(alert: Alert): string {
  const names = alert.affectedServices.map((service) => escapeLine(service, MAX_NAME));
  return names.length === 0 ? "all services" : nameList(names, MAX_NAMES);
}

/** What a notification shows: state, kind, where and which. */
export function headline(alert: Alert): string {
  const where = services(alert);
  return `${stateEmoji(alert)} ${stateWord(alert)}: ${words(alert.category)} in ${where} (${alert.id})`;
}

function head(alert: Alert, blockId: string): Block {
  const title = `${stateEmoji(alert)} *${stateWord(alert)}: ${words(alert.category)}*`;
  return section(blockId, `${title}\n${escapeMrkdwn(alert.description, MAX_DESCRIPTION)}`);
}

function facts(alert: Alert, blockId: string): Block {
  const environment = escapeLine(alert.environment, MAX_NAME);
  const suspect =
    alert.suspectedService === null ? [] : [`suspect: ${escapeLine(alert.suspectedService, MAX_NAME)}`];
  const parts = [
    capital(alert.severity),
    environment,
    services(alert),
    ...suspect,
    `since ${slackTime(alert.detectedAtMs)}`,
    escapeCode(alert.id, MAX_NAME + 10),
  ];
  return context(blockId, parts.join(" · "));
}

function causeText(alert: Alert): string {
  const sure = alert.confidence === null ? "" : ` (${confidenceWord(alert.confidence)} confidence)`;
  return `*Likely cause${sure}*\n${escapeMrkdwn(alert.rootCause ?? "", MAX_CAUSE)}`;
}

function actionsText(actions: readonly string[]): string {
  const lines = actions.map((action, index) => `${index + 1}. ${escapeLine(action, MAX_ACTION)}`);
  return fitLines(lines, MAX_ACTIONS_TEXT, (left) => `… and ${left} more`);
}

/** Claude's findings, or those of statistics, which are said to be so. */
function analysis(alert: Alert, blockId: (name: string) => string): readonly Block[] {
  const blocks: Block[] = [];
  const note = analysisNote(alert.analysis);
  if (note !== null) {
    const emoji = alert.analysis.status === "pending" ? ":hourglass_flowing_sand:" : ":bar_chart:";
    blocks.push(context(blockId("by"), `${emoji} ${escapeLine(note, MAX_NOTE)}`));
  }
  if (alert.rootCause !== null) blocks.push(section(blockId("cause"), causeText(alert)));
  if (alert.impact !== null) {
    blocks.push(section(blockId("impact"), `*Impact*\n${escapeMrkdwn(alert.impact, MAX_IMPACT)}`));
  }
  if (alert.recommendedActions.length > 0) {
    blocks.push(section(blockId("todo"), `*What to do*\n${actionsText(alert.recommendedActions)}`));
  }
  return blocks;
}

function evidenceLine(evidence: Evidence): string {
  const template = escapeCode(evidence.template ?? "", MAX_TEMPLATE);
  return `${evidence.count} × ${template} ${escapeLine(evidence.service, MAX_NAME)}`;
}

function evidence(alert: Alert, blockId: string): readonly Block[] {
  const shown = alert.evidence.filter((item) => item.template !== null).slice(0, MAX_EVIDENCE_LINES);
  if (shown.length === 0) return [];
  return [section(blockId, `*Evidence*\n${shown.map(evidenceLine).join("\n")}`)];
}

function state(alert: Alert, blockId: string): readonly Block[] {
  const lines: string[] = [];
  if (alert.acknowledgedBy !== null) {
    const at = alert.acknowledgedAtMs === null ? "" : ` ${slackTime(alert.acknowledgedAtMs)}`;
    lines.push(`:eyes: Acknowledged by ${escapeLine(alert.acknowledgedBy, MAX_NAME)}${at}`);
  }
  const resolved = resolvedLine(alert);
  if (resolved !== null) lines.push(`:white_check_mark: ${escapeLine(resolved, MAX_NOTE)}`);
  return lines.length === 0 ? [] : [context(blockId, lines.join("\n"))];
}

function buttons(alert: Alert, blockId: string): Block {
  const elements = [button(ACTIONS.analyze, "Analyze again", alert.id, null)];
  if (alert.status !== "resolved") {
    elements.push(button(ACTIONS.resolve, "Resolve", alert.id, null));
    if (alert.status === "open") {
      elements.unshift(button(ACTIONS.acknowledge, "Acknowledge", alert.id, "primary"));
    }
  }
  return { type: "actions", block_id: blockId, elements };
}

/** An alert as it stands. The block ids change with the version: Slack asks for new ones on every edit. */
export function alertMessage(alert: Alert): Message {
  const blockId = (name: string): string => `${alert.id}.v${alert.version}.${name}`;
  return {
    text: escapeTextBound(headline(alert), alert),
    blocks: [
      head(alert, blockId("head")),
      facts(alert, blockId("facts")),
      ...analysis(alert, blockId),
      ...evidence(alert, blockId("evidence")),
      ...state(alert, blockId("state")),
      buttons(alert, blockId("buttons")),
    ],
  };
}

/** The headline is short by its parts; the description fills what is left and comes last, so it alone is cut. */
function escapeTextBound(title: string, alert: Alert): string {
  const left = Math.min(MAX_DESCRIPTION, MAX_TEXT - title.length - 1);
  return `${title}\n${escapeMrkdwn(alert.description, left)}`;
}
