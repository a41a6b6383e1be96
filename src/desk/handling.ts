import type { Alert, Rating, Verdict } from "../alert/alert.ts";
import {
  decideAssign,
  decideJudge,
  decideMerge,
  decideNote,
  decideRate,
  decideReopen,
  decideSnooze,
} from "../alert/commands.ts";
import type { Actor } from "../alert/event.ts";
import type { Proposal } from "../alert/proposal.ts";
import type { HandlingVerbs, JudgeOutcome, MatchOutcome, VerbOutcome } from "../alert/verbs.ts";
import type { AlertDesk } from "../desk.ts";
import type { EpochMs } from "../log/time.ts";
import { UNAVAILABLE } from "./ask.ts";

/** Proposes what would have kept this alert from being told; null where nothing narrow enough would. */
export type Propose = (alert: Alert, actor: Actor) => Promise<Proposal | null>;

const MAX_MATCHES = 10;
const ID_PREFIX = "anom_";

/** What people do with one alert beyond acknowledging and resolving it. */
export class AlertHandling implements HandlingVerbs {
  readonly #desk: AlertDesk;
  readonly #propose: Propose;

  constructor(desk: AlertDesk, propose: Propose) {
    this.#desk = desk;
    this.#propose = propose;
  }

  async match(prefix: string): Promise<MatchOutcome> {
    const id = prefix.startsWith(ID_PREFIX) ? prefix : `${ID_PREFIX}${prefix}`;
    const found = await this.#desk.ask((repository) => repository.startingWith(id, MAX_MATCHES));
    if (found === "unavailable") return UNAVAILABLE;
    const alert =
      found.find((candidate) => candidate.id === id) ?? (found.length === 1 ? found[0] : undefined);
    if (alert !== undefined) return { kind: "one", alert: this.#desk.alert(alert.id) ?? alert };
    return found.length === 0 ? { kind: "not_found" } : { kind: "many", ids: found.map((one) => one.id) };
  }

  async reopen(id: string, actor: Actor): Promise<VerbOutcome> {
    const alert = await this.#desk.get(id);
    const running =
      alert === null || alert === "unavailable" ? undefined : this.#desk.running(alert.environment);
    return this.#desk.decide(id, actor, decideReopen(running?.id ?? null));
  }

  snooze(id: string, untilMs: EpochMs | null, actor: Actor): Promise<VerbOutcome> {
    return this.#desk.decide(id, actor, decideSnooze(untilMs));
  }

  assign(id: string, assignee: string | null, actor: Actor): Promise<VerbOutcome> {
    return this.#desk.decide(id, actor, decideAssign(assignee));
  }

  note(id: string, text: string, actor: Actor): Promise<VerbOutcome> {
    return this.#desk.decide(id, actor, decideNote(text));
  }

  merge(id: string, intoId: string, actor: Actor): Promise<VerbOutcome> {
    return this.#desk.decideBoth([id, intoId], actor, decideMerge);
  }

  rate(id: string, rating: Rating, actor: Actor): Promise<VerbOutcome> {
    return this.#desk.decide(id, actor, decideRate(rating, actor.id));
  }

  async judge(id: string, verdict: Verdict, actor: Actor): Promise<JudgeOutcome> {
    const outcome = await this.#desk.decide(id, actor, decideJudge(verdict));
    if (outcome.kind !== "done") return outcome;
    const proposal = verdict === "noise" ? await this.#propose(outcome.alert, actor) : null;
    return { ...outcome, proposal };
  }
}
