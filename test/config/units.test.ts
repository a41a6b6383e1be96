import { expect, test } from "vitest";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../src/config/units.ts";

test.for<[string, number | null]>([
  ["250ms", 250],
  ["10s", 10_000],
  ["5m", 300_000],
  ["24h", 86_400_000],
  ["30d", 2_592_000_000],
  ["1.5h", 5_400_000],
  ["0", 0],
  ["0s", 0],
  ["5", null],
  ["5 m", null],
  ["5M", null],
  ["-5m", null],
  ["5m30s", null],
  ["m", null],
  ["", null],
  ["Infinity", null],
  ["1e3s", null],
  ["9999999999s", null],
])("the duration %s is %s milliseconds", ([text, expected]) => {
  expect(parseDuration(text)).toBe(expected);
});

test.for<[string, number | null]>([
  ["64MiB", 67_108_864],
  ["512KiB", 524_288],
  ["1GiB", 1_073_741_824],
  ["1024", 1_024],
  ["10B", 10],
  ["0.5MiB", 524_288],
  ["64MB", null],
  ["64Mi", null],
  ["-1", null],
  ["", null],
  ["MiB", null],
  ["0x10", null],
])("the size %s is %s bytes", ([text, expected]) => {
  expect(parseSize(text)).toBe(expected);
});

test("a duration and a size print in the largest unit that leaves a whole number", () => {
  expect([0, 250, 1_500, 90_000, 300_000, 86_400_000].map(formatDuration)).toStrictEqual([
    "0s",
    "250ms",
    "1500ms",
    "90s",
    "5m",
    "1d",
  ]);
  expect([100, 1_024, 67_108_864, 1_073_741_824].map(formatSize)).toStrictEqual([
    "100",
    "1KiB",
    "64MiB",
    "1GiB",
  ]);
});
