import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIdTime, formatTime, parseTime } from "../../src/log/time.ts";
import { T0 } from "../support/log-records.ts";

const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const anyTime = fc.integer({ min: 0, max: LAST_MS });

describe("written time", () => {
  test("is RFC 3339 in UTC as Date writes it, without a fraction that is zero", () => {
    fc.assert(
      fc.property(anyTime, (timeMs) => {
        expect(formatTime(timeMs)).toBe(new Date(timeMs).toISOString().replace(".000Z", "Z"));
      }),
      { numRuns: 2_000 },
    );
  });

  test("in an id is the same second", () => {
    fc.assert(
      fc.property(anyTime, (timeMs) => {
        const digits = new Date(timeMs).toISOString().replaceAll(/[-:]/g, "");
        expect(formatIdTime(timeMs)).toBe(`${digits.slice(0, 8)}_${digits.slice(9, 15)}`);
      }),
    );
  });

  test("leaves parts of a millisecond out", () => {
    expect(formatTime(T0 + 1.9)).toBe("2024-01-15T10:00:00.001Z");
  });
});

describe("read time", () => {
  test("of everything that is written comes back", () => {
    fc.assert(
      fc.property(anyTime, (timeMs) => {
        expect(parseTime(formatTime(timeMs))).toBeCloseTo(timeMs, 3);
      }),
      { numRuns: 2_000 },
    );
  });

  test("agrees with Date on every offset", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 86_400_000, max: LAST_MS - 2 * 86_400_000 }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (timeMs, offsetMinutes) => {
          const local = new Date(timeMs + offsetMinutes * 60_000).toISOString().slice(0, -1);
          const size = Math.abs(offsetMinutes);
          const hours = String(Math.floor(size / 60)).padStart(2, "0");
          const minutes = String(size % 60).padStart(2, "0");
          const text = `${local}${offsetMinutes < 0 ? "-" : "+"}${hours}:${minutes}`;
          expect(parseTime(text)).toBeCloseTo(Date.parse(text), 3);
        },
      ),
    );
  });

  const at = Date.UTC(2024, 0, 15, 10, 30, 45);
  test.for<[unknown, number]>([
    ["2024-01-15T10:30:45Z", at],
    ["2024-01-15t10:30:45z", at],
    ["2024-01-15 10:30:45", at],
    ["2024-01-15 10:30:45 +0100", at - 3_600_000],
    ["2024-01-15T10:30:45-05:30", at + 5.5 * 3_600_000],
    ["2024-01-15T10:30:45.1Z", at + 100],
    ["2024-01-15T10:30:45,123", at + 123],
    ["2024-01-15T10:30:45.123456Z", at + 123.456],
    ["2024-01-15T10:30:45.123456789Z", at + 123.456789],
    ["  2024-01-15T10:30:45Z  ", at],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1)],
    [1_705_314_645, at],
    [1_705_314_645.5, at + 500],
    [1_705_314_645_000, at],
    [1_705_314_645_000_000, at],
    [1_705_314_645_000_000_000, at],
    ["1705314645", at],
    ["1705314645000", at],
    ["1705314645123456789", at + 123.456],
    ["1705314645.25", at + 250],
  ])("%j is understood", ([value, expected]) => {
    expect(parseTime(value)).toBeCloseTo(expected, 2);
  });

  test.for<[unknown]>([
    [""],
    ["yesterday"],
    ["2024-01-15"],
    ["2024-13-01T00:00:00Z"],
    ["2024-00-10T00:00:00Z"],
    ["2024-01-32T00:00:00Z"],
    ["2024-02-30T00:00:00Z"],
    ["2023-02-29T00:00:00Z"],
    ["2024-01-15T24:00:00Z"],
    ["2024-01-15T10:60:00Z"],
    ["2024-01-15T10:30:61Z"],
    ["2024-01-15T10:30:45+99:99"],
    ["2024-01-15T10:30:45.1234567890Z"],
    ["1969-12-31T23:59:59Z"],
    ["0000-01-01T00:00:00Z"],
    ["10000-01-01T00:00:00Z"],
    ["2024-01-15T10:30:45Z; DROP TABLE alerts"],
    ["9".repeat(20)],
    ["2".repeat(1_000_000)],
    [0],
    [-1],
    [NaN],
    [Infinity],
    [1e300],
    [null],
    [undefined],
    [true],
    [{}],
    [[1_705_314_645]],
    [1_705_314_645n],
  ])("no time: case %#", ([value]) => {
    expect(parseTime(value)).toBeNull();
  });
});
