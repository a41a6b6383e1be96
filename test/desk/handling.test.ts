import { describe, expect, test } from "vitest";
import { outcomeOf } from "../../src/analysis/similar.ts";
import { FlakyAlerts } from "../support/flaky-alerts.ts";
import { LifeOffice } from "../support/life-office.ts";
import { ACKNOWLEDGED_FIRST, BOB, races, RESOLVED_FIRST } from "../support/race.ts";
import { ALICE, OPENED_AT_MS, sampleAnomaly } from "../support/sample-alert.ts";

const ID = "anom_20240115_103045";
const OTHER = "anom_20240115_103046";
const HOUR = 3_600_000;

async function office(): Promise<LifeOffice> {
  const made = new LifeOffice();
  await made.open();
  made.take();
  return made;
}

describe("what people do with an alert", () => {
  test("every word is an event with its actor and its time", async () => {
    const { verbs } = await office();
    await verbs.note(ID, "  looks like the pool ", ALICE);
    await verbs.assign(ID, "bob", ALICE);
    await verbs.snooze(ID, OPENED_AT_MS + HOUR, BOB);
    await verbs.snooze(ID, null, BOB);
    await verbs.judge(ID, "real", BOB);
    const outcome = await verbs.resolve(ID, ALICE);
    expect(outcome).toMatchObject({
      kind: "done",
      alert: {
        assignee: "bob",
        notes: [{ by: "alice", text: "looks like the pool" }],
        snoozedUntilMs: null,
        verdict: { verdict: "real", by: "bob" },
        status: "resolved",
      },
    });
    const events = await verbs.events(ID);
    if (events === "unavailable") throw new Error("unavailable");
    expect(events.map(({ type, actor }) => `${type} ${actor.name}`)).toEqual([
      "opened Tocsin",
      "noted alice",
      "assigned alice",
      "snoozed bob",
      "woken bob",
      "judged bob",
      "resolved alice",
    ]);
  });

  test("is told in the thread and pings nobody", async () => {
    const made = await office();
    const { verbs } = made;
    await verbs.note(ID, "pool", ALICE);
    await verbs.assign(ID, "bob", ALICE);
    expect(made.take()).toEqual(["update", "reply alice: pool", "update", "reply Assigned to bob by alice."]);
  });

  test("a second word of the same kind hears who was first, and when", async () => {
    const { verbs, clock } = await office();
    await verbs.judge(ID, "real", ALICE);
    await clock.advance(2 * 60_000);
    expect(await verbs.judge(ID, "real", BOB)).toMatchObject({
      kind: "refused",
      message: `${ID} was already marked real by alice 2 m ago.`,
      won: { by: "alice", atMs: OPENED_AT_MS },
    });
  });

  test("what people think of the analysis is kept, one word each, and counts in later confidence and the digest", async () => {
    const made = await office();
    const { verbs } = made;
    await verbs.rate(ID, "wrong", ALICE);
    await verbs.rate(ID, "helpful", ALICE);
    await verbs.rate(ID, "wrong", BOB);
    expect(await verbs.rate(ID, "wrong", BOB)).toMatchObject({ kind: "refused" });
    expect(outcomeOf(await made.stored(ID))).toBe("unknown");
    await verbs.rate(ID, "wrong", { kind: "slack", id: "U03", name: "carol" });
    expect(outcomeOf(await made.stored(ID))).toBe("refuted");
    expect(made.take().filter((told) => told.startsWith("reply"))).toContain(
      "reply bob finds the analysis wrong.",
    );
    const { rootCause, impact, recommendedActions, confidence } = await made.stored(ID);
    const findings = { rootCause, impact, recommendedActions, confidence };
    const analysis = { status: "done", by: "claude", model: "m", reason: null } as const;
    await made.desk.apply(ID, [{ type: "analysed", analysis, findings }]);
    const again = await made.stored(ID);
    expect(again.feedback.map(({ by, rating, outdated }) => [by, rating, outdated])).toEqual([
      ["alice", "helpful", true],
      ["bob", "wrong", true],
      ["carol", "wrong", true],
    ]);
    expect(outcomeOf(again)).toBe("unknown");
    await verbs.rate(ID, "helpful", BOB);
    expect(outcomeOf(await made.stored(ID))).toBe("confirmed");
    const digest = await verbs.digest(0, made.clock.now() + 1);
    expect(digest).toMatchObject({ analyses: { helpful: 2, wrong: 2, hints: 0 } });
  });

  test("a hint is stored with the analysis that it asks for, or not at all", async () => {
    const made = await office();
    const { rootCause, impact, recommendedActions, confidence } = await made.stored(ID);
    const findings = { rootCause, impact, recommendedActions, confidence };
    const analysis = { status: "done", by: "claude", model: "m", reason: null } as const;
    await made.desk.apply(ID, [{ type: "analysed", analysis, findings }]);
    made.take();
    expect(await made.verbs.analyze(ID, ALICE, "the deploy")).toMatchObject({
      kind: "done",
      alert: { hints: 1, notes: [{ by: "alice", text: "the deploy" }], analysis: { status: "pending" } },
    });
    expect(made.take()).toEqual(["update", "reply alice, as a hint: the deploy", "analyse"]);
    expect(await made.verbs.analyze(ID, BOB, "the cache")).toMatchObject({ kind: "refused" });
    expect(await made.stored(ID)).toMatchObject({ hints: 1, notes: [{ text: "the deploy" }] });
  });

  test("an alert that was resolved can be opened again, unless another runs beside it", async () => {
    const made = await office();
    await made.verbs.resolve(ID, ALICE);
    expect(await made.verbs.reopen(ID, BOB)).toMatchObject({ kind: "done", alert: { status: "open" } });
    await made.verbs.resolve(ID, ALICE);
    await made.open({ id: OTHER });
    expect(await made.verbs.reopen(ID, BOB)).toMatchObject({
      kind: "refused",
      message: `${OTHER} runs in production: merge them instead.`,
    });
  });

  test("of two that are merged one goes on with the findings of both; the other says where", async () => {
    const made = await office();
    const anomalies = [sampleAnomaly({ category: "volume_spike", service: "cart" })];
    await made.open({ id: OTHER, anomalies });
    made.take();
    expect(await made.verbs.merge(OTHER, ID, ALICE)).toMatchObject({
      kind: "done",
      alert: { id: ID, merged: [OTHER], anomalies: [{ category: "error_spike" }, { service: "cart" }] },
    });
    expect(await made.stored(OTHER)).toMatchObject({ status: "resolved", mergedInto: ID });
    expect(made.take().filter((told) => told.startsWith("reply!"))).toEqual([]);
    expect(await made.verbs.merge(OTHER, ID, BOB)).toMatchObject({ kind: "refused" });
    expect(await made.verbs.reopen(OTHER, BOB)).toMatchObject({ message: `${OTHER} is a part of ${ID}.` });
  });

  test("a merge is one write: where the other alert was changed elsewhere it is decided again, on both", async () => {
    const made = await office();
    await made.open({ id: OTHER });
    const elsewhere = new LifeOffice(made.repository);
    await elsewhere.verbs.note(ID, "by hand", BOB);
    expect(await made.verbs.merge(OTHER, ID, ALICE)).toMatchObject({ kind: "done", alert: { version: 3 } });
    expect(await made.stored(ID)).toMatchObject({ merged: [OTHER], notes: [{ text: "by hand" }] });
    expect(await made.stored(OTHER)).toMatchObject({ mergedInto: ID, status: "resolved", version: 3 });
    await elsewhere.verbs.resolve(ID, BOB);
    await made.open({ id: "anom_20240115_103047" });
    const late = await made.verbs.merge("anom_20240115_103047", ID, ALICE);
    expect(late).toMatchObject({ kind: "refused", won: { by: "bob" } });
    expect(await made.stored("anom_20240115_103047")).toMatchObject({ status: "open", mergedInto: null });
    expect(await made.desk.get("anom_20240115_103047")).toMatchObject({ status: "open", version: 1 });
  });

  test("while the database is away a merge is kept whole, and done when it is back", async () => {
    const flaky = new FlakyAlerts();
    const made = new LifeOffice(flaky);
    await made.open();
    await made.open({ id: OTHER });
    flaky.state = "away";
    const asked = made.verbs.merge(OTHER, ID, ALICE);
    await made.clock.advance(6_000);
    expect(await asked).toMatchObject({ kind: "unavailable" });
    for (const id of [ID, OTHER]) expect(await flaky.stored.get(id)).toMatchObject({ version: 1 });
    flaky.state = "up";
    await made.clock.advance(2_000);
    await made.desk.settled();
    expect(flaky.written.at(-1)).toBe(`${ID} absorbed & ${OTHER} merged_into+resolved`);
    expect(await made.stored(OTHER)).toMatchObject({ mergedInto: ID });
  });

  test("a merge that an earlier version stopped half-way is finished by asking again", async () => {
    const made = await office();
    await made.open({ id: OTHER });
    await made.desk.apply(ID, [{ type: "absorbed", source: OTHER, anomalies: [] }]);
    expect(await made.verbs.merge(OTHER, ID, ALICE)).toMatchObject({ kind: "done" });
    expect(await made.stored(OTHER)).toMatchObject({ mergedInto: ID });
  });

  test.for([
    ["itself", ID, ID],
    ["nothing that is known", "anom_x", ID],
    ["into nothing that is known", ID, "anom_x"],
  ])("merging %s does nothing", async ([, from = "", to = ""]) => {
    const made = await office();
    const outcome = await made.verbs.merge(from, to, ALICE);
    expect(["refused", "not_found"]).toContain(outcome.kind);
    expect(await made.stored(ID)).toMatchObject({ status: "open", merged: [] });
  });

  test("an id is found by a prefix that is its own, with or without anom_", async () => {
    const made = await office();
    await made.open({ id: OTHER });
    expect(await made.verbs.match("20240115_103046")).toMatchObject({ kind: "one", alert: { id: OTHER } });
    expect(await made.verbs.match(ID)).toMatchObject({ kind: "one", alert: { id: ID } });
    const many = await made.verbs.match("anom_2024");
    expect(many.kind === "many" && many.ids.toSorted()).toEqual([ID, OTHER]);
    expect(await made.verbs.match("2025")).toEqual({ kind: "not_found" });
    expect(await made.verbs.match("%")).toEqual({ kind: "not_found" });
  });

  test("a hostile text is refused by its length, not stored", async () => {
    const { verbs } = await office();
    expect(await verbs.note(ID, "x".repeat(2_001), ALICE)).toMatchObject({ kind: "refused" });
    expect(await verbs.note(ID, "   ", ALICE)).toMatchObject({ kind: "refused" });
    expect(await verbs.assign(ID, "y".repeat(101), ALICE)).toMatchObject({ kind: "refused" });
  });
});

