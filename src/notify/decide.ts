import type { Alert } from "../alert/alert.ts";
import { isHandling, type AlertEvent, type HandlingEvent } from "../alert/event.ts";
import { isUnanalysed } from "../alert/evolve.ts";
import type { NewDelivery } from "../alert/repository.ts";
import { type Anomaly, type Severity, severityRank } from "../anomaly/anomaly.ts";
import { describeDuration } from "../log/duration.ts";
import { formatTime } from "../log/time.ts";
import { words } from "./wording.ts";

type Reply = Extract<NewDelivery, { kind: "reply" }>;

/** What the events of one commit add up to; the message is posted or edited once, however many they are. */
interface Plan {
  severity: Severity;
  readonly services: Set<string>;
  post: boolean;
  /** Nobody is to hear of it: a mute hides it. */
  hidden: boolean;
  /** Nothing may ping. */
  quiet: boolean;
  update: boolean;
  analyse: boolean;
  /** There is an analysis to show. */
  analysed: boolean;
  readonly replies: Reply[];
  /** Why a mute did not hide it, or no longer does. */
  readonly unmuted: string[];
}

const LOUD: Severity = "high";

function namesAnotherService(anomaly: Anomaly, known: ReadonlySet<string>): boolean {
  if (anomaly.service !== null && !known.has(anomaly.service)) return true;
  return anomaly.affectedServices.some((service) => !known.has(service));
}

/** The channel hears again when it got worse: a rise in severity, or another service at high or critical. */
function addAnomaly(plan: Plan, anomaly: Anomaly): void {
  const rose = severityRank(anomaly.severity) > severityRank(plan.severity);
  const loud = severityRank(anomaly.severity) >= severityRank(LOUD);
  const broadcast = rose || (loud && namesAnotherService(anomaly, plan.services));
  plan.update = true;
  plan.replies.push({ kind: "reply", text: `Also: ${anomaly.description}`, broadcast });
  if (anomaly.service !== null) plan.services.add(anomaly.service);
  for (const service of anomaly.affectedServices) plan.services.add(service);
}

function escalate(plan: Plan, from: Severity, to: Severity): void {
  plan.update = true;
  plan.severity = to;
  plan.replies.push({ kind: "reply", text: `Severity rose from ${from} to ${to}.`, broadcast: true });
}

function resolvedText(before: Alert | null, event: AlertEvent): string {
  const after =
    before === null ? "Resolved" : `Resolved after ${describeDuration(event.atMs - before.detectedAtMs)}`;
  const who = event.actor.kind === "system" ? `${after}.` : `${after} by ${event.actor.name}.`;
  const note = event.type === "resolved" ? event.aftermath?.text : undefined;
  return note === undefined ? who : `${who} ${note}`;
}

function quietReply(plan: Plan, text: string): void {
  plan.update = true;
  plan.replies.push({ kind: "reply", text, broadcast: false });
}

function apply(plan: Plan, before: Alert | null, event: AlertEvent): void {
  if (isHandling(event)) {
    applyHandling(plan, before, event);
    return;
  }
  switch (event.type) {
    case "opened":
      plan.post = true;
      plan.analyse ||= event.alert.analysis.status === "pending";
      plan.analysed ||= event.alert.analysis.status !== "pending";
      return;
    case "anomaly_added":
      addAnomaly(plan, event.anomaly);
      return;
    case "escalated":
      escalate(plan, plan.severity, event.severity);
      return;
    case "adopted":
      quietReply(plan, `The ${words(event.category)}: the change is now taken as normal.`);
      return;
    case "resolved":
      quietReply(plan, resolvedText(before, event));
      return;
    case "reopened":
      plan.update = true;
      plan.replies.push({
        kind: "reply",
        text: reopenedText(event),
        broadcast: true,
      });
      return;
    case "analysis_requested":
      plan.update = true;
      plan.analyse = true;
      return;
    case "analysed":
    case "analysis_failed":
      plan.analysed = true;
      plan.update = true;
      return;
    case "peaked":
    case "acknowledged":
      plan.update = true;
  }
}

function reopenedText({ anomaly, actor }: Extract<AlertEvent, { type: "reopened" }>): string {
  return anomaly === null
    ? `Opened again by ${actor.name}.`
    : `It is back, open again: ${anomaly.description}`;
}

