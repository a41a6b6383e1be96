import { expect, test } from "vitest";
import { EngineRun, MINUTE_MS, type Traffic } from "../support/engine-run.ts";

const HOUR_MS = 60 * MINUTE_MS;
const calm: Traffic = () => ({ shop: { info: 40 }, cart: { info: 30 } });
const grown: Traffic = (second) => ({ ...calm(second), wishlist: { info: 20 } });

function appeared(run: EngineRun): unknown {
  return run.silenced.filter(({ category }) => category === "service_appeared").map(({ service }) => service);
}

test("a service that logs for the first time is noted once, and alerts nobody", () => {
  const run = new EngineRun().for(2 * HOUR_MS, calm);
  expect(appeared(run)).toEqual([]);
  run.for(2 * HOUR_MS, grown);
  expect(appeared(run)).toEqual(["wishlist"]);
  expect(run.book.all).toEqual([]);
});

test("services of an environment's first hour are not noted, nor are those that a restart finds", () => {
  const run = new EngineRun().for(30 * MINUTE_MS, calm).for(2 * HOUR_MS, grown);
  expect(appeared(run)).toEqual([]);
  expect(appeared(run.restarted().for(HOUR_MS, grown))).toEqual([]);
});

test("a service that is gone is one alert, which ends when its silence is taken as normal", () => {
  const run = new EngineRun().for(6 * HOUR_MS, grown).for(6 * HOUR_MS, calm);
  expect(run.book.all).toMatchObject([
    { affectedServices: ["wishlist"], status: "resolved", resolution: "the change is now taken as normal" },
  ]);
});