describe("by the passing of time", () => {
  test("a critical that nobody acknowledges is told again, loudly, until somebody does", async () => {
    const made = new LifeOffice();
    await made.open({ severity: "critical" });
    made.take();
    await made.later(15 * 60_000 - 1);
    expect(made.take()).toEqual([]);
    await made.later(1);
    expect(made.take()).toEqual(["update", "reply! Nobody has acknowledged this yet."]);
    await made.later(15 * 60_000);
    expect(made.take()).toContain("reply! Nobody has acknowledged this yet.");
    await made.verbs.acknowledge(ID, ALICE);
    made.take();
    await made.later(60 * 60_000);
    expect(made.take()).toEqual([]);
  });

  test("reminders end at some time, and are not for lesser alerts or snoozed ones", async () => {
    const made = new LifeOffice();
    await made.open({ severity: "critical" });
    await made.open({ id: OTHER, severity: "high", environment: "staging" });
    made.take();
    for (let turn = 0; turn < 20; turn++) await made.later(15 * 60_000);
    expect(made.take().filter((told) => told.startsWith("reply!"))).toHaveLength(12);
    const quiet = new LifeOffice();
    await quiet.open({ severity: "critical" });
    await quiet.verbs.snooze(ID, OPENED_AT_MS + HOUR, ALICE);
    quiet.take();
    await quiet.later(HOUR - 1);
    expect(quiet.take()).toEqual([]);
    await quiet.later(1);
    expect(quiet.take()).toEqual(["update", "reply The snooze is over."]);
  });
});

describe("two people at the same moment", () => {
  test("acknowledge and resolve, 1,000 times: one truth, and nobody sees an error", async () => {
    const seen = await races(1_000, () => new FlakyAlerts());
    expect(seen).toEqual(new Set([ACKNOWLEDGED_FIRST, RESOLVED_FIRST]));
  });
});
