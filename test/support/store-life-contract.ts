import { beforeEach, describe, expect, test } from "vitest";
import { entryOf, ledgerKey, type LedgerEntry, type SilencedFinding } from "../../src/alert/ledger.ts";
import type {
  LedgerRepository,
  MuteRepository,
  NewMute,
  NewProposal,
} from "../../src/alert/life-repository.ts";
import { ALICE } from "./sample-alert.ts";
import { HOSTILE_TEXT, HOSTILE_TEXT_STORED, NOW_MS } from "./store-samples.ts";

export interface LifeStore {
  readonly mutes: MuteRepository;
  readonly ledger: LedgerRepository;
}

const ACCEPTED = { severity: "high", deviation: { error_spike: 0.25 }, alertsPerDay: 0.1 } as const;

function sampleMute(change: Partial<NewMute> = {}): NewMute {
  return {
    kind: "mute",
    target: { kind: "service", value: "payment-api", environment: null },
    startsAtMs: NOW_MS,
    untilMs: NOW_MS + 3_600_000.5,
    reason: null,
    by: ALICE,
    createdAtMs: NOW_MS,
    accepted: ACCEPTED,
    ...change,
  };
}

function sampleProposal(change: Partial<NewProposal> = {}): NewProposal {
  const tally = { alerts: 3, markedReal: 1, markedNoise: 1 };
  return {
    alertId: "anom_1",
    change: { kind: "known_pattern", target: { kind: "pattern", value: "x <*>", environment: "production" } },
    receipt: {
      days: 30,
      alerts: 3,
      markedReal: 1,
      markedNoise: 1,
      critical: 0,
      examples: ["anom_1"],
      accepted: ACCEPTED,
    },
    replay: { days: 30, before: tally, after: { ...tally, alerts: 0 } },
    by: ALICE,
    atMs: NOW_MS,
    ...change,
  };
}

function sampleFinding(change: Partial<SilencedFinding> = {}): SilencedFinding {
  return {
    environment: "production",
    service: "payment-api",
    category: "error_spike",
    pattern: null,
    severity: "low",
    observed: 0.04,
    expected: 0.01,
    gate: "gate",
    reason: "4.0 %, not over 5 %",
    alertId: null,
    atMs: NOW_MS,
    ...change,
  };
}

function keyed(...findings: readonly SilencedFinding[]): ReadonlyMap<string, LedgerEntry> {
  return new Map(findings.map((finding) => [ledgerKey(finding), entryOf(finding)]));
}

