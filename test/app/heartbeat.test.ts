import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { Heartbeat } from "../../src/app/heartbeat.ts";
import { Daily, dueDigest } from "../../src/desk/daily.ts";
import { MemoryCollectives } from "../../src/store/memory-collectives.ts";
import { MemoryOutbox } from "../../src/store/memory-outbox.ts";
import { LifeOffice } from "../support/life-office.ts";
import { OPENED_AT_MS } from "../support/sample-alert.ts";
import { TestClock } from "../support/test-clock.ts";

describe("a heartbeat", () => {
  test("beats while the detector evaluates, and not when it is stuck or has not begun", async () => {
    const clock = new TestClock();
    const beats: string[] = [];
    const heartbeat = new Heartbeat({
      url: "https://example.com/beat",
      evaluateEveryMs: 1_000,
      clock,
      log: pino({ enabled: false }),
      fetch: async (url) => {
        beats.push(url);
        return { ok: true, status: 200 };
      },
    });
    await heartbeat.beat();
    expect(beats).toEqual([]);
    heartbeat.evaluated(clock.now());
    await heartbeat.beat();
    await clock.advance(15_000);
    await heartbeat.beat();
    expect(beats).toHaveLength(2);
    await clock.advance(1);
    await heartbeat.beat();
    expect(beats).toHaveLength(2);
    heartbeat.evaluated(clock.now());
    await heartbeat.beat();
    expect(beats).toHaveLength(3);
  });

  test("an address that fails or refuses disturbs nobody", async () => {
    const clock = new TestClock();
    for (const answer of [new Error("refused"), { ok: false, status: 500 }]) {
      const log = pino({ enabled: false });
      const fetch = async (): Promise<{ ok: boolean; status: number }> => {
        if (answer instanceof Error) throw answer;
        return answer;
      };
      const heartbeat = new Heartbeat({ url: "https://x", evaluateEveryMs: 1_000, clock, log, fetch });
      heartbeat.evaluated(clock.now());
      await expect(heartbeat.beat()).resolves.toBeUndefined();
    }
  });
});

describe("the daily digest", () => {
  const NINE = Date.UTC(2024, 0, 16, 9);

  test.for<[string, number, number | null]>([
    ["before its time", NINE - 1, null],
    ["at its time", NINE, NINE],
    ["after a restart", NINE + 3_600_000, NINE],
    ["long after it", NINE + 3 * 3_600_000, null],
  ])("%s", ([, nowMs, expected]) => {
    expect(dueDigest(nowMs, 9 * 60)).toBe(expected);
  });

  test("is made once a day, across restarts", async () => {
    const office = new LifeOffice();
    await office.open();
    const { clock } = office;
    await clock.advance(NINE - OPENED_AT_MS);
    const box = new MemoryCollectives(new MemoryOutbox());
    let woken = 0;
    const daily = (): Daily =>
      new Daily({
        box,
        reports: office.verbs,
        clock,
        atMinutes: 9 * 60,
        isUnavailable: () => false,
        wake: () => void woken++,
      });
    const first = daily();
    await first.run();
    await first.run();
    await daily().run();
    expect(woken).toBe(1);
    expect(await box.due(clock.now(), 9)).toMatchObject([{ id: "digest_20240116", digest: { opened: 1 } }]);
    await clock.advance(24 * 3_600_000);
    await first.run();
    expect(woken).toBe(2);
  });
});
