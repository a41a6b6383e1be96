import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { Alert } from "../src/alert/alert.ts";
import { claimsFor } from "../src/alert/decide.ts";
import type { Actor, AlertChange } from "../src/alert/event.ts";
import type { Claim, NewDelivery } from "../src/alert/repository.ts";
import { AlertDesk, type DeskOptions } from "../src/desk.ts";
import { Away, FlakyAlerts } from "./support/flaky-alerts.ts";
import { ALICE, OPENED_AT_MS, sampleAlert, sampleAnomaly } from "./support/sample-alert.ts";
import { settle, TestClock } from "./support/test-clock.ts";

const BOB: Actor = { kind: "api", id: "bob", name: "bob" };
const ID = "anom_20240115_103045";
const COOLDOWN_MS = 900_000;

const VOLUME = sampleAnomaly({ category: "volume_spike", service: null, description: "volume" });
const ADD_VOLUME: AlertChange = { type: "anomaly_added", anomaly: VOLUME };

/** As the watch hands it over: before its first event. */
function fresh(change: Partial<Alert> = {}): Alert {
  return sampleAlert({
    version: 0,
    analysis: { status: "done", by: "statistics", model: null, reason: "no_key" },
    ...change,
  });
}

function claims(alertId = ID, nowMs = OPENED_AT_MS): Claim[] {
  return claimsFor(alertId, [sampleAnomaly()], { cooldownMs: COOLDOWN_MS, scope: "service" }, nowMs);
}

class Office {
  readonly clock = new TestClock(OPENED_AT_MS);
  readonly repository: FlakyAlerts;
  readonly deliveries: NewDelivery["kind"][] = [];
  readonly desk: AlertDesk;

  constructor(repository = new FlakyAlerts()) {
    this.repository = repository;
    const options: DeskOptions = {
      repository,
      clock: this.clock,
      log: pino({ enabled: false }),
      backoffMs: () => 1_000,
      isUnavailable: (error) => error instanceof Away,
      committed: ({ deliveries }) => void this.deliveries.push(...deliveries.map(({ kind }) => kind)),
      deliveriesFor: (before) => [{ kind: before === null ? "post" : "update" }],
    };
    this.desk = new AlertDesk(options);
  }

  /** With one alert open and stored. */
  static async withAlert(change: Partial<Alert> = {}): Promise<Office> {
    const office = new Office();
    office.desk.open(fresh(change), claims(), OPENED_AT_MS);
    await office.desk.settled();
    return office;
  }

  /** The answer, or how long it has been waited for. */
  async within<T>(ms: number, answer: Promise<T>): Promise<T | "still waiting"> {
    await this.clock.advance(ms);
    return Promise.race([answer, settle().then((): "still waiting" => "still waiting")]);
  }
}

describe("a tick's decision", () => {
  test("is known at once and stored with its claims and what people have to be told", async () => {
    const { desk, repository, deliveries } = new Office();
    desk.open(fresh(), claims(), OPENED_AT_MS);
    expect(desk.running("production")).toMatchObject({ id: ID, version: 1, status: "open" });
    expect(desk.taken(ID)).toBe(true);
    const [claim] = claims();
    expect(desk.claim(claim?.key ?? "")).toEqual(claim);
    await desk.settled();
    expect(await repository.get(ID)).toEqual(desk.alert(ID));
    expect(await repository.claims(OPENED_AT_MS)).toEqual(claims());
    expect(deliveries).toEqual(["post"]);
  });

  test("follows on what was decided before, stored or not", async () => {
    const { desk, repository } = new Office();
    desk.open(fresh(), claims(), OPENED_AT_MS);
    desk.change(ID, [ADD_VOLUME], [], OPENED_AT_MS + 1);
    desk.change(ID, [{ type: "resolved", resolution: "back to normal" }], [], OPENED_AT_MS + 2);
    expect(desk.alert(ID)).toMatchObject({ version: 3, status: "resolved" });
    expect(desk.running("production")).toBeUndefined();
    await desk.settled();
    expect(repository.written).toEqual([`${ID} opened`, `${ID} anomaly_added`, `${ID} resolved`]);
    expect((await repository.events(ID)).map(({ atMs }) => atMs - OPENED_AT_MS)).toEqual([0, 1, 2]);
  });

  test("about an alert that is unknown does nothing", async () => {
    const { desk, repository } = new Office();
    desk.change("anom_20000101_000000", [ADD_VOLUME], [], OPENED_AT_MS);
    await desk.settled();
    expect(repository.written).toEqual([]);
  });

  test("keeps environments apart", () => {
    const { desk } = new Office();
    desk.open(fresh(), claims(), OPENED_AT_MS);
    expect(desk.running("staging")).toBeUndefined();
  });

  test("a resolved alert is forgotten once its cooldown is over, but can still be asked for", async () => {
    const { desk } = await Office.withAlert();
    desk.change(ID, [{ type: "resolved", resolution: "back to normal" }], [], OPENED_AT_MS + 1);
    const later = OPENED_AT_MS + COOLDOWN_MS;
    const next = "anom_20240115_104545";
    desk.open(fresh({ id: next }), claims(next, later), later);
    await desk.settled();
    expect(desk.alert(ID)).toBeUndefined();
    expect(await desk.get(ID)).toMatchObject({ id: ID, status: "resolved" });
  });
});

