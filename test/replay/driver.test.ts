import { describe, expect, test } from "vitest";
import { MAX_BATCH_RECORDS, ReplayDriver } from "../../src/replay/driver.ts";
import { FakeEngine } from "../support/replay-engine.ts";
import { replayRecord } from "../support/replay-record.ts";

const T0 = Date.parse("2024-01-15T10:00:00Z");

async function drive(
  engine: FakeEngine,
  offsetsMs: readonly number[],
  everyMs = 1_000,
): Promise<ReplayDriver> {
  const driver = new ReplayDriver(engine.ready(everyMs, 3_000), () => undefined);
  await driver.feed(
    offsetsMs.map((offset, i) => ({ record: replayRecord(T0 + offset, `r${i}`), atMs: T0 + offset })),
  );
  await driver.finish();
  return driver;
}

const seconds = (engine: FakeEngine): number[] => engine.ticks.map((tick) => (tick - T0) / 1_000);

describe("the virtual clock", () => {
  test("ticks at multiples of the period between the records and one window beyond the last", async () => {
    const engine = new FakeEngine();
    await drive(engine, [300, 900, 2_500]);
    expect(seconds(engine)).toEqual([1, 2, 3, 4, 5]);
    expect(engine.accepted.map((call) => [(call.nowMs - T0) / 1_000, call.bodies])).toEqual([
      [0.9, ["r0", "r1"]],
      [2.5, ["r2"]],
    ]);
  });

  test("a record at the time of a tick comes after it", async () => {
    const engine = new FakeEngine();
    await drive(engine, [0, 1_000, 1_500]);
    expect(engine.accepted.map((call) => call.bodies)).toEqual([["r0"], ["r1", "r2"]]);
    expect(seconds(engine)[0]).toBe(1);
  });

  test("never runs backwards: a record out of order goes in with its neighbours", async () => {
    const engine = new FakeEngine();
    const driver = await drive(engine, [1_200, 300, 1_400]);
    expect(engine.accepted).toEqual([{ nowMs: T0 + 1_400, bodies: ["r0", "r1", "r2"] }]);
    expect(driver.totals.lastMs).toBe(T0 + 1_400);
  });

  test("skips a stretch in which the engine is idle, but for the first and the last tick of it", async () => {
    const engine = new FakeEngine();
    engine.isIdle = true;
    await drive(engine, [500, 3_600_500]);
    expect(seconds(engine)).toEqual([1, 3_600, 3_601, 3_603]);
  });

  test("skips nothing while the engine is busy", async () => {
    const engine = new FakeEngine();
    await drive(engine, [500, 600_500]);
    expect(engine.ticks).toHaveLength(603);
  });

  test("keeps a period that does not divide a second on its grid", async () => {
    const engine = new FakeEngine();
    await drive(engine, [100, 900], 250);
    expect(seconds(engine).slice(0, 4)).toEqual([0.25, 0.5, 0.75, 1]);
    expect(engine.ticks.at(-1)).toBe(T0 + 3_750);
  });

  test("more records than a batch holds go in as several", async () => {
    const engine = new FakeEngine();
    await drive(engine, Array<number>(MAX_BATCH_RECORDS + 5).fill(100));
    expect(engine.accepted.map((call) => call.bodies.length)).toEqual([MAX_BATCH_RECORDS, 5]);
  });

  test("without records it never starts", async () => {
    const engine = new FakeEngine();
    const driver = await drive(engine, []);
    expect(engine.ticks).toEqual([]);
    expect(driver.totals).toMatchObject({ records: 0, firstMs: null, lastMs: null });
  });
});
