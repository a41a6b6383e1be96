import { and, asc, desc, eq, isNull, lt } from "drizzle-orm";
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
import type { Database, Orm } from "./database.ts";
import { mutes, proposals } from "./schema.ts";
import { storable } from "./storable.ts";

type MuteRow = typeof mutes.$inferSelect;
type ProposalRow = typeof proposals.$inferSelect;

const MUTE = "m";
const PROPOSAL = "p";

/** The number in `m12`; null for what is no id of ours. */
function numberOf(prefix: string, id: string): number | null {
  const digits = new RegExp(`^${prefix}(\\d{1,15})$`).exec(id)?.[1];
  return digits === undefined ? null : Number(digits);
}

function muteOf({ id, state, hidden, ended }: MuteRow): Mute {
  return { ...state, id: `${MUTE}${id}`, hidden, ended };
}

function proposalOf({ id, state, status, decidedBy, decidedAtMs, muteId }: ProposalRow): Proposal {
  return {
    ...state,
    id: `${PROPOSAL}${id}`,
    status,
    decidedBy,
    decidedAtMs,
    muteId: muteId === null ? null : `${MUTE}${muteId}`,
  };
}

async function addMute(orm: Orm, mute: NewMute): Promise<MuteRow> {
  const [row] = await orm
    .insert(mutes)
    .values({ state: storable(mute) })
    .returning();
  if (row === undefined) throw new RangeError("an insert that returned no row");
  return row;
}

/** Mutes and proposals in Postgres, embedded or not. */
export class DatabaseMutes implements MuteRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(mute: NewMute): Promise<Mute> {
    return this.#database.run(async (orm) => muteOf(await addMute(orm, mute)));
  }

  async get(id: string): Promise<Mute | null> {
    const number = numberOf(MUTE, id);
    if (number === null) return null;
    return this.#database.run(async (orm) => {
      const [row] = await orm.select().from(mutes).where(eq(mutes.id, number));
      return row === undefined ? null : muteOf(row);
    });
  }

  async unended(): Promise<readonly Mute[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm.select().from(mutes).where(isNull(mutes.ended)).orderBy(asc(mutes.id));
      return rows.map(muteOf);
    });
  }

  async end(id: string, ending: Ending): Promise<Mute | null> {
    const number = numberOf(MUTE, id);
    if (number === null) return null;
    await this.#database.run((orm) =>
      orm
        .update(mutes)
        .set({ ended: storable(ending), endedAtMs: ending.atMs })
        .where(and(eq(mutes.id, number), isNull(mutes.ended))),
    );
    return this.get(id);
  }

  async hid(id: string, hidden: number): Promise<void> {
    const number = numberOf(MUTE, id);
    if (number === null) return;
    await this.#database.run((orm) =>
      orm
        .update(mutes)
        .set({ hidden })
        .where(and(eq(mutes.id, number), lt(mutes.hidden, hidden))),
    );
  }

  async propose(proposal: NewProposal): Promise<Proposal> {
    return this.#database.run(async (orm) => {
      const [row] = await orm
        .insert(proposals)
        .values({ state: storable(proposal), atMs: proposal.atMs })
        .returning();
      if (row === undefined) throw new RangeError("an insert that returned no row");
      return proposalOf(row);
    });
  }

  async proposal(id: string): Promise<Proposal | null> {
    const number = numberOf(PROPOSAL, id);
    if (number === null) return null;
    return this.#database.run(async (orm) => {
      const [row] = await orm.select().from(proposals).where(eq(proposals.id, number));
      return row === undefined ? null : proposalOf(row);
    });
  }

  async undecided(limit: number): Promise<readonly Proposal[]> {
    return this.#database.run(async (orm) => {
      const rows = await orm
        .select()
        .from(proposals)
        .where(eq(proposals.status, "proposed"))
        .orderBy(desc(proposals.id))
        .limit(limit);
      return rows.map(proposalOf);
    });
  }

  async decide(id: string, decision: ProposalDecision): Promise<Decided | null> {
    const number = numberOf(PROPOSAL, id);
    if (number === null) return null;
    return this.#database.transaction<Decided | null>(async (orm) => {
      const [row] = await orm.select().from(proposals).where(eq(proposals.id, number)).for("update");
      if (row === undefined) return { commit: false, value: null };
      if (row.status !== "proposed") {
        return { commit: false, value: { kind: "already", proposal: proposalOf(row) } };
      }
      const mute = decision.mute === null ? null : await addMute(orm, decision.mute);
      const decided = {
        status: decision.status,
        decidedBy: decision.by,
        decidedAtMs: decision.atMs,
        muteId: mute?.id ?? null,
      };
      await orm.update(proposals).set(decided).where(eq(proposals.id, number));
      const proposal = proposalOf({ ...row, ...decided });
      return {
        commit: true,
        value: { kind: "decided", proposal, mute: mute === null ? null : muteOf(mute) },
      };
    });
  }
}
