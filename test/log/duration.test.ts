import { expect, test } from "vitest";
import { describeDuration } from "../../src/log/duration.ts";

test.for([
  [-5, "0 s"],
  [45_900, "45 s"],
  [60_000, "1 m"],
  [23 * 60_000 + 59_000, "23 m"],
  [3 * 3_600_000, "3 h"],
  [3 * 3_600_000 + 5 * 60_000, "3 h 5 m"],
  [52 * 3_600_000 + 1, "2 d 4 h"],
] as const)("%d ms reads %s", ([ms, text]) => {
  expect(describeDuration(ms)).toBe(text);
});
