import { describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import { receiptSentence, type MuteRequest, type MuteTarget } from "../../src/alert/mute.ts";
import { summaryOf } from "../../src/alert/summary.ts";
import { coveredDays } from "../../src/desk/mutes.ts";
import { LifeOffice } from "../support/life-office.ts";
import { ALICE, OPENED_AT_MS, sampleAlert, sampleAnomaly, sampleEvidence } from "../support/sample-alert.ts";
import { opening } from "../support/store-samples.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function target(kind: MuteTarget["kind"], value: string): MuteTarget {
  return { kind, value, environment: null };
}

function request(about: MuteTarget, untilMs: number, startsAtMs: number | null = null): MuteRequest {
  return { target: about, untilMs, startsAtMs, reason: null };
}

/** An alert about one service alone, opened and resolved. */
async function past(office: LifeOffice, id: string, change: Partial<Alert> = {}): Promise<void> {
  await office.open({ id, ...change });
  await office.verbs.resolve(id, ALICE);
}

async function muteService(office: LifeOffice, forMs = HOUR): Promise<string> {
  const about = target("service", "payment-api");
  const outcome = await office.verbs.mute(request(about, office.clock.now() + forMs), ALICE);
  if (outcome.kind !== "done") throw new Error(outcome.kind);
  await office.desk.settled();
  return outcome.mute.id;
}

describe("a receipt", () => {
  test("counts what a mute would have hidden in 30 days, and which of it was real", async () => {
    const office = new LifeOffice();
    await past(office, "anom_1");
    await office.clock.advance(2 * DAY);
    await past(office, "anom_2");
    await past(office, "anom_3", { anomalies: [sampleAnomaly({ service: "cart" })] });
    await office.verbs.judge("anom_2", "real", ALICE);
    const preview = await office.verbs.previewMute(target("service", "payment-api"));
    expect(preview).toMatchObject({
      kind: "receipt",
      receipt: { days: 30, alerts: 2, markedReal: 1, examples: ["anom_2", "anom_1"] },
    });
    if (preview.kind !== "receipt") throw new Error("no receipt");
    expect(receiptSentence(preview.receipt)).toBe(
      "Would have hidden 2 alerts of the last 30 days, 1 of which you marked real.",
    );
    await office.clock.advance(29 * DAY);
    expect(await office.verbs.previewMute(target("service", "payment-api"))).toMatchObject({
      receipt: { alerts: 1 },
    });
    expect(await office.verbs.mutes()).toEqual([]);
  });

  test.for<[string, MuteTarget, Partial<Alert>, boolean]>([
    ["a category, which all findings have", target("category", "error_spike"), {}, true],
    [
      "a category, which one of two findings has",
      target("category", "error_spike"),
      { anomalies: [sampleAnomaly(), sampleAnomaly({ category: "volume_spike" })] },
      false,
    ],
    [
      "a service that one of two affected is",
      target("service", "cart"),
      {
        anomalies: [sampleAnomaly({ service: null, affectedServices: ["cart", "web"] })],
      },
      false,
    ],
    [
      "a service that alone is affected",
      target("service", "cart"),
      {
        anomalies: [sampleAnomaly({ service: null, affectedServices: ["cart"] })],
      },
      true,
    ],
    ["the pattern of all evidence", target("pattern", "Connection to <*> refused"), {}, true],
    [
      "a pattern that stands among others: unrelated errors must not hide beneath it",
      target("pattern", "Connection to <*> refused"),
      { evidence: [sampleEvidence(), sampleEvidence({ id: "E2", template: "disk full" })] },
      false,
    ],
    ["the alert itself", target("alert", "anom_1"), {}, true],
    ["another environment", { ...target("service", "payment-api"), environment: "staging" }, {}, false],
  ])("%s", async ([, about, change, covered]) => {
    const office = new LifeOffice();
    await past(office, "anom_1", change);
    const preview = await office.verbs.previewMute(about);
    expect(preview).toMatchObject({ kind: "receipt", receipt: { alerts: covered ? 1 : 0 } });
  });
});