describe("while the database is away", () => {
  test("decisions wait in order and are stored and told afterwards", async () => {
    const { desk, repository, clock, deliveries } = new Office();
    repository.state = "away";
    desk.open(fresh(), claims(), OPENED_AT_MS);
    desk.change(ID, [ADD_VOLUME], [], OPENED_AT_MS + 1);
    await clock.advance(60_000);
    expect(desk.running("production")?.anomalies).toHaveLength(2);
    expect(desk.backlog()).toEqual({ count: 2, failing: true });
    expect(deliveries).toEqual([]);
    repository.state = "up";
    await clock.advance(1_000);
    await desk.settled();
    expect(repository.written).toEqual([`${ID} opened`, `${ID} anomaly_added`]);
    expect(deliveries).toEqual(["post", "update"]);
  });

  test.for(["away", "hanging"] as const)("(%s) people get their answer within 5 seconds", async (state) => {
    const office = await Office.withAlert();
    const { desk, repository } = office;
    repository.state = state;
    for (const ask of [
      () => desk.acknowledge(ID, ALICE),
      () => desk.resolve(ID, ALICE),
      () => desk.analyze(ID, ALICE),
      () => desk.resolve("anom_20230101_000000", ALICE),
    ]) {
      expect(await office.within(5_000, ask())).toMatchObject({ kind: "unavailable" });
    }
    expect(await office.within(5_000, desk.recent({ limit: 10 }))).toBe("unavailable");
    expect(await office.within(5_000, desk.events(ID))).toBe("unavailable");
    expect(await office.within(5_000, desk.get("anom_20230101_000000"))).toBe("unavailable");
  });

  test("a person's answer is waited for, not given at once", async () => {
    const office = await Office.withAlert();
    office.repository.state = "away";
    const answer = office.desk.acknowledge(ID, ALICE);
    expect(await office.within(4_999, answer)).toBe("still waiting");
    expect(await office.within(1, answer)).toMatchObject({ kind: "unavailable" });
  });

  test("what runs can still be read", async () => {
    const { desk, repository } = await Office.withAlert();
    repository.state = "away";
    expect(await desk.get(ID)).toMatchObject({ id: ID });
  });
});

