import type { Digest, Noisy } from "../alert/digest.ts";
import { SEVERITIES } from "../anomaly/anomaly.ts";
import { describeDuration } from "../log/duration.ts";
import { formatTime } from "../log/time.ts";
import type { Storm, StormAlert } from "./notifier.ts";
import { nameList, singleLine, words } from "./wording.ts";

const MAX_NAMES = 3;
const MAX_DESCRIPTION = 80;

function clipped(text: string): string {
  const line = singleLine(text);
  return line.length > MAX_DESCRIPTION ? `${line.slice(0, MAX_DESCRIPTION).toWellFormed()}…` : line;
}

function stormLine(alert: StormAlert): string {
  const services = nameList(alert.affectedServices, MAX_NAMES);
  const about = services === "" ? words(alert.category) : services;
  return `${alert.id} ${alert.severity}, ${alert.status}: ${clipped(about)}: ${clipped(alert.description)}`;
}

/** A storm in plain text: every alert of it by name. */
export function stormText(storm: Storm): string {
  const open = storm.alerts.filter(({ status }) => status !== "resolved").length;
  return [
    `Storm ${storm.id}: ${storm.alerts.length} new alerts in one message, ${open} of them not resolved`,
    ...storm.alerts.map(stormLine),
  ].join("\n");
}

function noisy(title: string, list: readonly Noisy[]): readonly string[] {
  if (list.length === 0) return [];
  return [`${title}: ${list.map(({ name, alerts }) => `${clipped(name)} (${alerts})`).join(", ")}`];
}

function mutedLine({ id, what, untilMs }: Digest["muted"][number]): string {
  return `Muted: ${clipped(what)} ${untilMs === null ? "until it is ended" : `until ${formatTime(untilMs)}`} (${id})`;
}

/** What people said of the analyses; nothing where nobody did. */
export function analysesLine({ analyses }: Digest): readonly string[] {
  if (analyses === undefined || analyses.helpful + analyses.wrong + analyses.hints === 0) return [];
  const { helpful, wrong, hints } = analyses;
  return [`Analyses: ${helpful} found helpful, ${wrong} wrong, ${hints} asked again with a hint`];
}

/** A digest in plain text. */
export function digestText(id: string, digest: Digest): string {
  const severities = SEVERITIES.toReversed()
    .filter((severity) => digest.bySeverity[severity] > 0)
    .map((severity) => `${digest.bySeverity[severity]} ${severity}`);
  const mean = digest.meanTimeToAcknowledgeMs;
  return [
    `Digest ${id}, ${formatTime(digest.fromMs)} to ${formatTime(digest.toMs)}`,
    `Alerts: ${[String(digest.opened), ...severities].join(", ")}; ${digest.stillOpen} not resolved, ${digest.hidden} hidden by mutes`,
    ...(mean === null
      ? []
      : [`Acknowledged: ${digest.acknowledged}, after ${describeDuration(mean)} on average`]),
    ...(digest.markedReal + digest.markedNoise === 0
      ? []
      : [`Marked: ${digest.markedReal} real, ${digest.markedNoise} noise`]),
    ...(digest.cutAt == null ? [] : [`More than ${digest.cutAt} alerts: the oldest are not counted`]),
    ...analysesLine(digest),
    ...noisy("Noisiest services", digest.noisiestServices),
    ...noisy("Noisiest patterns", digest.noisiestPatterns),
    ...digest.muted.map(mutedLine),
  ].join("\n");
}
