import type { Alert } from "../alert/alert.ts";
import type { Severity } from "../anomaly/anomaly.ts";
import { resolvedLine } from "../notify/wording.ts";
import { line, mrkdwn, slackTime, type Mrkdwn } from "./mrkdwn.ts";

/** What people see an alert as. */
export type Standing = "open" | "acknowledged" | "muted" | "snoozed" | "resolved";

const MAX_NAME = 60;
const MAX_NOTE = 200;

const SEVERITY_EMOJI: Readonly<Record<Severity, Mrkdwn>> = {
  critical: mrkdwn`:rotating_light:`,
  high: mrkdwn`:red_circle:`,
  medium: mrkdwn`:large_orange_circle:`,
  low: mrkdwn`:large_yellow_circle:`,
};
const EMOJI: Readonly<Record<Exclude<Standing, "open">, Mrkdwn>> = {
  acknowledged: mrkdwn`:eyes:`,
  muted: mrkdwn`:mute:`,
  snoozed: mrkdwn`:zzz:`,
  resolved: mrkdwn`:white_check_mark:`,
};
const WORDS: Readonly<Record<Standing, Mrkdwn>> = {
  open: mrkdwn`Open`,
  acknowledged: mrkdwn`Acknowledged`,
  muted: mrkdwn`Muted`,
  snoozed: mrkdwn`Snoozed`,
  resolved: mrkdwn`Resolved`,
};
const SEVERITY_COLOR: Readonly<Record<Severity, string>> = {
  critical: "#a30200",
  high: "#e01e5a",
  medium: "#de8d1b",
  low: "#ecb22e",
};
const COLOR: Readonly<Record<Exclude<Standing, "open">, string>> = {
  acknowledged: "#1d9bd1",
  muted: "#8d8d8d",
  snoozed: "#8d8d8d",
  resolved: "#2eb886",
};

export function standingOf(alert: Alert): Standing {
  if (alert.status === "resolved") return "resolved";
  if (alert.mutedBy !== null) return "muted";
  if (alert.snoozedUntilMs !== null) return "snoozed";
  return alert.status;
}

/** The state at a glance: an emoji for the eye and a word for those who do not see it. */
export function stateEmoji(alert: Alert): Mrkdwn {
  const standing = standingOf(alert);
  return standing === "open" ? SEVERITY_EMOJI[alert.severity] : EMOJI[standing];
}

/** "High", "Acknowledged (high)", "Resolved (high)". */
export function stateWord(alert: Alert): Mrkdwn {
  const standing = standingOf(alert);
  const severity = line(alert.severity, MAX_NAME);
  if (standing === "open") return line(capital(alert.severity), MAX_NAME);
  return mrkdwn`${WORDS[standing]} (${severity})`;
}

export function stateColor(alert: Alert): string {
  const standing = standingOf(alert);
  return standing === "open" ? SEVERITY_COLOR[alert.severity] : COLOR[standing];
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function until(untilMs: number | null): Mrkdwn {
  return untilMs === null ? mrkdwn`` : mrkdwn` until ${slackTime(untilMs)}`;
}

function acknowledged(alert: Alert): readonly Mrkdwn[] {
  if (alert.acknowledgedBy === null) return [];
  const at = alert.acknowledgedAtMs === null ? mrkdwn`` : mrkdwn` ${slackTime(alert.acknowledgedAtMs)}`;
  return [mrkdwn`:eyes: Acknowledged by ${line(alert.acknowledgedBy, MAX_NAME)}${at}`];
}

/** The state in a word, for beside its colour. */
export function stateLine(alert: Alert): Mrkdwn {
  return mrkdwn`${stateEmoji(alert)} ${WORDS[standingOf(alert)]} · ${line(alert.severity, MAX_NAME)}`;
}

/** Who did what about it, the newest state last; one line each. */
export function stateLines(alert: Alert): readonly Mrkdwn[] {
  const lines: Mrkdwn[] = [...acknowledged(alert)];
  if (alert.assignee !== null)
    lines.push(mrkdwn`:bust_in_silhouette: ${line(alert.assignee, MAX_NAME)} is on it`);
  if (alert.verdict !== null) {
    const { verdict, by } = alert.verdict;
    lines.push(mrkdwn`:label: Marked ${line(verdict, MAX_NAME)} by ${line(by, MAX_NAME)}`);
  }
  if (alert.mutedBy !== null) lines.push(mrkdwn`:mute: Muted${until(alert.mutedUntilMs)}`);
  if (alert.snoozedUntilMs !== null) lines.push(mrkdwn`:zzz: Snoozed${until(alert.snoozedUntilMs)}`);
  if (alert.mergedInto !== null) lines.push(mrkdwn`:link: Goes on in ${line(alert.mergedInto, MAX_NAME)}`);
  const resolved = resolvedLine(alert);
  if (resolved !== null) lines.push(mrkdwn`:white_check_mark: ${line(resolved, MAX_NOTE)}`);
  return lines;
}
