import type {
  Decided,
  Ending,
  MuteRepository,
  NewMute,
  NewProposal,
  ProposalDecision,
} from "../alert/life-repository.ts";
import type { Mute } from "../alert/mute.ts";
import type { Proposal } from "../alert/proposal.ts";
import { storable } from "./storable.ts";

/** Mutes and proposals in memory: for tests. */
export class MemoryMutes implements MuteRepository {
  readonly #mutes = new Map<string, Mute>();
  readonly #proposals = new Map<string, Proposal>();

  async add(mute: NewMute): Promise<Mute> {
    return this.#made(mute);
  }

  #made(mute: NewMute): Mute {
    const made: Mute = { ...storable(mute), id: `m${this.#mutes.size + 1}`, hidden: 0, ended: null };
    this.#mutes.set(made.id, made);
    return made;
  }

  async get(id: string): Promise<Mute | null> {
    return this.#mutes.get(id) ?? null;
  }

  async unended(): Promise<readonly Mute[]> {
    return [...this.#mutes.values()].filter(({ ended }) => ended === null);
  }

  async end(id: string, ending: Ending): Promise<Mute | null> {
    const mute = this.#mutes.get(id);
    if (mute === undefined) return null;
    const ended: Mute = { ...mute, ended: mute.ended ?? storable(ending) };
    this.#mutes.set(id, ended);
    return ended;
  }

  async hid(id: string, hidden: number): Promise<void> {
    const mute = this.#mutes.get(id);
    if (mute !== undefined) this.#mutes.set(id, { ...mute, hidden: Math.max(mute.hidden, hidden) });
  }

  async propose(proposal: NewProposal): Promise<Proposal> {
    const made: Proposal = {
      ...storable(proposal),
      id: `p${this.#proposals.size + 1}`,
      status: "proposed",
      decidedBy: null,
      decidedAtMs: null,
      muteId: null,
    };
    this.#proposals.set(made.id, made);
    return made;
  }

  async proposal(id: string): Promise<Proposal | null> {
    return this.#proposals.get(id) ?? null;
  }

  async undecided(limit: number): Promise<readonly Proposal[]> {
    return [...this.#proposals.values()]
      .filter(({ status }) => status === "proposed")
      .toReversed()
      .slice(0, limit);
  }

  async decide(id: string, decision: ProposalDecision): Promise<Decided | null> {
    const proposal = this.#proposals.get(id);
    if (proposal === undefined) return null;
    if (proposal.status !== "proposed") return { kind: "already", proposal };
    const mute = decision.mute === null ? null : this.#made(decision.mute);
    const decided: Proposal = {
      ...proposal,
      status: decision.status,
      decidedBy: decision.by,
      decidedAtMs: decision.atMs,
      muteId: mute?.id ?? null,
    };
    this.#proposals.set(id, decided);
    return { kind: "decided", proposal: decided, mute };
  }
}
