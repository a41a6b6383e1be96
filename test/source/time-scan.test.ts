import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Head } from "../../src/source/head.ts";
import { TimeScan, type DateOrder } from "../../src/source/time-scan.ts";
import { Timeline } from "../../src/source/timeline.ts";

const NOW = Date.parse("2024-06-01T12:00:00Z");

/** The time at the beginning of the text and what follows it; null where it begins with none. */
function scan(text: string, order: DateOrder | null = null): { time: string; rest: string } | null {
  const head = new Head();
  const time = new TimeScan();
  head.load(text);
  if (!time.scan(head, 0, order)) return null;
  const timeMs = new Timeline(NOW).timeOf(time);
  return { time: new Date(timeMs).toISOString(), rest: text.slice(time.end) };
}

const AT = "2024-01-15T10:30:45.000Z";
const AT_MS = "2024-01-15T10:30:45.123Z";

describe("a time at the beginning of a line", () => {
  test.for<[text: string, time: string]>([
    ["2024-01-15T10:30:45Z", AT],
    ["2024-01-15T10:30:45.123456789Z", AT_MS],
    ["2024-01-15t10:30:45,123z", AT_MS],
    ["2024-01-15 10:30:45.123", AT_MS],
    ["2024-01-15  10:30:45", AT],
    ["2024-01-15_10:30:45", AT],
    ["2024-01-15-10.30.45.123456", AT_MS],
    ["2024-01-15T11:30:45+01:00", AT],
    ["2024-01-15 05:00:45 -0530", AT],
    ["2024-01-15 10:30:45+00", AT],
    ["2024-01-15 10:30:45 UTC", AT],
    ["2024-01-15 05:30:45 EST", AT],
    ["2024-01-15T10:30", "2024-01-15T10:30:00.000Z"],
    ["2024/01/15 10:30:45", AT],
    ["2024.01.15 10:30:45", AT],
    ["2024-Jan-15 10:30:45", AT],
    ["2024-1-5 9:03:07", "2024-01-05T09:03:07.000Z"],
    ["20240115T103045Z", AT],
    ["20240115103045", AT],
    ["20240115-10:30:45:123", AT_MS],
    ["20240115-10:30:45:7", "2024-01-15T10:30:45.007Z"],
    ["240115 103045", AT],
    ["240115 10:30:45", AT],
    ["24/01/15 10:30:45", AT],
    ["15/Jan/2024:11:30:45 +0100", AT],
    ["15-Jan-2024 10:30:45.123", AT_MS],
    ["15-Jan-24 10:30:45", AT],
    ["15 Jan 2024 10:30:45", AT],
    ["15.01.2024 10:30:45", AT],
    ["1/15/2024 10:30:45 AM", AT],
    ["01/15/2024 12:00:01 AM", "2024-01-15T00:00:01.000Z"],
    ["01/15/2024, 10:30:45 pm", "2024-01-15T22:30:45.000Z"],
    ["Jan 15 10:30:45", AT],
    ["Jan  5 10:30:45", "2024-01-05T10:30:45.000Z"],
    ["January 15, 2024 10:30:45", AT],
    ["Jan 15 10:30:45 2024", AT],
    ["Mon Jan 15 10:30:45 2024", AT],
    ["Mon Jan 15 10:30:45.123456 2024", AT_MS],
    ["Mon Jan 15 10:30:45 UTC 2024", AT],
    ["Monday, 15 Jan 2024 10:30:45 GMT", AT],
    ["01-15 10:30:45.123", AT_MS],
    ["01.15 10:30:45", AT],
    ["I0115 10:30:45.123456", AT_MS],
    ["1705314645", AT],
    ["1705314645.123", AT_MS],
    ["1705314645123", AT_MS],
    ["1705314645123000", AT_MS],
    ["1705314645123000000", AT_MS],
    ["10:30:45.123", "2024-06-01T10:30:45.123Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
  ])("%s is read", ([text, time]) => {
    for (const rest of ["", " INFO x", "] x", ": x"]) {
      const found = scan(text + rest);
      expect({ time: found?.time.replace(/\.(\d{3})\d*Z/, ".$1Z"), rest: found?.rest }).toEqual({
        time,
        rest,
      });
    }
  });

  test.for([
    "2023-02-29T00:00:00Z",
    "2024-13-01 00:00:00",
    "2024-01-32 00:00:00",
    "2024-01-15T25:00:00Zx",
    "10:30",
    "10:30:61",
    "24:00:00",
    "192.168.10.12",
    "10.0.0.1:8080",
    "1.2.3",
    "123456",
    "20241301 000000",
    "999999999",
    "9999999999999",
    "17053146451",
    "1705314645abc",
    "2024-01-15T10:30:45Zulu_time",
    "January",
    "Mon",
    "Marble 15 10:30:45",
    "deadbeef",
    "",
  ])("%s is none", (text) => {
    const found = scan(text);
    // A date alone may be left of it, never a clock that is wrong.
    expect(found === null || found.time.endsWith("T00:00:00.000Z")).toBe(true);
  });

  test("day and month go by the order asked for, and by the other where that makes no date", () => {
    expect(scan("03/04/2024 10:00:00", "dmy")?.time).toBe("2024-04-03T10:00:00.000Z");
    expect(scan("03/04/2024 10:00:00", "mdy")?.time).toBe("2024-03-04T10:00:00.000Z");
    expect(scan("03/14/2024 10:00:00", "dmy")?.time).toBe("2024-03-14T10:00:00.000Z");
    expect(scan("03/04/05 10:00:00", "ymd")?.time).toBe("2003-04-05T10:00:00.000Z");
    expect(scan("03/04/05 10:00:00", "dmy")?.time).toBe("2005-04-03T10:00:00.000Z");
  });

  test("any time is read back from the way it is written", () => {
    const written = fc.date({
      min: new Date("1971-01-01"),
      max: new Date("2198-01-01"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(written, fc.constantFrom("T", " "), fc.constantFrom(".", ","), (date, gap, mark) => {
        const iso = date.toISOString();
        const text = iso.replace("T", gap).replace(".", mark);
        expect(scan(`${text} x`)).toEqual({ time: iso, rest: " x" });
      }),
    );
  });

  test("no text makes it fail", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Za-z:./, +-]{0,40}$/), (text) => {
        const found = scan(text);
        expect(found === null || found.rest.length < text.length).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
