import type { Alert, Rating, Verdict } from "../../src/alert/alert.ts";
import type { Digest } from "../../src/alert/digest.ts";
import type { Actor } from "../../src/alert/event.ts";
import type { LedgerEntry, LedgerQuery } from "../../src/alert/ledger.ts";
import type { Mute, MuteRequest, MuteTarget, Receipt } from "../../src/alert/mute.ts";
import type { Proposal } from "../../src/alert/proposal.ts";
import type {
  JudgeOutcome,
  MatchOutcome,
  MuteOutcome,
  PreviewOutcome,
  ProposalOutcome,
  TestResult,
  UnmuteOutcome,
  VerbOutcome,
  Verbs,
} from "../../src/alert/verbs.ts";
import type { Overview, PatternLine, ServiceLine } from "../../src/slack/ports.ts";
import { FakeVerbs } from "./fake-verbs.ts";
import { ALICE, OPENED_AT_MS } from "./sample-alert.ts";

export function sampleReceipt(change: Partial<Receipt> = {}): Receipt {
  return {
    days: 30,
    alerts: 14,
    markedReal: 1,
    markedNoise: 3,
    critical: 0,
    examples: ["anom_20240114_090000"],
    accepted: { severity: "high", deviation: {}, alertsPerDay: 0.5 },
    ...change,
  };
}

export function sampleMute(change: Partial<Mute> = {}): Mute {
  return {
    id: "m1",
    kind: "mute",
    target: { kind: "service", value: "payment-api", environment: null },
    startsAtMs: OPENED_AT_MS,
    untilMs: OPENED_AT_MS + 7_200_000,
    reason: null,
    by: ALICE,
    createdAtMs: OPENED_AT_MS,
    accepted: null,
    hidden: 0,
    ended: null,
    ...change,
  };
}

export function sampleProposal(change: Partial<Proposal> = {}): Proposal {
  const tally = { alerts: 20, markedReal: 2, markedNoise: 5 };
  return {
    id: "p1",
    alertId: "anom_20240115_103045",
    change: {
      kind: "mute",
      target: { kind: "service", value: "payment-api", environment: "production" },
      durationMs: 7 * 86_400_000,
    },
    receipt: sampleReceipt(),
    replay: { days: 30, before: tally, after: { ...tally, alerts: 6, markedReal: 1 } },
    status: "proposed",
    by: ALICE,
    atMs: OPENED_AT_MS,
    decidedBy: null,
    decidedAtMs: null,
    muteId: null,
    ...change,
  };
}

export function sampleLedgerEntry(change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    environment: "production",
    service: "payment-api",
    category: "error_spike",
    pattern: null,
    severity: "medium",
    observed: 0.06,
    expected: 0.01,
    gate: "cooldown",
    reason: "within 15 m of the last one",
    alertId: null,
    firstAtMs: OPENED_AT_MS,
    lastAtMs: OPENED_AT_MS + 60_000,
    count: 3,
    ...change,
  };
}

export const SAMPLE_DIGEST: Digest = {
  fromMs: OPENED_AT_MS - 86_400_000,
  toMs: OPENED_AT_MS,
  opened: 12,
  bySeverity: { low: 1, medium: 4, high: 6, critical: 1 },
  byCategory: [{ name: "error_spike", alerts: 12 }],
  stillOpen: 2,
  acknowledged: 9,
  meanTimeToAcknowledgeMs: 150_000,
  markedReal: 4,
  markedNoise: 3,
  hidden: 5,
  analyses: { helpful: 6, wrong: 2, hints: 1 },
  cutAt: 100_000,
  noisiestServices: [{ name: "payment-api", alerts: 7 }],
  noisiestPatterns: [{ name: "Connection to <*> refused", alerts: 5 }],
  muted: [{ id: "m1", what: "service cart", untilMs: OPENED_AT_MS + 3_600_000 }],
};

/** All the verbs on alerts in a map; what is asked is kept. */
export class SlackVerbs extends FakeVerbs implements Verbs {
  readonly muteRequests: MuteRequest[] = [];
  readonly previews: MuteTarget[] = [];
  readonly notes: { readonly id: string; readonly text: string; readonly actor: Actor }[] = [];
  readonly whyQueries: LedgerQuery[] = [];
  receipt = sampleReceipt();
  muted: readonly Mute[] = [];
  ledger: readonly LedgerEntry[] = [];
  proposed: readonly Proposal[] = [];

  async match(prefix: string): Promise<MatchOutcome> {
    const found = await this.get(prefix);
    if (found === "unavailable") return { kind: "unavailable", message: "database down" };
    if (found !== null) return { kind: "one", alert: found };
    const begins = prefix.startsWith("anom_") ? prefix : `anom_${prefix}`;
    const ids = [...this.alerts.keys()].filter((id) => id.startsWith(begins));
    const [id] = ids;
    if (id === undefined) return { kind: "not_found" };
    const alert = this.alerts.get(id);
    return ids.length === 1 && alert !== undefined ? { kind: "one", alert } : { kind: "many", ids };
  }