describe("a mute", () => {
  test("hides what opens while it runs: stored, in the ledger, told to nobody, and nothing spent on it", async () => {
    const office = new LifeOffice();
    const mute = await muteService(office);
    const alert = await office.open();
    expect(alert).toMatchObject({ mutedBy: mute, mutedUntilMs: OPENED_AT_MS + HOUR, told: false });
    expect(alert.analysis).toMatchObject({ status: "skipped", by: "statistics", reason: "muted" });
    expect(office.take()).toEqual([]);
    await office.verbs.resolve(alert.id, ALICE);
    expect(office.take()).toEqual([]);
    await office.rounds.run();
    expect(await office.verbs.mutes()).toMatchObject([{ id: mute, hidden: 1 }]);
    const why = await office.verbs.why({
      service: "payment-api",
      fromMs: 0,
      toMs: office.clock.now(),
      limit: 9,
    });
    expect(why).toMatchObject([
      { gate: "mute", alertId: alert.id, reason: expect.stringContaining(mute) as string },
    ]);
  });

  test("expires: what still runs is told then, once, with the reason", async () => {
    const office = new LifeOffice();
    const mute = await muteService(office);
    const alert = await office.open();
    office.take();
    await office.later(HOUR);
    expect(office.take()).toEqual(["post", `reply The mute ${mute} is over.`, "evidence", "analyse"]);
    expect(await office.stored(alert.id)).toMatchObject({
      mutedBy: null,
      told: true,
      analysis: { status: "pending", reason: null },
    });
    expect(await office.muteRepository.get(mute)).toMatchObject({ ended: { reason: "expired" } });
    await office.later(HOUR);
    expect(office.take().filter((told) => told === "post")).toEqual([]);
  });

  test("of what was told already keeps it from pinging, and its message says so", async () => {
    const office = new LifeOffice();
    const alert = await office.open();
    office.take();
    await muteService(office);
    expect(office.take()).toEqual(["update", "reply Muted until 2024-01-15T11:30:45Z."]);
    const anomaly = sampleAnomaly({ category: "volume_spike", severity: "high" });
    office.desk.change(alert.id, [{ type: "anomaly_added", anomaly }], [], office.clock.now());
    await office.desk.settled();
    expect(office.take()).toEqual(["update", `reply Also: ${anomaly.description}`]);
  });

  test("a finding that it does not cover wakes the alert, not the mute", async () => {
    const office = new LifeOffice();
    const mute = await muteService(office);
    const alert = await office.open();
    office.take();
    const anomaly = sampleAnomaly({ service: "cart", affectedServices: ["cart"] });
    office.desk.change(alert.id, [{ type: "anomaly_added", anomaly }], [], office.clock.now());
    await office.desk.settled();
    expect(office.take()).toEqual([
      "post",
      `reply This is about more than the mute ${mute} of service payment-api.`,
      "evidence",
      "analyse",
    ]);
    expect(await office.verbs.mutes()).toHaveLength(1);
  });

  test.for<[string, Partial<Alert>]>([
    ["graver", { severity: "critical", anomalies: [sampleAnomaly({ severity: "critical" })] }],
    ["twice as bad", { anomalies: [sampleAnomaly({ observed: 0.3 })] }],
  ])("wakes early when it becomes %s than what was accepted", async ([, change]) => {
    const office = new LifeOffice();
    await past(office, "anom_1");
    const mute = await muteService(office, DAY);
    office.take();
    await office.open({ id: "anom_2" });
    expect(office.take()).toEqual([]);
    await office.verbs.resolve("anom_2", ALICE);
    await office.open({ id: "anom_3", ...change });
    expect(office.take()).toEqual([
      "post",
      expect.stringMatching(new RegExp(`^reply The mute ${mute} of service payment-api has ended early: `)),
      "evidence",
      "analyse",
    ]);
    expect(await office.verbs.mutes()).toEqual([]);
    await office.rounds.run();
    expect(await office.muteRepository.get(mute)).toMatchObject({ hidden: 1, ended: { by: "Tocsin" } });
  });

  test("wakes early when more comes than was accepted", async () => {
    const office = new LifeOffice();
    await muteService(office, DAY);
    for (let n = 1; n <= 6; n++) await past(office, `anom_${n}`);
    expect(office.take().filter((told) => told === "post")).toEqual(["post"]);
  });

  test("with a start is a maintenance window: quiet from then on, whatever comes", async () => {
    const office = new LifeOffice();
    const about = target("service", "payment-api");
    const window = request(about, OPENED_AT_MS + 3 * HOUR, OPENED_AT_MS + HOUR);
    expect(await office.verbs.mute(window, ALICE)).toMatchObject({
      mute: { kind: "maintenance", accepted: null },
    });
    await past(office, "anom_1");
    expect(office.take()).toContain("post");
    await office.later(HOUR);
    const critical = { severity: "critical", anomalies: [sampleAnomaly({ severity: "critical" })] } as const;
    await past(office, "anom_2", critical);
    expect(office.take()).not.toContain("post");
    await office.later(2 * HOUR);
    await office.open({ id: "anom_3" });
    expect(office.take()).toContain("post");
  });

  test("is ended by hand once; who comes second hears who was first", async () => {
    const office = new LifeOffice();
    const mute = await muteService(office);
    expect(await office.verbs.unmute(mute, ALICE)).toMatchObject({ kind: "done" });
    expect(await office.verbs.unmute(mute, { ...ALICE, name: "bob" })).toMatchObject({
      kind: "refused",
      won: { by: "alice" },
    });
    expect(await office.verbs.unmute("m99", ALICE)).toEqual({ kind: "not_found" });
  });

  test("outlives the process, with what it has hidden", async () => {
    const office = new LifeOffice();
    const mute = await muteService(office);
    await past(office, "anom_1");
    await office.rounds.run();
    const next = new LifeOffice(office.repository, office.muteRepository);
    await next.mutes.start();
    expect(await next.verbs.mutes()).toMatchObject([{ id: mute, hidden: 1 }]);
    expect(await next.open({ id: "anom_2" })).toMatchObject({ told: false });
  });

  test.for<[string, MuteRequest]>([
    ["ends in the past", request(target("service", "x"), OPENED_AT_MS)],
    ["ends before it starts", request(target("service", "x"), OPENED_AT_MS + 5, OPENED_AT_MS + 6)],
    ["never ends", request(target("service", "x"), OPENED_AT_MS + 366 * DAY)],
    ["names nothing", request(target("service", " "), OPENED_AT_MS + 5)],
  ])("that %s is refused with a sentence", async ([, asked]) => {
    expect(await new LifeOffice().verbs.mute(asked, ALICE)).toMatchObject({ kind: "refused" });
  });
});

