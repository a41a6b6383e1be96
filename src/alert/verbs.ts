import type { EpochMs } from "../log/time.ts";
import type { Alert, Rating, Verdict } from "./alert.ts";
import type { Won } from "./commands.ts";
import type { Digest } from "./digest.ts";
import type { Actor, AlertEvent } from "./event.ts";
import type { LedgerEntry, LedgerQuery } from "./ledger.ts";
import type { Mute, MuteRequest, MuteTarget, Receipt } from "./mute.ts";
import type { Proposal } from "./proposal.ts";
import type { AlertQuery } from "./repository.ts";

/** The database is out of reach; the caller may try again. */
export interface Unavailable {
  readonly kind: "unavailable";
  readonly message: string;
}

export interface Refused {
  readonly kind: "refused";
  /** A sentence for people. */
  readonly message: string;
}

export type VerbOutcome =
  | { readonly kind: "done"; readonly alert: Alert }
  /** The alert's state forbids it; `alert` is the state that forbids it, `won` who was there first. */
  | (Refused & { readonly alert: Alert; readonly won: Won | null })
  | { readonly kind: "not_found" }
  | Unavailable;

export type MatchOutcome =
  | { readonly kind: "one"; readonly alert: Alert }
  /** Several ids begin so; the newest of them. */
  | { readonly kind: "many"; readonly ids: readonly string[] }
  | { readonly kind: "not_found" }
  | Unavailable;

/** What people can ask of alerts, from Slack and over HTTP alike. Never throws for a database out of reach. */
export interface AlertVerbs {
  get(id: string): Promise<Alert | null | "unavailable">;
  recent(query: AlertQuery): Promise<readonly Alert[] | "unavailable">;
  events(id: string): Promise<readonly AlertEvent[] | "unavailable">;
  acknowledge(id: string, actor: Actor): Promise<VerbOutcome>;
  resolve(id: string, actor: Actor): Promise<VerbOutcome>;
  /** Queues a re-analysis, which takes the hint as one more hypothesis; refused while one is running. */
  analyze(id: string, actor: Actor, hint?: string | null): Promise<VerbOutcome>;
}

/** What else people do with one alert. */
export interface HandlingVerbs {
  /** The alert whose id is or begins with `prefix`, with or without its `anom_`. */
  match(prefix: string): Promise<MatchOutcome>;
  reopen(id: string, actor: Actor): Promise<VerbOutcome>;
  /** No reminders and no broadcasts until then; null calls it off. */
  snooze(id: string, untilMs: EpochMs | null, actor: Actor): Promise<VerbOutcome>;
  /** null takes the assignment back. */
  assign(id: string, assignee: string | null, actor: Actor): Promise<VerbOutcome>;
  note(id: string, text: string, actor: Actor): Promise<VerbOutcome>;
  /** `id` is closed and goes on in `intoId`; the outcome shows `intoId`. */
  merge(id: string, intoId: string, actor: Actor): Promise<VerbOutcome>;
  /** Marking noise proposes one change, which somebody may approve; by itself nothing changes. */
  judge(id: string, verdict: Verdict, actor: Actor): Promise<JudgeOutcome>;
  /** Of the analysis as it stands; it counts in what later confidence is worth. */
  rate(id: string, rating: Rating, actor: Actor): Promise<VerbOutcome>;
}

export type JudgeOutcome =
  | { readonly kind: "done"; readonly alert: Alert; readonly proposal: Proposal | null }
  | Exclude<VerbOutcome, { readonly kind: "done" }>;

export type PreviewOutcome =
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  | Refused
  | { readonly kind: "not_found" }
  | Unavailable;

export type MuteOutcome =
  | { readonly kind: "done"; readonly mute: Mute; readonly receipt: Receipt }
  | Refused
  | { readonly kind: "not_found" }
  | Unavailable;

export type UnmuteOutcome =
  | { readonly kind: "done"; readonly mute: Mute }
  | (Refused & { readonly won: Won | null })
  | { readonly kind: "not_found" }
  | Unavailable;

/** Mutes and maintenance windows, which are mutes with a start. */
export interface MuteVerbs {
  /** What the mute would have hidden in the last 30 days; saves nothing. */
  previewMute(target: MuteTarget): Promise<PreviewOutcome>;
  mute(request: MuteRequest, actor: Actor): Promise<MuteOutcome>;
  unmute(muteId: string, actor: Actor): Promise<UnmuteOutcome>;
  /** Those that run or are planned, the next to end first. */
  mutes(): Promise<readonly Mute[] | "unavailable">;
}

export type ProposalOutcome =
  | { readonly kind: "done"; readonly proposal: Proposal; readonly mute: Mute | null }
  | (Refused & { readonly won: Won | null })
  | { readonly kind: "not_found" }
  | Unavailable;

/** Changes that marking noise has proposed. */
export interface ProposalVerbs {
  /** Those that nobody has decided yet, newest first. */
  proposals(): Promise<readonly Proposal[] | "unavailable">;
  approve(proposalId: string, actor: Actor): Promise<ProposalOutcome>;
  reject(proposalId: string, actor: Actor): Promise<ProposalOutcome>;
}

/** One channel's answer to a test alert. */
export interface TestResult {
  readonly notifier: string;
  /** A channel or a webhook's name; null for the notifier's only one. */
  readonly to: string | null;
  readonly delivered: boolean;
  /** Of the notifier's closed set; null where it was delivered. */
  readonly reason: string | null;
}

/** What the service knows about itself. */
export interface ReportVerbs {
  /** What was seen and not sent, newest first. */
  why(query: LedgerQuery): Promise<readonly LedgerEntry[] | "unavailable">;
  digest(fromMs: EpochMs, toMs: EpochMs): Promise<Digest | "unavailable">;
  /** One clearly marked alert through every channel that is configured; nothing is stored. */
  testAlert(actor: Actor): Promise<readonly TestResult[]>;
}

/** Everything that people can ask, the same from Slack, over HTTP and in the console. */
export interface Verbs extends AlertVerbs, HandlingVerbs, MuteVerbs, ProposalVerbs, ReportVerbs {}
