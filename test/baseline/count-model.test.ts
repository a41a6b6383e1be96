import { describe, expect, test } from "vitest";
import { CountModel } from "../../src/baseline/count-model.ts";
import { DAY_MS } from "../../src/log/time.ts";
import { T0 } from "../support/log-records.ts";

const BUCKET_MS = 300_000;
const HOUR_MS = 3_600_000;
const START_MS = Math.floor(T0 / DAY_MS) * DAY_MS;
const BUCKET = 1;

type Level = (atMs: number) => number;

/** Buckets one after the other, each with as many records as `level` says. */
class Run {
  readonly model = new CountModel(BUCKET_MS);
  nowMs = START_MS;
  returned = 0;

  for(durationMs: number, level: Level): this {
    for (const endMs = this.nowMs + durationMs; this.nowMs < endMs; this.nowMs += BUCKET_MS) {
      const count = level(this.nowMs);
      const sample = this.model.sample(this.nowMs, [count / 5, count, 3 * count, 12 * count]);
      if (this.model.follow(sample, false)) this.returned += 1;
      this.model.learn(sample, 1);
    }
    return this;
  }

  expected(): ReturnType<CountModel["expectation"]> {
    return this.model.expectation(5, this.nowMs + BUCKET_MS);
  }
}

const flat: Level = () => 200;
const halved: Level = () => 100;

describe("what is expected", () => {
  test("knows a job of every night after some nights, to the slot", () => {
    const nightly: Level = (atMs) =>
      atMs % DAY_MS >= 2 * HOUR_MS && atMs % DAY_MS < 2.5 * HOUR_MS ? 1_200 : 200;
    const run = new Run().for(5 * DAY_MS + 2 * HOUR_MS, nightly);
    const { mu } = run.model.expectation(5, run.nowMs + BUCKET_MS);
    expect(mu / 1_200).toBeGreaterThan(0.8);
    const after = run.model.expectation(5, run.nowMs + 50 * 60_000);
    expect(after.mu / 200).toBeLessThan(1.6);
  });

  test("is less sure of an hour of the day that it has never seen", () => {
    const run = new Run().for(12 * HOUR_MS, flat);
    const unseen = run.model.slowSpread(BUCKET, run.nowMs + HOUR_MS).phi;
    expect(run.model.knowsHour(run.nowMs + HOUR_MS)).toBe(false);
    run.for(3 * DAY_MS, flat);
    expect(run.model.knowsHour(run.nowMs + HOUR_MS)).toBe(true);
    expect(run.model.slowSpread(BUCKET, run.nowMs + HOUR_MS).phi).toBeLessThan(unseen / 2);
  });
});

describe("a change that is adopted", () => {
  test("is expected from then on, and its end is no surprise", () => {
    const run = new Run().for(3 * DAY_MS, flat).for(2 * HOUR_MS, halved);
    run.model.adopt(0.5, run.nowMs);
    expect(run.expected().mu / 100).toBeCloseTo(1, 0);
    expect(run.expected().high).toBeGreaterThan(180);
  });

  test("is given up soon after its end, and the former level holds at once", () => {
    const run = new Run().for(3 * DAY_MS, flat).for(2 * HOUR_MS, halved);
    run.model.adopt(0.5, run.nowMs);
    run.for(4 * HOUR_MS, halved).for(HOUR_MS, flat);
    expect(run.returned).toBe(1);
    expect(run.expected().mu / 200).toBeGreaterThan(0.85);
    expect(run.expected().low).toBeGreaterThan(150);
  });

  test("is the only level after some days", () => {
    const run = new Run().for(3 * DAY_MS, flat).for(2 * HOUR_MS, halved);
    run.model.adopt(0.5, run.nowMs);
    run.for(4 * DAY_MS, halved);
    expect(run.returned).toBe(0);
    expect(run.expected().high).toBeLessThan(150);
  });
});

test("what comes on three days of a week is usual, and more than that is not", () => {
  const run = new Run().for(3 * DAY_MS, flat);
  const hours = [6, 12, 20].map((hour, day) => START_MS + (3 + day) * DAY_MS + hour * HOUR_MS);
  run.for(3 * DAY_MS, (atMs) => (hours.includes(atMs) ? 900 : 200));
  const expectation = { mu: 200, high: 200, low: 200, nearHigh: 200, nearLow: 200 };
  expect(run.model.isUsual("up", BUCKET, 850, expectation, run.nowMs)).toBe(true);
  expect(run.model.isUsual("up", BUCKET, 1_400, expectation, run.nowMs)).toBe(false);
  expect(run.model.isUsual("down", BUCKET, 20, expectation, run.nowMs)).toBe(false);
});

test("a restart forgets nothing", () => {
  const run = new Run().for(2 * DAY_MS, flat);
  run.model.adopt(0.5, run.nowMs);
  const next = new CountModel(BUCKET_MS);
  next.restore(JSON.parse(JSON.stringify(run.model.toJson())));
  const [now, then] = [next, run.model].map((model) => model.expectation(5, run.nowMs));
  expect(now?.mu).toBeCloseTo(then?.mu ?? NaN);
  expect(now?.high).toBeCloseTo(then?.high ?? NaN);
  expect(next.slowSpread(BUCKET, run.nowMs)).toEqual(run.model.slowSpread(BUCKET, run.nowMs));
});