describe("noise", () => {
  test("proposes one change with its before and after, and changes nothing until somebody approves", async () => {
    const office = new LifeOffice();
    await past(office, "anom_1");
    await past(office, "anom_2");
    await past(office, "anom_3", { anomalies: [sampleAnomaly({ service: "cart" })], evidence: [] });
    await office.verbs.judge("anom_1", "real", ALICE);
    const outcome = await office.verbs.judge("anom_2", "noise", ALICE);
    if (outcome.kind !== "done" || outcome.proposal === null) throw new Error("no proposal");
    const { proposal } = outcome;
    expect(proposal).toMatchObject({
      id: "p1",
      change: { kind: "known_pattern", target: { kind: "pattern", value: "Connection to <*> refused" } },
      replay: {
        before: { alerts: 3, markedReal: 1, markedNoise: 1 },
        after: { alerts: 1, markedReal: 0, markedNoise: 0 },
      },
      status: "proposed",
    });
    expect(await office.verbs.mutes()).toEqual([]);
    office.take();
    await past(office, "anom_4");
    expect(office.take()).toContain("post");
    expect(await office.verbs.approve("p1", ALICE)).toMatchObject({
      kind: "done",
      mute: { kind: "known", untilMs: null },
    });
    await past(office, "anom_5");
    expect(office.take().filter((told) => told === "post")).toEqual([]);
    expect(await office.verbs.approve("p1", ALICE)).toMatchObject({ kind: "refused", won: { by: "alice" } });
    expect(await office.verbs.proposals()).toEqual([]);
  });

  test("is proposed once while nobody has decided, and a rejection makes no mute", async () => {
    const office = new LifeOffice();
    await past(office, "anom_1");
    await past(office, "anom_2");
    await office.verbs.judge("anom_1", "noise", ALICE);
    expect(await office.verbs.judge("anom_2", "noise", ALICE)).toMatchObject({ proposal: { id: "p1" } });
    expect(await office.verbs.reject("p1", ALICE)).toMatchObject({ kind: "done", mute: null });
    expect(await office.verbs.mutes()).toEqual([]);
  });
});

test("a digest has the day's counts, the noisy, the muted and the time to acknowledge", async () => {
  const office = new LifeOffice();
  await office.open({ id: "anom_1" });
  await office.clock.advance(60_000);
  await office.verbs.acknowledge("anom_1", ALICE);
  await past(office, "anom_2", { severity: "critical" });
  const mute = await muteService(office);
  await past(office, "anom_3");
  expect(await office.verbs.digest(OPENED_AT_MS, office.clock.now() + 1)).toMatchObject({
    opened: 3,
    bySeverity: { high: 2, critical: 1 },
    byCategory: [{ name: "error_spike", alerts: 3 }],
    stillOpen: 1,
    acknowledged: 1,
    meanTimeToAcknowledgeMs: 60_000,
    hidden: 1,
    noisiestServices: [{ name: "payment-api", alerts: 3 }],
    noisiestPatterns: [{ name: "Connection to <*> refused", alerts: 3 }],
    muted: [{ id: mute, what: "service payment-api" }],
    analyses: { helpful: 0, wrong: 0, hints: 0 },
    cutAt: null,
  });
});

test("a digest counts every alert of a bad day, page by page", async () => {
  const office = new LifeOffice();
  const nowMs = office.clock.now();
  for (let n = 0; n < 4_100; n++)
    await office.repository.commit(opening(sampleAlert({ id: `anom_${n}`, detectedAtMs: nowMs + n })));
  expect(await office.verbs.digest(nowMs, nowMs + 4_100)).toMatchObject({ opened: 4_100, cutAt: null });
  expect(await office.verbs.digest(nowMs + 1, nowMs + 4_001)).toMatchObject({ opened: 4_000, cutAt: null });
});

test("a receipt over very many alerts says how many days it covers", () => {
  const half = Array.from({ length: 10_000 }, (_, n) =>
    summaryOf(sampleAlert({ detectedAtMs: 12 * DAY - n * 60_000 })),
  );
  expect(coveredDays(half, 12 * DAY)).toBe(6);
  expect(coveredDays(half.slice(1), 12 * DAY)).toBe(30);
});
