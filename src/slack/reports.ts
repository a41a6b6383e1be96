import type { Digest, Noisy } from "../alert/digest.ts";
import type { LedgerEntry } from "../alert/ledger.ts";
import { describeTarget, receiptSentence, type Mute } from "../alert/mute.ts";
import type { Proposal } from "../alert/proposal.ts";
import type { TestResult } from "../alert/verbs.ts";
import { describeDuration } from "../log/duration.ts";
import { analysesLine } from "../notify/collective.ts";
import { words } from "../notify/wording.ts";
import { pageOf, type PageRequest } from "./list.ts";
import { actions, button, message, type Message, section } from "./message.ts";
import { bold, code, join, line, mrkdwn, slackTime, type Mrkdwn } from "./mrkdwn.ts";
import type { DependencyLine, Overview, PatternLine, ServiceLine } from "./ports.ts";
import { notice } from "./replies.ts";

const MAX_NAME = 60;
const MAX_TEMPLATE = 180;
const MAX_REASON = 200;
const MAX_WORD = 30;
const MAX_NOTES = 5;

export const PROPOSAL_ACTIONS = { approve: "proposal:approve", reject: "proposal:reject" } as const;

function percent(rate: number): string {
  return `${(rate * 100).toFixed(1)} %`;
}

function perMinute(rate: number): string {
  return `${Math.round(rate).toLocaleString("en")} logs/min`;
}

const SERVICE_EMOJI: Readonly<Record<ServiceLine["state"], Mrkdwn>> = {
  anomalous: mrkdwn`:red_circle:`,
  normal: mrkdwn`:large_green_circle:`,
  learning: mrkdwn`:seedling:`,
  silent: mrkdwn`:white_circle:`,
};

function serviceRow(given: ServiceLine): Mrkdwn {
  const { baseline, state } = given;
  const usual =
    baseline.logsPerMinute === null || baseline.errorRate === null
      ? "not known yet"
      : `${perMinute(baseline.logsPerMinute)}, ${percent(baseline.errorRate)}`;
  const now = `${perMinute(given.logsPerMinute)}, ${percent(given.errorRate)} errors (usual: ${usual})`;
  const where = mrkdwn`${bold(line(given.service, MAX_NAME))} ${line(given.environment, MAX_WORD)}`;
  const until = given.learningUntilMs;
  const learning = until === null ? mrkdwn`` : mrkdwn` · first day until ${slackTime(until)}`;
  return mrkdwn`${SERVICE_EMOJI[state]} ${where} ${line(state, MAX_WORD)} · ${line(now, 120)}${learning}`;
}

const WORST_FIRST: readonly ServiceLine["state"][] = ["anomalous", "silent", "learning", "normal"];

export function servicesMessage(services: readonly ServiceLine[], request: PageRequest): Message {
  if (services.length === 0) return notice("No service has sent anything yet.");
  const sorted = services.toSorted(
    (a, b) =>
      WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state) || b.logsPerMinute - a.logsPerMinute,
  );
  const title = services.length === 1 ? mrkdwn`1 service` : mrkdwn`${services.length} services`;
  return pageOf(sorted.map(serviceRow), { title, request, byTime: false });
}

export function patternsMessage(
  service: string,
  found: readonly PatternLine[],
  request: PageRequest,
): Message {
  const rows = found.map(
    ({ count, template, environment }) =>
      mrkdwn`${count} × ${code(template, MAX_TEMPLATE)} ${line(environment, MAX_WORD)}`,
  );
  const title = mrkdwn`Patterns of ${line(service, MAX_NAME)} in the current window`;
  return pageOf(rows, { title, request, byTime: false });
}

