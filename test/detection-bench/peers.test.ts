import { describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../src/log/time.ts";
import { Minutes } from "../bench/detection/minutes.ts";
import { PEERS } from "../bench/detection/peers/registry.ts";
import { PeerRun, type MinuteCounts } from "../bench/detection/peers/peer.ts";
import { medianOf, Rolling } from "../bench/detection/peers/rolling.ts";
import { parseSeeds } from "../bench/detection/arguments.ts";
import { NOON_MS } from "./support.ts";

const DAY = 1_440;

/** Ten records a minute, a little up and down, every third minute an error. */
function everyday(minute: number): Omit<MinuteCounts, "startMs"> {
  return { total: 10 + (minute % 3), errors: minute % 3 === 0 ? 1 : 0 };
}

function alarmsOf(
  name: string,
  minutes: number,
  change: (minute: number) => Partial<MinuteCounts>,
): number[] {
  const peer = PEERS.find((candidate) => candidate.name === name);
  if (peer === undefined) throw new Error(`no peer ${name}`);
  const run = new PeerRun(peer);
  for (let minute = 0; minute < minutes; minute++) {
    run.push("cart", { startMs: NOON_MS + minute * MINUTE_MS, ...everyday(minute), ...change(minute) });
  }
  return run.alarms(1).map(({ openedAtMs }) => (openedAtMs - NOON_MS) / MINUTE_MS);
}

const START = 9 * DAY;

describe("peers", () => {
  test.for(PEERS.map(({ name }) => name).filter((name) => !name.includes("ERROR")))(
    "%s finds a flood of errors at ten times the volume after nine quiet days, and was quiet for the last two",
    (name) => {
      const alarms = alarmsOf(name, START + 90, (minute) =>
        minute < START ? {} : { total: 110, errors: 100 },
      );
      expect(alarms.filter((minute) => minute > START)).not.toEqual([]);
      expect(alarms.filter((minute) => minute > START - 2 * DAY && minute < START)).toEqual([]);
    },
  );

  test("the trivial rule fires at each error after 15 quiet minutes", () => {
    const errorsAt = new Set([10, 20, 40, 55]);
    const alarms = alarmsOf("any ERROR, 15 min cooldown", 90, (minute) => ({
      errors: errorsAt.has(minute) ? 1 : 0,
    }));
    // The one at 20 came 10 minutes after the first, the one at 55 exactly 15 after the third.
    expect(alarms).toEqual([11, 41]);
  });

  test("the classic rule of one service compares first and learns afterwards", () => {
    const alarms = alarmsOf("classic rules per service", 25, (minute) => ({
      errors: 0,
      total: minute < 10 ? 10 : 31,
    }));
    // Five minutes of 31 are 155 against 50: only a full window of it is above 3 times.
    expect(alarms).toEqual([15]);
  });
});

describe("minutes", () => {
  test("hold every service ever seen, with zeros, and nothing that comes after they closed", () => {
    const taken: string[] = [];
    const minutes = new Minutes((service, { startMs, total, errors }) =>
      taken.push(`${service} ${(startMs - NOON_MS) / MINUTE_MS} ${total} ${errors}`),
    );
    minutes.add("cart", NOON_MS + 1, 2, 1);
    minutes.add("cart", NOON_MS + 2 * MINUTE_MS, 5, 0);
    minutes.add("cart", NOON_MS + MINUTE_MS, 9, 9);
    minutes.advance(NOON_MS + 3 * MINUTE_MS);
    expect(taken).toEqual(["cart 0 2 1", "cart 1 0 0", "cart 2 5 0"]);
  });
});

test("rolling sums, deviations and medians are those of the last values", () => {
  const rolling = new Rolling(3);
  for (const value of [100, 1, 2, 6]) rolling.push(value);
  expect(rolling.last(3)).toEqual([6, 2, 1]);
  expect(rolling.mean).toBe(3);
  expect(rolling.sd).toBeCloseTo(Math.sqrt(14 / 3));
  expect(medianOf([5, 1, 3, 2])).toBe(2.5);
});

test.for([
  ["1-5", [1, 2, 3, 4, 5]],
  ["3", [3]],
  ["1,4,7-8", [1, 4, 7, 8]],
  ["5-1", null],
  ["x", null],
  ["", null],
] as const)("seeds %s", ([text, seeds]) => {
  expect(parseSeeds(text)).toEqual(seeds);
});
