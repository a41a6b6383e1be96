import { describe, expect, test } from "vitest";
import { backoffMs } from "../../src/notify/backoff.ts";

const limits = { baseMs: 1_000, maxMs: 60_000 };

describe("backoffMs", () => {
  test.for([
    { attempt: 1, low: 500, high: 1_000 },
    { attempt: 2, low: 1_000, high: 2_000 },
    { attempt: 5, low: 8_000, high: 16_000 },
    { attempt: 7, low: 30_000, high: 60_000 },
    { attempt: 10_000, low: 30_000, high: 60_000 },
    { attempt: 0, low: 500, high: 1_000 },
  ])("after failure $attempt it waits $low to $high ms", ({ attempt, low, high }) => {
    expect(backoffMs(attempt, limits, () => 0)).toBe(low);
    expect(backoffMs(attempt, limits, () => 1)).toBe(high);
  });
});