function whyRow(entry: LedgerEntry): Mrkdwn {
  const { category, gate, reason, count, lastAtMs, alertId } = entry;
  const where = entry.alertId === null ? mrkdwn`` : mrkdwn` → ${code(alertId ?? "", 70)}`;
  const times = count === 1 ? mrkdwn`` : mrkdwn` ${count} ×`;
  const what = mrkdwn`${slackTime(lastAtMs)}${times} ${line(words(category), MAX_WORD)}`;
  return mrkdwn`${what} · ${bold(line(gate, MAX_WORD))}: ${line(reason, MAX_REASON)}${where}`;
}

export function whyMessage(service: string, entries: readonly LedgerEntry[], request: PageRequest): Message {
  const title = mrkdwn`Seen in ${line(service, MAX_NAME)} and not sent`;
  return pageOf(entries.map(whyRow), { title, request, byTime: true });
}

function until(untilMs: number | null): Mrkdwn {
  return untilMs === null ? mrkdwn`until somebody ends it` : mrkdwn`until ${slackTime(untilMs)}`;
}

function muteRow(mute: Mute): Mrkdwn {
  const { id, target, untilMs, by, hidden, reason, startsAtMs } = mute;
  const from = mute.kind === "maintenance" ? mrkdwn` from ${slackTime(startsAtMs)}` : mrkdwn``;
  const why = reason === null ? mrkdwn`` : mrkdwn` · ${line(reason, MAX_REASON)}`;
  const what = mrkdwn`${code(id, MAX_WORD)} ${line(describeTarget(target), MAX_NAME * 2)}${from} ${until(untilMs)}`;
  return mrkdwn`${what} · by ${line(by.name, MAX_NAME)} · hid ${hidden}${why}`;
}

export function mutesMessage(mutes: readonly Mute[], request: PageRequest): Message {
  if (mutes.length === 0) return notice("Nothing is muted.");
  const hint = mrkdwn`\`/anomalies unmute &lt;id&gt;\` ends one.`;
  return pageOf(mutes.map(muteRow), { title: mrkdwn`Muted`, request, byTime: false, hint });
}

export function statusMessage(
  dependencies: readonly DependencyLine[],
  overview: Pick<Overview, "services" | "pipeline" | "version">,
): Message {
  const services = overview.services();
  const notes = overview.pipeline().slice(0, MAX_NOTES);
  const rows = dependencies.map(({ name, state, reason }) => {
    const emoji = { up: mrkdwn`:white_check_mark:`, down: mrkdwn`:x:`, unused: mrkdwn`:white_circle:` }[
      state
    ];
    const because = reason === null ? mrkdwn`` : mrkdwn`: ${line(words(reason), MAX_REASON)}`;
    return mrkdwn`${emoji} ${line(name, MAX_WORD)} ${line(state, MAX_WORD)}${because}`;
  });
  const count = (state: ServiceLine["state"]): number => services.filter((one) => one.state === state).length;
  const counted = mrkdwn`${services.length} services: ${count("normal")} normal, ${count("anomalous")} anomalous, ${count("learning")} learning, ${count("silent")} silent`;
  const down = dependencies.some(({ state }) => state === "down");
  const title = down ? mrkdwn`Something is down` : mrkdwn`Everything works`;
  const said = notes.map((text) => mrkdwn`:warning: ${line(text, MAX_REASON)}`);
  const last = mrkdwn`Tocsin ${line(overview.version, MAX_WORD)}`;
  return message(title, [section("status", join([bold(title), ...rows, ...said, counted, last], "\n"))]);
}

function noisy(found: readonly Noisy[], code_: boolean): Mrkdwn {
  if (found.length === 0) return mrkdwn`none`;
  const show = (name: string): Mrkdwn => (code_ ? code(name, 100) : line(name, MAX_NAME));
  return join(
    found.map(({ name, alerts }) => mrkdwn`${show(name)} (${alerts})`),
    ", ",
  );
}