describe("what people ask for", () => {
  test("is done when it is stored, with who and when", async () => {
    const { desk, repository } = await Office.withAlert();
    expect(await desk.acknowledge(ID, ALICE)).toMatchObject({
      kind: "done",
      alert: { status: "acknowledged", acknowledgedBy: "alice", version: 2 },
    });
    expect(await desk.resolve(ID, BOB)).toMatchObject({
      kind: "done",
      alert: { status: "resolved", resolvedBy: "bob", version: 3 },
    });
    expect(await repository.get(ID)).toMatchObject({ version: 3, acknowledgedBy: "alice" });
    expect((await desk.events(ID)) as unknown).toMatchObject([
      { type: "opened", actor: { kind: "system" } },
      { type: "acknowledged", actor: ALICE },
      { type: "resolved", actor: BOB },
    ]);
  });

  test("is refused with a sentence and the alert as it stands", async () => {
    const { desk } = await Office.withAlert();
    await desk.acknowledge(ID, ALICE);
    expect(await desk.acknowledge(ID, BOB)).toMatchObject({
      kind: "refused",
      message: `${ID} was already acknowledged by alice 0 s ago.`,
      alert: { acknowledgedBy: "alice" },
    });
    await desk.analyze(ID, ALICE);
    expect(await desk.analyze(ID, BOB)).toMatchObject({
      kind: "refused",
      message: `An analysis of ${ID} is already running.`,
    });
    await desk.resolve(ID, ALICE);
    expect(await desk.resolve(ID, BOB)).toMatchObject({
      kind: "refused",
      message: `${ID} was already resolved by alice 0 s ago.`,
    });
  });

  test("at the same moment is done for the first; the second hears who was first", async () => {
    const { desk, repository } = await Office.withAlert();
    const [first, second] = await Promise.all([desk.acknowledge(ID, ALICE), desk.acknowledge(ID, BOB)]);
    expect(first.kind).toBe("done");
    expect(second).toMatchObject({
      kind: "refused",
      message: `${ID} was already acknowledged by alice 0 s ago.`,
    });
    expect(await repository.get(ID)).toMatchObject({ acknowledgedBy: "alice", version: 2 });
  });

  test("of an alert nobody knows is not found", async () => {
    const { desk } = new Office();
    expect(await desk.acknowledge("anom_20000101_000000", ALICE)).toEqual({ kind: "not_found" });
    expect(await desk.get("anom_20000101_000000")).toBeNull();
    expect(await desk.events("anom_20000101_000000")).toEqual([]);
  });

  test("works on alerts that were resolved long ago", async () => {
    const { repository } = await Office.withAlert({ status: "resolved", resolvedAtMs: OPENED_AT_MS });
    const { desk } = new Office(repository);
    expect(await desk.analyze(ID, ALICE)).toMatchObject({
      kind: "done",
      alert: { analysis: { status: "pending" } },
    });
  });

  test("an analyst's answer is one more change, in the name of the system", async () => {
    const { desk } = await Office.withAlert();
    const findings = { rootCause: "pool", impact: null, recommendedActions: [], confidence: 0.9 };
    const analysis = { status: "done", by: "claude", model: "m", reason: null } as const;
    const outcome = await desk.apply(ID, [{ type: "analysed", analysis, findings }]);
    expect(outcome).toMatchObject({ kind: "done", alert: { rootCause: "pool", analysis, version: 2 } });
  });
});

describe("an id that an earlier process has taken", () => {
  test("becomes _2, with the claims and everything that waits behind it", async () => {
    const office = new Office();
    const { desk, repository, clock } = office;
    const other = new Office(repository);
    const sameSecond = { environment: "staging", detectedAtMs: OPENED_AT_MS + 300 };
    other.desk.open(fresh(sameSecond), [], OPENED_AT_MS + 300);
    await other.desk.settled();
    repository.state = "away";
    desk.open(fresh(), claims(), OPENED_AT_MS);
    desk.change(ID, [ADD_VOLUME], [], OPENED_AT_MS + 1);
    const acknowledged = desk.acknowledge(ID, ALICE);
    await settle();
    repository.state = "up";
    await clock.advance(1_000);
    await desk.settled();
    expect(repository.written.slice(1)).toEqual([
      `${ID}_2 opened`,
      `${ID}_2 anomaly_added`,
      `${ID}_2 acknowledged`,
    ]);
    expect(await acknowledged).toMatchObject({ kind: "done", alert: { status: "acknowledged" } });
    expect(desk.running("production")).toMatchObject({ id: `${ID}_2`, version: 3 });
    expect(desk.alert(ID)).toBeUndefined();
    expect(desk.claim(claims()[0]?.key ?? "")?.alertId).toBe(`${ID}_2`);
    expect((await repository.claims(OPENED_AT_MS)).map(({ alertId }) => alertId)).toEqual([`${ID}_2`]);
    expect(await repository.get(ID)).toMatchObject({ environment: "staging", version: 1 });
    const [opened] = await repository.events(`${ID}_2`);
    expect(opened).toMatchObject({ type: "opened", alert: { id: `${ID}_2` } });
  });
});

