import { describe, expect, test } from "vitest";
import { OddDays } from "../../src/baseline/odd-days.ts";
import { DAY_MS, MINUTE_MS } from "../../src/log/time.ts";
import { T0 } from "../support/log-records.ts";

describe("what was odd at a time of day", () => {
  test.for<[string, number, boolean]>([
    ["recurs a day later", DAY_MS, true],
    ["recurs a day later, a slot early", DAY_MS - 5 * MINUTE_MS, true],
    ["recurs a week later, a slot late", 7 * DAY_MS + 5 * MINUTE_MS, true],
    ["does not recur on the same day", 0, false],
    ["does not recur two days later", 2 * DAY_MS, false],
    ["does not recur eight days later", 8 * DAY_MS, false],
    ["does not recur at another time of the day", DAY_MS + 60 * MINUTE_MS, false],
  ])("%s", ([, afterMs, recurs]) => {
    const odd = new OddDays();
    odd.saw(T0);
    expect(odd.recurs(T0 + afterMs)).toBe(recurs);
  });

  test("is found on both sides of midnight", () => {
    const odd = new OddDays();
    const midnightMs = Math.ceil(T0 / DAY_MS) * DAY_MS;
    odd.saw(midnightMs - DAY_MS);
    expect(odd.recurs(midnightMs)).toBe(true);
    expect(odd.recurs(midnightMs + 5 * MINUTE_MS)).toBe(true);
  });

  test("is forgotten after a week, and survives JSON until then", () => {
    const odd = new OddDays();
    for (let day = 0; day < 30; day++) odd.saw(T0 + day * (DAY_MS + 20 * MINUTE_MS));
    expect(odd.toJson().length).toBeLessThanOrEqual(8);
    const restored = new OddDays();
    restored.restore(odd.toJson());
    const lastMs = T0 + 29 * (DAY_MS + 20 * MINUTE_MS);
    expect(restored.recurs(lastMs + DAY_MS)).toBe(true);
  });
});
