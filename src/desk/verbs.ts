import type {
  AlertVerbs,
  HandlingVerbs,
  MuteVerbs,
  ProposalVerbs,
  ReportVerbs,
  Verbs,
} from "../alert/verbs.ts";

export interface VerbParts {
  readonly alerts: AlertVerbs;
  readonly handling: HandlingVerbs;
  readonly mutes: MuteVerbs;
  readonly proposals: ProposalVerbs;
  readonly reports: ReportVerbs;
}

/** Everything that people can ask, in one place for Slack, the API and the console. */
export function verbsOf({ alerts, handling, mutes, proposals, reports }: VerbParts): Verbs {
  return {
    get: (id) => alerts.get(id),
    recent: (query) => alerts.recent(query),
    events: (id) => alerts.events(id),
    acknowledge: (id, actor) => alerts.acknowledge(id, actor),
    resolve: (id, actor) => alerts.resolve(id, actor),
    analyze: (id, actor, hint) => alerts.analyze(id, actor, hint),
    match: (prefix) => handling.match(prefix),
    reopen: (id, actor) => handling.reopen(id, actor),
    snooze: (id, untilMs, actor) => handling.snooze(id, untilMs, actor),
    assign: (id, assignee, actor) => handling.assign(id, assignee, actor),
    note: (id, text, actor) => handling.note(id, text, actor),
    merge: (id, intoId, actor) => handling.merge(id, intoId, actor),
    judge: (id, verdict, actor) => handling.judge(id, verdict, actor),
    rate: (id, rating, actor) => handling.rate(id, rating, actor),
    previewMute: (target) => mutes.previewMute(target),
    mute: (request, actor) => mutes.mute(request, actor),
    unmute: (muteId, actor) => mutes.unmute(muteId, actor),
    mutes: () => mutes.mutes(),
    proposals: () => proposals.proposals(),
    approve: (proposalId, actor) => proposals.approve(proposalId, actor),
    reject: (proposalId, actor) => proposals.reject(proposalId, actor),
    why: (query) => reports.why(query),
    digest: (fromMs, toMs) => reports.digest(fromMs, toMs),
    testAlert: (actor) => reports.testAlert(actor),
  };
}