describe("what another process has written first", () => {
  test("wins over a change, and what was built on the old state is dropped", async () => {
    const { desk, repository } = await Office.withAlert();
    const other = new Office(repository);
    await other.desk.start();
    await other.desk.acknowledge(ID, BOB);
    const answer = desk.acknowledge(ID, ALICE);
    desk.change(ID, [ADD_VOLUME], [], OPENED_AT_MS + 1);
    expect(await answer).toMatchObject({
      kind: "refused",
      message: `${ID} was already acknowledged by bob 0 s ago.`,
      alert: { acknowledgedBy: "bob" },
      won: { by: "bob" },
    });
    await desk.settled();
    expect(desk.alert(ID)).toEqual(await repository.get(ID));
    expect(desk.alert(ID)).toMatchObject({ acknowledgedBy: "bob", version: 2 });
    expect(await desk.resolve(ID, ALICE)).toMatchObject({ kind: "done", alert: { version: 3 } });
  });

  test("wins over an opening whose category it has claimed: its alert is the one that runs", async () => {
    const { desk, repository } = new Office();
    const other = new Office(repository);
    other.desk.open(fresh({ id: "anom_20240115_103040" }), claims("anom_20240115_103040"), OPENED_AT_MS);
    await other.desk.settled();
    desk.open(fresh(), claims(), OPENED_AT_MS);
    desk.change(ID, [ADD_VOLUME], [], OPENED_AT_MS + 1);
    await desk.settled();
    expect(repository.written).toEqual(["anom_20240115_103040 opened"]);
    expect(desk.alert(ID)).toBeUndefined();
    expect(desk.running("production")?.id).toBe("anom_20240115_103040");
    expect(desk.claim(claims()[0]?.key ?? "")?.alertId).toBe("anom_20240115_103040");
  });

  test("wins over a later finding's claim without losing the alert that it was meant for", async () => {
    const { desk, repository } = await Office.withAlert();
    const other = new Office(repository);
    const volume = claimsFor("other", [VOLUME], { cooldownMs: COOLDOWN_MS, scope: "service" }, OPENED_AT_MS);
    other.desk.open(fresh({ id: "other", status: "resolved" }), volume, OPENED_AT_MS);
    await other.desk.settled();
    const mine = volume.map((claim) => ({ ...claim, alertId: ID }));
    desk.change(ID, [ADD_VOLUME], mine, OPENED_AT_MS + 1);
    await desk.settled();
    expect(desk.running("production")).toMatchObject({ id: ID, version: 1 });
  });
});

describe("a start", () => {
  test("takes up what runs and what still cools down, and nothing else", async () => {
    const before = await Office.withAlert();
    before.desk.change(ID, [{ type: "resolved", resolution: "back to normal" }], [], OPENED_AT_MS + 1);
    before.desk.open(fresh({ id: "running", environment: "staging" }), [], OPENED_AT_MS);
    before.desk.open(fresh({ id: "over", status: "resolved", environment: "qa" }), [], OPENED_AT_MS);
    await before.desk.settled();
    const { desk } = new Office(before.repository);
    await desk.start();
    expect(desk.running("production")).toBeUndefined();
    expect(desk.running("staging")?.id).toBe("running");
    expect(desk.alert(ID)).toMatchObject({ status: "resolved" });
    expect(desk.claim(claims()[0]?.key ?? "")?.alertId).toBe(ID);
    expect(desk.alert("over")).toBeUndefined();
  });

  test("without a database says so", async () => {
    const { desk, repository } = new Office();
    repository.state = "away";
    await expect(desk.start()).rejects.toThrow(Away);
  });
});
