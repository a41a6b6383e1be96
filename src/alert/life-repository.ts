import type { EpochMs } from "../log/time.ts";
import type { LedgerEntry, LedgerQuery } from "./ledger.ts";
import type { Mute } from "./mute.ts";
import type { Proposal } from "./proposal.ts";

export type NewMute = Omit<Mute, "id" | "hidden" | "ended">;
export type NewProposal = Omit<Proposal, "id" | "status" | "decidedBy" | "decidedAtMs" | "muteId">;
export type Ending = NonNullable<Mute["ended"]>;

export interface ProposalDecision {
  readonly status: "approved" | "rejected";
  readonly by: string;
  readonly atMs: EpochMs;
  /** What the approval makes; null for a rejection. */
  readonly mute: NewMute | null;
}

export type Decided =
  | { readonly kind: "decided"; readonly proposal: Proposal; readonly mute: Mute | null }
  /** Somebody else was first. */
  | { readonly kind: "already"; readonly proposal: Proposal };

/** Mutes and the proposals that become mutes. Throws only when the store cannot be reached. */
export interface MuteRepository {
  add(mute: NewMute): Promise<Mute>;
  get(id: string): Promise<Mute | null>;
  /** Those that nobody has ended, expired ones too, in the order of their making. */
  unended(): Promise<readonly Mute[]>;
  /** Ends it once; what comes back shows who ended it first. */
  end(id: string, ending: Ending): Promise<Mute | null>;
  /** Sets how many alerts it has hidden, if that is more than before. */
  hid(id: string, hidden: number): Promise<void>;
  propose(proposal: NewProposal): Promise<Proposal>;
  proposal(id: string): Promise<Proposal | null>;
  /** Newest first. */
  undecided(limit: number): Promise<readonly Proposal[]>;
  /** Once, with the mute that it makes in the same transaction. */
  decide(id: string, decision: ProposalDecision): Promise<Decided | null>;
}

/** The stored ledger of silence. Throws only when the store cannot be reached. */
export interface LedgerRepository {
  /** Adds to what is stored under the same key; the keys of one call are all different. */
  add(entries: ReadonlyMap<string, LedgerEntry>): Promise<void>;
  /** Newest first. */
  find(query: LedgerQuery): Promise<readonly LedgerEntry[]>;
}