/** What people do with an alert is told in its thread, and pings nobody. */
function applyHandling(plan: Plan, before: Alert | null, event: HandlingEvent): void {
  const by = event.actor.name;
  switch (event.type) {
    case "snoozed":
      return quietReply(plan, `Snoozed by ${by} until ${formatTime(event.untilMs)}.`);
    case "woken":
      return quietReply(plan, "The snooze is over.");
    case "assigned":
      return quietReply(
        plan,
        event.assignee === null ? `Unassigned by ${by}.` : `Assigned to ${event.assignee} by ${by}.`,
      );
    case "noted":
      return quietReply(plan, `${by}${event.hint === true ? ", as a hint" : ""}: ${event.text}`);
    case "merged_into":
      return quietReply(plan, `Merged into ${event.target} by ${by}.`);
    case "absorbed":
      return quietReply(plan, `${event.source} is now a part of this, merged by ${by}.`);
    case "judged":
      return quietReply(plan, `Marked ${event.verdict} by ${by}.`);
    case "rated":
      return quietReply(plan, `${by} finds the analysis ${event.rating}.`);
    case "muted":
      return mute(plan, event);
    case "unmuted":
      return unmute(plan, before, event.reason);
    case "reminded":
      plan.update = true;
      plan.replies.push({ kind: "reply", text: "Nobody has acknowledged this yet.", broadcast: true });
  }
}

/** Muted as it opens, it is told to nobody, and nothing is spent on it; muted later, its message says so. */
function mute(plan: Plan, { untilMs, opening }: Extract<AlertEvent, { type: "muted" }>): void {
  if (opening) {
    plan.hidden = true;
    plan.analyse = false;
  }
  plan.quiet = true;
  quietReply(plan, untilMs === null ? "Muted." : `Muted until ${formatTime(untilMs)}.`);
}

/** What nobody has heard of is told now, with the reason. */
function unmute(plan: Plan, before: Alert | null, reason: string): void {
  if (before !== null && isUnanalysed(before)) plan.analyse = true;
  else if (plan.hidden && before !== null) plan.analysed ||= before.analysis.status !== "pending";
  if (plan.hidden) plan.post = true;
  plan.hidden = false;
  plan.quiet = false;
  plan.unmuted.push(reason);
  quietReply(plan, reason);
}

function isSnoozed({ snoozedUntilMs }: Alert, event: AlertEvent | undefined): boolean {
  return snoozedUntilMs !== null && event !== undefined && snoozedUntilMs > event.atMs;
}

/** A post shows what came with it; why a mute did not hide it, the evidence and the analysis stand in the thread. */
function toldBy(plan: Plan, opening: boolean): readonly NewDelivery[] {
  if (plan.hidden) return [];
  const analysis: readonly NewDelivery[] = plan.analysed ? [{ kind: "analysis" }] : [];
  if (plan.post) {
    const why = plan.unmuted.map((text): NewDelivery => ({ kind: "reply", text, broadcast: false }));
    return [{ kind: "post" }, ...why, { kind: "evidence" }, ...analysis];
  }
  if (opening) return [];
  const update: readonly NewDelivery[] = plan.update ? [{ kind: "update" }] : [];
  const replies = plan.quiet ? plan.replies.map(quieted) : broadcastOnce(plan.replies);
  return [...update, ...replies, ...analysis];
}

function quieted(reply: Reply): Reply {
  return { ...reply, broadcast: false };
}

/** One commit reaches the channel once: the last loud reply, which says the most, keeps the broadcast. */
function broadcastOnce(replies: readonly Reply[]): readonly Reply[] {
  const last = replies.findLastIndex((reply) => reply.broadcast);
  return replies.map((reply, index) => ({ ...reply, broadcast: index === last }));
}

/**
 * Who is told what because of `events`, in the order of delivery; `before` is the alert as it stood, null for a
 * new one. A post shows what came with it, so no news is added to it. Shadow alerts tell nobody; they are analysed
 * when somebody asks.
 */
export function deliveriesFor(before: Alert | null, events: readonly AlertEvent[]): readonly NewDelivery[] {
  const first = events[0];
  const start = before ?? (first?.type === "opened" ? first.alert : null);
  if (start === null) return [];
  if (start.shadow)
    return events.some(({ type }) => type === "analysis_requested") ? [{ kind: "analyse" }] : [];
  const plan: Plan = {
    severity: start.severity,
    services: new Set(start.affectedServices),
    post: false,
    hidden: !start.told,
    quiet: before !== null && (before.mutedBy !== null || isSnoozed(before, first)),
    update: false,
    analyse: false,
    analysed: false,
    replies: [],
    unmuted: [],
  };
  for (const event of events) apply(plan, before, event);
  const told = toldBy(plan, before === null);
  return plan.analyse ? [...told, { kind: "analyse" }] : told;
}