  reopen(id: string, actor: Actor): Promise<VerbOutcome> {
    return this.done("reopen", id, actor, { status: "open", resolvedAtMs: null, resolvedBy: null });
  }

  snooze(id: string, untilMs: number | null, actor: Actor): Promise<VerbOutcome> {
    return this.done("snooze", id, actor, { snoozedUntilMs: untilMs });
  }

  assign(id: string, assignee: string | null, actor: Actor): Promise<VerbOutcome> {
    return this.done("assign", id, actor, { assignee });
  }

  async note(id: string, text: string, actor: Actor): Promise<VerbOutcome> {
    const outcome = await this.done("note", id, actor, {});
    if (outcome.kind === "done") this.notes.push({ id, text, actor });
    return outcome;
  }

  merge(id: string, intoId: string, actor: Actor): Promise<VerbOutcome> {
    return this.done("merge", id, actor, { mergedInto: intoId });
  }

  rate(id: string, rating: Rating, actor: Actor): Promise<VerbOutcome> {
    return this.done(rating, id, actor, {});
  }

  async judge(id: string, verdict: Verdict, actor: Actor): Promise<JudgeOutcome> {
    const mark = { verdict: { verdict, by: actor.name, atMs: OPENED_AT_MS } };
    const outcome = await this.done("judge", id, actor, mark);
    if (outcome.kind !== "done") return outcome;
    return { ...outcome, proposal: verdict === "noise" ? (this.proposed[0] ?? null) : null };
  }

  async previewMute(target: MuteTarget): Promise<PreviewOutcome> {
    this.previews.push(target);
    if ((await this.get("")) === "unavailable") return { kind: "unavailable", message: "database down" };
    return { kind: "receipt", receipt: this.receipt };
  }

  async mute(request: MuteRequest, actor: Actor): Promise<MuteOutcome> {
    this.muteRequests.push(request);
    const mute = sampleMute({ target: request.target, untilMs: request.untilMs, by: actor });
    return { kind: "done", mute, receipt: this.receipt };
  }

  async unmute(muteId: string, actor: Actor): Promise<UnmuteOutcome> {
    const mute = this.muted.find(({ id }) => id === muteId);
    if (mute === undefined) return { kind: "not_found" };
    this.asked.push({ verb: "unmute", id: muteId, actor });
    return { kind: "done", mute };
  }

  async mutes(): Promise<readonly Mute[]> {
    return this.muted;
  }

  async proposals(): Promise<readonly Proposal[]> {
    return this.proposed;
  }

  approve(id: string, actor: Actor): Promise<ProposalOutcome> {
    return this.decide("approve", id, actor);
  }

  reject(id: string, actor: Actor): Promise<ProposalOutcome> {
    return this.decide("reject", id, actor);
  }

  async why(query: LedgerQuery): Promise<readonly LedgerEntry[]> {
    this.whyQueries.push(query);
    return this.ledger;
  }

  async digest(): Promise<Digest> {
    return SAMPLE_DIGEST;
  }

  async testAlert(): Promise<readonly TestResult[]> {
    return [
      { notifier: "slack", to: "#alerts", delivered: true, reason: null },
      { notifier: "webhook", to: "ops", delivered: false, reason: "http_500" },
    ];
  }

  private async done(verb: string, id: string, actor: Actor, change: Partial<Alert>): Promise<VerbOutcome> {
    const alert = await this.get(id);
    if (alert === "unavailable") return { kind: "unavailable", message: "database down" };
    if (alert === null) return { kind: "not_found" };
    if (this.refusal !== null) return { kind: "refused", message: this.refusal, alert, won: null };
    this.asked.push({ verb, id, actor });
    const changed = { ...alert, ...change, version: alert.version + 1 };
    this.alerts.set(id, changed);
    return { kind: "done", alert: changed };
  }

  private async decide(verb: string, id: string, actor: Actor): Promise<ProposalOutcome> {
    const proposal = this.proposed.find((one) => one.id === id);
    if (proposal === undefined) return { kind: "not_found" };
    this.asked.push({ verb, id, actor });
    return { kind: "done", proposal, mute: null };
  }
}

export function sampleService(change: Partial<ServiceLine> = {}): ServiceLine {
  return {
    service: "payment-api",
    environment: "production",
    logsPerMinute: 1_200,
    errorRate: 0.15,
    baseline: { logsPerMinute: 1_100, errorRate: 0.01 },
    state: "anomalous",
    learningUntilMs: null,
    lastSeenAtMs: OPENED_AT_MS,
    ...change,
  };
}

/** A service that knows what it was told. */
export class FakeOverview implements Overview {
  readonly version = "1.2.3";
  known: readonly ServiceLine[] = [sampleService()];
  found: readonly PatternLine[] = [];
  notes: readonly string[] = [];
  needs = [
    { name: "database", state: "up", reason: null },
    { name: "slack", state: "down", reason: "channel_not_found" },
  ] as const;

  services(): readonly ServiceLine[] {
    return this.known;
  }

  pipeline(): readonly string[] {
    return this.notes;
  }

  patterns(): readonly PatternLine[] {
    return this.found;
  }

  async dependencies() {
    return this.needs;
  }
}
