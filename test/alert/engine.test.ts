import { describe, expect, test } from "vitest";
import { ALICE } from "../support/sample-alert.ts";
import { T0 } from "../support/log-records.ts";
import { COOLDOWN_MS, EngineRun, MINUTE_MS, type Traffic } from "../support/engine-run.ts";

const HOUR_MS = 60 * MINUTE_MS;

/** Not the same in every pane, and the same in every run. */
function about(mean: number, second: number): number {
  return mean + (((second / 10) * 7) % 5) - 2;
}

const calm: Traffic = (second) => ({
  shop: { info: about(40, second) },
  cart: { info: about(30, second + 10) },
  mail: { info: about(20, second + 20) },
});

const failing: Traffic = (second) => ({
  ...calm(second),
  cart: { info: 30, errors: { "no connection in pool": 12 } },
});

const both: Traffic = (second) => ({
  ...calm(second),
  shop: { info: 40, errors: { "cart does not answer": 9 }, traces: [`t${second}`] },
  cart: { info: 30, errors: { "no connection in pool": 12 }, traces: [`t${second}`] },
});

const onlyCartFails = failing;
const onlyMailFails: Traffic = (second) => ({
  ...calm(second),
  mail: { info: 20, errors: { "relay refused the message": 8 } },
});
const twoFaults: Traffic = (second) => ({ ...onlyMailFails(second), cart: failing(second)["cart"] ?? {} });

const nothing: Traffic = () => ({});

function trained(): EngineRun {
  return new EngineRun().for(3 * HOUR_MS, calm);
}

describe("a fault", () => {
  test("opens one alert within a minute, and resolves it after it is gone", () => {
    const run = trained();
    const brokenMs = run.nowMs;
    expect(run.book.all).toEqual([]);
    run.for(5 * MINUTE_MS, failing);
    const [alert] = run.book.all;
    expect(run.book.all).toHaveLength(1);
    expect(alert).toMatchObject({ status: "open", affectedServices: ["cart"], environment: "production" });
    expect((alert?.detectedAtMs ?? 0) - brokenMs).toBeLessThanOrEqual(MINUTE_MS);
    run.for(40 * MINUTE_MS, calm);
    expect(run.book.all).toMatchObject([{ status: "resolved", resolution: "back to normal" }]);
  });

  test("says since when, which detector, and what would have been usual", () => {
    const run = trained();
    const brokenMs = run.nowMs;
    run.for(5 * MINUTE_MS, failing);
    for (const { onsetMs, detector, range, score } of run.book.all[0]?.anomalies ?? []) {
      expect(Math.abs((onsetMs ?? 0) - brokenMs)).toBeLessThanOrEqual(MINUTE_MS);
      expect(detector).toBeTypeOf("string");
      expect(range).toHaveLength(2);
      expect(score).toBeGreaterThanOrEqual(1);
    }
  });

  test("of two services that share failing traces is one alert", () => {
    const run = trained().for(5 * MINUTE_MS, both);
    expect(run.book.all).toHaveLength(1);
    expect(new Set(run.book.all[0]?.affectedServices)).toEqual(new Set(["cart", "shop"]));
  });

  test("that comes back within the cooldown reopens its alert, and tells nobody of a second one", () => {
    const run = new EngineRun({ cooldownMs: 40 * MINUTE_MS }).for(3 * HOUR_MS, calm);
    run.for(MINUTE_MS, failing).for(25 * MINUTE_MS, calm);
    expect(run.book.all).toMatchObject([{ status: "resolved" }]);
    run.for(2 * MINUTE_MS, failing);
    expect(run.book.all).toMatchObject([{ status: "open" }]);
    expect(run.book.types()).toContain("reopened");
    expect(run.silenced.map(({ gate }) => gate)).toContain("cooldown");
  });

  test("merged with another by hand keeps the alert that is left open until both are over", () => {
    const run = trained().for(5 * MINUTE_MS, twoFaults);
    const [first, second] = run.book.all;
    if (first === undefined || second === undefined) throw new Error("two alerts");
    const absorbed = { type: "absorbed", source: first.id, anomalies: first.anomalies } as const;
    run.book.byHand(second.id, absorbed, ALICE, run.nowMs);
    run.book.byHand(first.id, { type: "merged_into", target: second.id }, ALICE, run.nowMs);
    run.book.byHand(first.id, { type: "resolved", resolution: "merged" }, ALICE, run.nowMs);
    const [own] = second.affectedServices;
    run.for(40 * MINUTE_MS, own === "cart" ? onlyMailFails : onlyCartFails);
    expect(run.book.alert(second.id)).toMatchObject({ status: "open" });
    run.for(40 * MINUTE_MS, calm);
    expect(run.book.alert(second.id)).toMatchObject({ status: "resolved", resolution: "back to normal" });
    run.for(2 * MINUTE_MS, own === "cart" ? onlyMailFails : onlyCartFails);
    expect(run.book.alert(first.id)).toMatchObject({ status: "resolved", mergedInto: second.id });
    expect(run.book.all.filter(({ id }) => id !== first.id).some(({ status }) => status === "open")).toBe(
      true,
    );
  });

  test("that is only watched opens a shadow, noted in the ledger", () => {
    const shadow = new Set(["rare_error", "error_share", "pattern_rate", "volume"]);
    const run = new EngineRun({ shadow }).for(3 * HOUR_MS, calm).for(5 * MINUTE_MS, failing);
    expect(run.book.all.every((alert) => alert.shadow)).toBe(true);
    expect(run.book.all).not.toEqual([]);
    expect(run.silenced.map(({ gate }) => gate)).toContain("shadow");
  });

  test("during which all input stops stays open: what nobody can see is not over", () => {
    const run = trained()
      .for(5 * MINUTE_MS, failing)
      .for(2 * HOUR_MS, nothing);
    expect(run.book.all).toMatchObject([{ status: "open" }]);
    run.for(40 * MINUTE_MS, calm);
    expect(run.book.all).toMatchObject([{ status: "resolved" }]);
  });
});