/** What every store of mutes, proposals and the ledger promises. `open` gives an empty one. */
export function lifeContract(name: string, open: () => Promise<LifeStore>): void {
  describe(`mutes and proposals: ${name}`, () => {
    let mutes: MuteRepository;
    beforeEach(async () => ({ mutes } = await open()));

    test("a mute comes back as it was added, under an id that is short", async () => {
      const made = await mutes.add(sampleMute({ reason: HOSTILE_TEXT }));
      expect(made.id).toMatch(/^m\d+$/);
      const expected = {
        ...sampleMute({ reason: HOSTILE_TEXT_STORED }),
        id: made.id,
        hidden: 0,
        ended: null,
      };
      expect(made).toEqual(expected);
      expect(await mutes.get(made.id)).toEqual(expected);
      expect(await mutes.unended()).toEqual([expected]);
    });

    test.for(["m999999", "m", "12", "m1; drop table mutes", "M1", ""])("%j is no mute", async (id) => {
      expect(await mutes.get(id)).toBeNull();
      expect(await mutes.end(id, { atMs: 1, by: "x", reason: "y" })).toBeNull();
      expect(await mutes.proposal(id.replace("m", "p"))).toBeNull();
      await mutes.hid(id, 1);
    });

    test("of many that end a mute at once one ended it, and all see who", async () => {
      const { id } = await mutes.add(sampleMute());
      const ended = await Promise.all(
        ["a", "b", "c", "d"].map((by, index) =>
          mutes.end(id, { atMs: NOW_MS + index, by, reason: "by hand" }),
        ),
      );
      expect(new Set(ended.map((mute) => mute?.ended?.by)).size).toBe(1);
      expect(await mutes.unended()).toEqual([]);
      expect(await mutes.get(id)).toEqual(ended[0]);
    });

    test("what a mute has hidden only grows", async () => {
      const { id } = await mutes.add(sampleMute());
      await mutes.hid(id, 3);
      await mutes.hid(id, 2);
      expect(await mutes.get(id)).toMatchObject({ hidden: 3 });
    });

    test("mutes stand in the order of their making", async () => {
      const first = await mutes.add(sampleMute());
      const second = await mutes.add(sampleMute({ untilMs: null, kind: "known" }));
      expect((await mutes.unended()).map(({ id }) => id)).toEqual([first.id, second.id]);
    });

    test("a proposal is decided once, and its mute is made with it", async () => {
      const made = await mutes.propose(sampleProposal());
      expect(made).toEqual({
        ...sampleProposal(),
        id: made.id,
        status: "proposed",
        decidedBy: null,
        decidedAtMs: null,
        muteId: null,
      });
      expect(await mutes.undecided(10)).toEqual([made]);
      const approve = { status: "approved", by: "alice", atMs: NOW_MS, mute: sampleMute() } as const;
      const outcomes = await Promise.all([1, 2, 3].map(() => mutes.decide(made.id, approve)));
      expect(outcomes.map((outcome) => outcome?.kind ?? "none").toSorted()).toEqual([
        "already",
        "already",
        "decided",
      ]);
      const [mute] = await mutes.unended();
      expect(await mutes.unended()).toHaveLength(1);
      expect(await mutes.proposal(made.id)).toMatchObject({
        status: "approved",
        decidedBy: "alice",
        muteId: mute?.id,
      });
      expect(await mutes.undecided(10)).toEqual([]);
    });

    test("undecided proposals come newest first", async () => {
      const ids: string[] = [];
      for (const alertId of ["a", "b", "c"]) ids.push((await mutes.propose(sampleProposal({ alertId }))).id);
      expect((await mutes.undecided(2)).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
      const rejection = { status: "rejected", by: "bob", atMs: NOW_MS, mute: null } as const;
      expect(await mutes.decide(ids[2] ?? "", rejection)).toMatchObject({ kind: "decided", mute: null });
      expect(await mutes.decide("p999999", rejection)).toBeNull();
      expect((await mutes.undecided(2)).map(({ id }) => id)).toEqual([ids[1], ids[0]]);
    });
  });

  describe(`ledger of silence: ${name}`, () => {
    let ledger: LedgerRepository;
    beforeEach(async () => ({ ledger } = await open()));
    const all = { fromMs: 0, toMs: Infinity, limit: 200 };

    test("repeats of one kind are one entry with a count, its largest value and its newest reason", async () => {
      await ledger.add(keyed(sampleFinding()));
      await ledger.add(
        keyed(sampleFinding({ observed: 0.045, atMs: NOW_MS + 1_000, reason: "4.5 %, not over 5 %" })),
      );
      await ledger.add(
        keyed(sampleFinding({ observed: 0.02, atMs: NOW_MS + 2_000, reason: "2.0 %, not over 5 %" })),
      );
      expect(await ledger.find({ ...all, toMs: NOW_MS })).toEqual([
        {
          ...entryOf(sampleFinding()),
          observed: 0.045,
          reason: "2.0 %, not over 5 %",
          lastAtMs: NOW_MS + 2_000,
          count: 3,
        },
      ]);
    });

    test("is asked by service and time; what is about all services is about each", async () => {
      await ledger.add(
        keyed(
          sampleFinding({ service: "a", atMs: NOW_MS }),
          sampleFinding({ service: "b", atMs: NOW_MS + 1_000 }),
          sampleFinding({ service: null, atMs: NOW_MS + 2_000 }),
          sampleFinding({ service: "a", environment: "staging", atMs: NOW_MS + 3_000 }),
        ),
      );
      const services = async (query: object): Promise<readonly (string | null)[]> =>
        (await ledger.find({ ...all, toMs: NOW_MS + 10_000, ...query })).map(({ service }) => service);
      expect(await services({})).toEqual(["a", null, "b", "a"]);
      expect(await services({ service: "a" })).toEqual(["a", null, "a"]);
      expect(await services({ service: "a", environment: "production" })).toEqual([null, "a"]);
      expect(await services({ fromMs: NOW_MS + 1_000, toMs: NOW_MS + 2_000 })).toEqual([null, "b"]);
      expect(await services({ limit: 1 })).toEqual(["a"]);
    });

    test("takes many at once, with hostile text", async () => {
      const findings = Array.from({ length: 450 }, (_, index) =>
        sampleFinding({ service: `s${index}`, pattern: HOSTILE_TEXT.repeat(300) }),
      );
      await ledger.add(keyed(...findings));
      const found = await ledger.find({ ...all, toMs: NOW_MS });
      expect(found).toHaveLength(200);
      expect(found[0]?.pattern).toBe(HOSTILE_TEXT_STORED.repeat(300));
      await ledger.add(new Map());
    });
  });
}
