import type { Alert } from "../alert/alert.ts";
import type { Actor } from "../alert/event.ts";
import type { MuteRepository, NewMute } from "../alert/life-repository.ts";
import type { Mute } from "../alert/mute.ts";
import { changeFor, replayChange, type Proposal } from "../alert/proposal.ts";
import type { ProposalOutcome, ProposalVerbs } from "../alert/verbs.ts";
import type { Clock } from "../clock.ts";
import { describeDuration } from "../log/duration.ts";
import type { EpochMs } from "../log/time.ts";
import { coveredDays, type MuteBook } from "./mutes.ts";
import { orUnavailable, UNAVAILABLE } from "./ask.ts";

export interface ProposalOptions {
  readonly repository: MuteRepository;
  readonly mutes: MuteBook;
  readonly clock: Clock;
  readonly isUnavailable: (error: unknown) => boolean;
}

const MAX_UNDECIDED = 200;

/** Changes that marking noise proposes. One becomes a mute when somebody approves it, and never by itself. */
export class Proposals implements ProposalVerbs {
  readonly #options: ProposalOptions;

  constructor(options: ProposalOptions) {
    this.#options = options;
  }

  /** One concrete change with its replay; the same one is proposed once while nobody has decided. */
  async propose(alert: Alert, actor: Actor): Promise<Proposal | null> {
    const { repository, mutes, clock } = this.#options;
    const change = changeFor(alert);
    if (change === null) return null;
    const undecided = await this.proposals();
    const history = await mutes.history();
    if (undecided === "unavailable" || history === "unavailable") return null;
    const same = undecided.find((known) => JSON.stringify(known.change) === JSON.stringify(change));
    if (same !== undefined) return same;
    const days = coveredDays(history, clock.now());
    const proposed = { alertId: alert.id, change, ...replayChange(change, history, days), by: actor };
    const made = await this.#ask(() => repository.propose({ ...proposed, atMs: clock.now() }));
    return made === "unavailable" ? null : made;
  }

  proposals(): Promise<readonly Proposal[] | "unavailable"> {
    return this.#ask(() => this.#options.repository.undecided(MAX_UNDECIDED));
  }

  async approve(proposalId: string, actor: Actor): Promise<ProposalOutcome> {
    const proposal = await this.#ask(() => this.#options.repository.proposal(proposalId));
    if (proposal === "unavailable") return UNAVAILABLE;
    if (proposal === null) return { kind: "not_found" };
    return this.#decide(proposalId, "approved", actor, muteFor(proposal, actor, this.#options.clock.now()));
  }

  reject(proposalId: string, actor: Actor): Promise<ProposalOutcome> {
    return this.#decide(proposalId, "rejected", actor, null);
  }

  async #decide(
    id: string,
    status: "approved" | "rejected",
    actor: Actor,
    mute: NewMute | null,
  ): Promise<ProposalOutcome> {
    const { repository, mutes, clock } = this.#options;
    const nowMs = clock.now();
    const decision = { status, by: actor.name, atMs: nowMs, mute };
    const decided = await this.#ask(() => repository.decide(id, decision));
    if (decided === "unavailable") return UNAVAILABLE;
    if (decided === null) return { kind: "not_found" };
    if (decided.kind === "already") return alreadyDecided(decided.proposal, nowMs);
    const made: Mute | null = decided.mute;
    if (made !== null) mutes.adopt(made);
    return { kind: "done", proposal: decided.proposal, mute: made };
  }

  #ask<T>(question: () => Promise<T>): Promise<T | "unavailable"> {
    return orUnavailable(this.#options.isUnavailable, question);
  }
}

function alreadyDecided({ id, status, decidedBy, decidedAtMs }: Proposal, nowMs: EpochMs): ProposalOutcome {
  const by = decidedBy ?? "somebody";
  const atMs = decidedAtMs ?? nowMs;
  const message = `${id} was already ${status} by ${by} ${describeDuration(nowMs - atMs)} ago.`;
  return { kind: "refused", message, won: { by, atMs } };
}

function muteFor({ change, alertId, receipt }: Proposal, actor: Actor, nowMs: EpochMs): NewMute {
  const known = change.kind === "known_pattern";
  return {
    kind: known ? "known" : "mute",
    target: change.target,
    startsAtMs: nowMs,
    untilMs: known ? null : nowMs + change.durationMs,
    reason: `${alertId} was marked noise`,
    by: actor,
    createdAtMs: nowMs,
    accepted: receipt.accepted,
  };
}