/** A day in figures. */
export function digestMessage(digest: Digest): Message {
  const { bySeverity, meanTimeToAcknowledgeMs: waitMs, muted } = digest;
  const title = mrkdwn`Digest ${slackTime(digest.fromMs)} to ${slackTime(digest.toMs)}`;
  const grave = mrkdwn`${bySeverity.critical} critical, ${bySeverity.high} high, ${bySeverity.medium} medium, ${bySeverity.low} low`;
  const answered = waitMs === null ? "" : `, after ${describeDuration(waitMs)} on average`;
  const rows = [
    mrkdwn`${digest.opened} opened: ${grave}`,
    mrkdwn`${digest.stillOpen} still open, ${digest.acknowledged} acknowledged${line(answered, 60)}`,
    mrkdwn`${digest.markedReal} marked real, ${digest.markedNoise} noise; ${digest.hidden} hidden by mutes`,
    ...(digest.cutAt == null ? [] : [mrkdwn`More than ${digest.cutAt} alerts: the oldest are not counted`]),
    ...analysesLine(digest).map((text) => line(text, 120)),
    mrkdwn`Noisiest services: ${noisy(digest.noisiestServices, false)}`,
    mrkdwn`Noisiest patterns: ${noisy(digest.noisiestPatterns, true)}`,
    ...muted.map(
      ({ id, what, untilMs }) => mrkdwn`:mute: ${code(id, MAX_WORD)} ${line(what, 120)} ${until(untilMs)}`,
    ),
  ];
  return message(title, [section("digest", join([bold(title), ...rows], "\n"))]);
}

export function testMessage(results: readonly TestResult[]): Message {
  if (results.length === 0) return notice("No channel is configured.");
  const rows = results.map(({ notifier, to, delivered, reason }) => {
    const name = to === null ? notifier : `${notifier} ${to}`;
    const word = delivered
      ? mrkdwn`:white_check_mark: delivered`
      : mrkdwn`:x: ${line(words(reason ?? "failed"), 60)}`;
    return mrkdwn`${line(name, MAX_NAME)} ${word}`;
  });
  return message(mrkdwn`Test alert`, [section("test", join([bold(mrkdwn`Test alert`), ...rows], "\n"))]);
}

/** A change with its before and after, and the buttons for whoever may approve. */
export function proposalMessage(proposal: Proposal): Message {
  const { id, change, receipt, replay, status, alertId } = proposal;
  const verb =
    change.kind === "mute"
      ? `Mute ${describeTarget(change.target)} for ${describeDuration(change.durationMs)}`
      : `Take ${describeTarget(change.target)} as known`;
  const { before, after, days } = replay;
  const effect = mrkdwn`${days} days: ${before.alerts} alerts before (${before.markedReal} real), ${after.alerts} after (${after.markedReal} real).`;
  const title = mrkdwn`Proposal ${code(id, MAX_WORD)} from ${code(alertId, 70)}`;
  const text = join([bold(title), line(verb, 300), line(receiptSentence(receipt), 300), effect], "\n");
  const buttons =
    status === "proposed"
      ? [
          actions(`proposal.${id}`, [
            button(PROPOSAL_ACTIONS.approve, "Approve", id, "primary"),
            button(PROPOSAL_ACTIONS.reject, "Reject", id),
          ]),
        ]
      : [];
  return message(title, [section("proposal", text), ...buttons]);
}

export function proposalsMessage(proposals: readonly Proposal[], request: PageRequest): Message {
  if (proposals.length === 0) return notice("There is no open proposal.");
  const rows = proposals.map(({ id, change, receipt }) => {
    const what = mrkdwn`${code(id, MAX_WORD)} ${line(words(change.kind), MAX_WORD)} ${line(describeTarget(change.target), 120)}`;
    return mrkdwn`${what} · ${line(receiptSentence(receipt), 200)}`;
  });
  const hint = mrkdwn`\`/anomalies approve &lt;id&gt;\` or \`reject &lt;id&gt;\``;
  return pageOf(rows, { title: mrkdwn`Proposals`, request, byTime: true, hint });
}
