import { describe, expect, test } from "vitest";
import type { Gate } from "../../src/alert/ledger.ts";
import type { Alert } from "../../src/alert/alert.ts";
import { EngineRun, MINUTE_MS, type Traffic } from "../support/engine-run.ts";
import { LifeOffice } from "../support/life-office.ts";
import { noteUntold } from "../../src/desk/quiet.ts";
import { ALICE, OPENED_AT_MS, sampleAnomaly } from "../support/sample-alert.ts";

const HOUR_MS = 60 * MINUTE_MS;
const ID = "anom_20240115_103045";
const ALL = new Set(["rare_error", "error_share", "pattern_rate", "volume"]);

function about(mean: number, second: number): number {
  return mean + (((second / 10) * 7) % 5) - 2;
}

const calm: Traffic = (second) => ({
  shop: { info: about(40, second) },
  cart: { info: about(30, second + 10) },
  mail: { info: about(20, second + 20) },
  auth: { info: about(20, second + 30) },
});
const failing: Traffic = (second) => ({
  ...calm(second),
  cart: { info: 30, errors: { "no connection in pool": 12 } },
});
const busy =
  (factor: number): Traffic =>
  (second) => ({ ...calm(second), cart: { info: Math.round(about(30, second + 10) * factor) } });
const onlyShop: Traffic = (second) => ({ shop: { info: about(40, second) } });

function trained(): EngineRun {
  return new EngineRun().for(3 * HOUR_MS, calm);
}

function said(run: EngineRun, gate: Gate): readonly string[] {
  return run.silenced.filter((entry) => entry.gate === gate).map(({ reason }) => reason);
}

async function held(
  work: (office: LifeOffice) => Promise<unknown>,
): Promise<readonly (readonly [Gate, string, string | null])[]> {
  const office = new LifeOffice();
  await work(office);
  const found = await office.verbs.why({ fromMs: 0, toMs: office.clock.now(), limit: 9 });
  if (found === "unavailable") throw new Error("unavailable");
  return found.map(({ gate, reason, alertId }) => [gate, reason, alertId]);
}

/** Every gate has a case: one without would not compile. */
const CASES: Readonly<Record<Gate, () => readonly string[] | Promise<readonly string[]>>> = {
  gate: () =>
    said(
      trained()
        .for(MINUTE_MS, busy(12))
        .for(10 * MINUTE_MS, calm),
      "gate",
    ),
  budget: () => said(trained().for(10 * MINUTE_MS, busy(6)), "budget"),
  cooldown: () => {
    const run = new EngineRun({ cooldownMs: 40 * MINUTE_MS }).for(3 * HOUR_MS, calm);
    run
      .for(MINUTE_MS, failing)
      .for(25 * MINUTE_MS, calm)
      .for(2 * MINUTE_MS, failing);
    return said(run, "cooldown");
  },
  shadow: () =>
    said(new EngineRun({ shadow: ALL }).for(3 * HOUR_MS, calm).for(5 * MINUTE_MS, failing), "shadow"),
  mute: async () => {
    const found = await held(async (office) => {
      const target = { kind: "service", value: "payment-api", environment: null } as const;
      const request = { target, startsAtMs: null, untilMs: OPENED_AT_MS + HOUR_MS, reason: null };
      await office.verbs.mute(request, ALICE);
      await office.open();
    });
    return found.filter(([gate]) => gate === "mute").map(([, reason]) => reason);
  },
  snooze: async () => {
    const found = await held(async (office) => {
      await office.open();
      await office.verbs.snooze(ID, OPENED_AT_MS + HOUR_MS, ALICE);
      const anomaly = sampleAnomaly({ category: "volume_spike", service: "cart" });
      office.desk.change(ID, [{ type: "anomaly_added", anomaly }], [], office.clock.now());
    });
    return found.filter(([gate]) => gate === "snooze").map(([, reason]) => reason);
  },
  storm: () => untold("storm", "named in storm_20240115_103045"),
  delivery: () => untold("delivery", "given up: network"),
};

async function untold(gate: "storm" | "delivery", reason: string): Promise<readonly string[]> {
  const found = await held(async (office) => {
    const alert: Alert = await office.open();
    noteUntold(office.ledger, alert, gate, reason, office.clock.now());
  });
  return found.filter((entry) => entry[0] === gate && entry[2] === ID).map((entry) => entry[1]);
}

describe("the ledger of silence", () => {
  test.for(Object.entries(CASES))("records what the gate %s stopped, with the reason", async ([, run]) => {
    const reasons = await run();
    expect(reasons.length).toBeGreaterThan(0);
    expect(new Set(reasons).size).toBeLessThan(20);
  });

  test.for<[string, () => EngineRun, string]>([
    [
      "is over before a second look",
      () =>
        trained()
          .for(MINUTE_MS, busy(12))
          .for(10 * MINUTE_MS, calm),
      "not seen again a step later; volume: 1,832 in 60 seconds, 0 to 384 expected, 1.24 times the threshold",
    ],
    [
      "stays below the threshold",
      () => trained().for(10 * MINUTE_MS, busy(6)),
      "below the threshold that its budget of false alerts sets; volume: 5,400 in 5 minutes",
    ],
    [
      "stops together with most others",
      () => trained().for(20 * MINUTE_MS, onlyShop),
      "most services went quiet together",
    ],
  ])("notes what %s, with its numbers, and tells nobody", ([, work, reason]) => {
    const run = work();
    expect(run.book.all).toEqual([]);
    expect(run.silenced.map((entry) => entry.reason).join("\n")).toContain(reason);
  });

  test("notes what an engine sees that has started anew and is not warm yet", () => {
    const next = trained()
      .for(2 * MINUTE_MS, () => ({}))
      .restarted();
    next.for(3 * MINUTE_MS, busy(12));
    expect(said(next, "gate").join("\n")).toContain("seen during the warm-up; volume: ");
  });

  test("notes the first look at each kind of finding that comes to a muted alert", async () => {
    const office = new LifeOffice();
    const target = { kind: "category", value: "volume_spike", environment: null } as const;
    const request = { target, startsAtMs: null, untilMs: OPENED_AT_MS + HOUR_MS, reason: null };
    await office.verbs.mute(request, ALICE);
    const first = sampleAnomaly({ category: "volume_spike", service: "cart" });
    await office.open({ anomalies: [first] });
    office.desk.change(
      ID,
      [{ type: "anomaly_added", anomaly: { ...first, service: "shop" } }],
      [],
      OPENED_AT_MS,
    );
    office.desk.reconsider(OPENED_AT_MS);
    const found = await office.verbs.why({ fromMs: 0, toMs: office.clock.now(), limit: 9 });
    expect(
      found === "unavailable" ? [] : found.map(({ service, count }) => `${service} ${count}`).toSorted(),
    ).toEqual(["cart 1", "shop 1"]);
  });
});

test("what is only watched and what people are told of never share an alert, or a cooldown", () => {
  const run = new EngineRun({ shadow: new Set(["rare_error"]) }).for(3 * HOUR_MS, calm);
  run.for(10 * MINUTE_MS, failing);
  const [shadow, told] = [
    run.book.all.filter((alert) => alert.shadow),
    run.book.all.filter((alert) => !alert.shadow),
  ];
  expect(shadow.flatMap(({ anomalies }) => anomalies.map(({ detector }) => detector))).toEqual([
    "rare_error",
  ]);
  expect(told).toHaveLength(1);
  expect(told[0]?.anomalies.map(({ detector }) => detector)).not.toContain("rare_error");
});
