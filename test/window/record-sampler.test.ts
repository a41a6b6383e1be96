import { expect, test } from "vitest";
import { RecordSampler } from "../../src/window/record-sampler.ts";
import { T0 } from "../support/log-records.ts";

function taken(sampler: RecordSampler, count: number, severity: number, isEvent = false, atMs = T0): number {
  return Array.from({ length: count }, () => sampler.takes("shop", severity, isEvent, atMs)).filter(Boolean)
    .length;
}

test("a loud series is looked at only so often a second, its warnings and errors oftener", () => {
  const sampler = new RecordSampler();
  sampler.begin(T0);
  expect([taken(sampler, 500, 9), taken(sampler, 500, 17), sampler.skipped]).toEqual([4, 20, 976]);
  expect(taken(sampler, 500, 9, false, T0 + 1_000)).toBe(4);
});

test("a record that names an event is looked at however many others there are", () => {
  const sampler = new RecordSampler();
  sampler.begin(T0);
  taken(sampler, 500, 9);
  expect(taken(sampler, 1, 9, true)).toBe(1);
});

test("all series together have a bound, too, and the next second has its own", () => {
  const sampler = new RecordSampler();
  const looks = (): number =>
    Array.from({ length: 5_000 }, (_, i) => sampler.takes(`service-${i}`, 9, false, T0)).filter(Boolean)
      .length;
  sampler.begin(T0);
  expect(looks()).toBe(2_000);
  sampler.begin(T0 + 1_000);
  expect(taken(sampler, 1, 17)).toBe(1);
});