describe("a square wave", () => {
  test.for([4, 10, 15, 20, 31, 40])("of %d minutes opens at most once per cooldown", (minutes) => {
    const run = trained();
    const half = (minutes * MINUTE_MS) / 2;
    for (let cycle = 0; cycle < Math.ceil(120 / minutes); cycle++) {
      run.for(half, failing);
      run.for(half, calm);
    }
    const opened = run.book.all.map(({ detectedAtMs }) => detectedAtMs);
    const apart = opened.slice(1).map((atMs, i) => atMs - (opened[i] ?? 0));
    expect(Math.min(...apart, Infinity)).toBeGreaterThanOrEqual(COOLDOWN_MS);
    expect(opened.length).toBeGreaterThanOrEqual(1);
  });

  test.for([32, 45, 60])(
    "of %d minutes, beyond two cooldowns, opens and closes once per cycle",
    (minutes) => {
      const run = trained();
      const half = (minutes * MINUTE_MS) / 2;
      const cycles = 3;
      for (let cycle = 1; cycle <= cycles; cycle++) {
        run.for(half, failing);
        run.for(half, calm);
        expect([run.openings().length, run.endings().length]).toEqual([cycle, cycle]);
      }
    },
  );
});

describe("the premise", () => {
  test("most services quiet at once are their source, not an incident; the ledger says so", () => {
    const one: Traffic = (second) => ({ ...calm(second), rest: { info: about(25, second) } });
    const run = new EngineRun().for(6 * HOUR_MS, one);
    run.for(20 * MINUTE_MS, (second) => ({ rest: { info: about(25, second) } }));
    expect(run.book.all).toEqual([]);
    expect(run.silenced.map(({ reason }) => reason).join()).toContain("most services went quiet together");
  });

  test("one service quiet beside others that log is an incident", () => {
    const run = new EngineRun().for(6 * HOUR_MS, calm);
    run.for(20 * MINUTE_MS, (second) => ({
      shop: calm(second)["shop"] ?? {},
      mail: calm(second)["mail"] ?? {},
    }));
    expect(run.book.all).toMatchObject([{ affectedServices: ["cart"] }]);
  });
});

describe("a restart", () => {
  test("loses nothing of what was learnt: the restored engine saves the same", () => {
    const run = trained().for(MINUTE_MS, failing);
    const next = run.restarted();
    const state = (of: EngineRun): unknown =>
      JSON.parse(JSON.stringify(of.engine.snapshot().map(({ key, state }) => [key, state])));
    expect(state(next)).toEqual(state(run));
  });

  test("in the middle of calm gives the same alerts afterwards", () => {
    const whole = new EngineRun().for(3 * HOUR_MS, calm);
    const halved = new EngineRun()
      .for(90 * MINUTE_MS, calm)
      .restarted()
      .for(90 * MINUTE_MS, calm);
    expect(halved.nowMs).toBe(whole.nowMs);
    for (const run of [whole, halved]) run.for(20 * MINUTE_MS, failing).for(40 * MINUTE_MS, calm);
    const said = (run: EngineRun): unknown =>
      run.book.all.map(({ id, severity, category, status, affectedServices, description }) => [
        id,
        severity,
        category,
        status,
        affectedServices,
        description,
      ]);
    expect(said(halved)).toEqual(said(whole));
    expect(whole.book.all).toHaveLength(1);
  });

  test("goes on with an open alert: not opened twice, resolved when the fault is over", () => {
    const run = trained().for(5 * MINUTE_MS, failing);
    expect(run.book.all).toHaveLength(1);
    const next = run.restarted().for(5 * MINUTE_MS, failing);
    expect(next.book.all).toMatchObject([{ status: "open" }]);
    next.for(40 * MINUTE_MS, calm);
    expect(next.book.all).toMatchObject([{ status: "resolved", resolution: "back to normal" }]);
    expect(next.openings()).toHaveLength(1);
  });

  test("after which nothing is wrong any more resolves what was open, and alerts of nothing new", () => {
    const run = trained().for(5 * MINUTE_MS, failing);
    const next = run.restarted().for(40 * MINUTE_MS, calm);
    expect(next.book.all).toMatchObject([{ status: "resolved" }]);
  });

  test("of a process that had nothing to say stays silent", () => {
    const next = trained().restarted().for(HOUR_MS, calm);
    expect(next.book.all).toEqual([]);
    expect(next.nowMs).toBeGreaterThan(T0);
  });
});
