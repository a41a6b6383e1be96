import type { Alert } from "../alert/alert.ts";
import { isHandling, type AlertEvent, type HandlingEvent } from "../alert/event.ts";
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
  update: boolean;
  analyse: boolean;
  readonly replies: Reply[];
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
  return event.actor.kind === "system" ? `${after}.` : `${after} by ${event.actor.name}.`;
}

function quietReply(plan: Plan, text: string): void {
  plan.update = true;
  plan.replies.push({ kind: "reply", text, broadcast: false });
}

function apply(plan: Plan, before: Alert | null, event: AlertEvent): void {
  if (isHandling(event)) {
    applyHandling(plan, event);
    return;
  }
  switch (event.type) {
    case "opened":
      plan.post = true;
      plan.analyse ||= event.alert.analysis.status === "pending";
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
    case "peaked":
    case "acknowledged":
    case "analysed":
    case "analysis_failed":
      plan.update = true;
  }
}

function reopenedText({ anomaly, actor }: Extract<AlertEvent, { type: "reopened" }>): string {
  return anomaly === null
    ? `Opened again by ${actor.name}.`
    : `It is back, open again: ${anomaly.description}`;
}

/** What people do with an alert is told in its thread, and pings nobody. */
function applyHandling(plan: Plan, event: HandlingEvent): void {
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
      return quietReply(plan, `${by}: ${event.text}`);
    case "merged_into":
      return quietReply(plan, `Merged into ${event.target} by ${by}.`);
    case "absorbed":
      return quietReply(plan, `${event.source} is now a part of this, merged by ${by}.`);
    case "judged":
      return quietReply(plan, `Marked ${event.verdict} by ${by}.`);
    case "muted":
      plan.update = true;
      return;
    case "unmuted":
      return quietReply(plan, event.reason);
    case "reminded":
      plan.update = true;
      plan.replies.push({ kind: "reply", text: "Nobody has acknowledged this yet.", broadcast: true });
  }
}

/** One commit reaches the channel once: the last loud reply, which says the most, keeps the broadcast. */
function broadcastOnce(replies: readonly Reply[]): readonly Reply[] {
  const last = replies.findLastIndex((reply) => reply.broadcast);
  return replies.map((reply, index) => ({ ...reply, broadcast: index === last }));
}

/**
 * Who is told what because of `events`, in the order of delivery; `before` is the alert as it stood, null for a
 * new one. A post shows all that came with it, so nothing is added to it. Shadow alerts tell nobody.
 */
export function deliveriesFor(before: Alert | null, events: readonly AlertEvent[]): readonly NewDelivery[] {
  const first = events[0];
  const start = before ?? (first?.type === "opened" ? first.alert : null);
  if (start === null || start.shadow) return [];
  const plan: Plan = {
    severity: start.severity,
    services: new Set(start.affectedServices),
    post: false,
    update: false,
    analyse: false,
    replies: [],
  };
  for (const event of events) apply(plan, before, event);
  const told: NewDelivery[] = plan.post
    ? [{ kind: "post" }]
    : [...(plan.update ? [{ kind: "update" } as const] : []), ...broadcastOnce(plan.replies)];
  return plan.analyse ? [...told, { kind: "analyse" }] : told;
}
