import { describe, expect, test } from "vitest";
import { lasting } from "../../src/alert/loud-and-early.ts";
import { recentEvidence, type EvidenceItem } from "../../src/alert/recent-evidence.ts";
import { RecentRecords } from "../../src/window/recent.ts";
import { logRecord } from "../support/log-records.ts";

const MINUTE_MS = 60_000;
const ZERO_MS = 1_000 * MINUTE_MS;
const END_MS = ZERO_MS + 100 * MINUTE_MS;
const FROM_MS = END_MS - 5 * MINUTE_MS;

interface Said {
  readonly service?: string;
  readonly level?: string;
  readonly minutes: readonly number[];
}

function every(step: number, from: number): readonly number[] {
  return Array.from({ length: Math.ceil((100 - from) / step) }, (_, i) => from + i * step);
}

function found(said: Said): readonly EvidenceItem[] {
  const recent = new RecentRecords({ redact: (text) => text, textOf: (_key, id) => id });
  const say = (service: string, level: string, body: string, minute: number): void =>
    recent.observe(logRecord(ZERO_MS + minute * MINUTE_MS, { service, level, body }), body);
  for (let minute = Math.min(0, (said.minutes[0] ?? 0) - 10); minute < 100; minute++)
    say("cart", "INFO", "all is well", minute);
  for (const minute of said.minutes) say(said.service ?? "cart", said.level ?? "ERROR", "it broke", minute);
  return recentEvidence({
    recent,
    environment: "production",
    fromMs: FROM_MS,
    toMs: END_MS,
  }).items.filter(({ template }) => template === "it broke");
}

describe("recentEvidence", () => {
  test.for<[string, Said, { kind: string; count: number }[]]>([
    ["an error that began in the window is new", { minutes: [97, 98] }, [{ kind: "new_error", count: 2 }]],
    [
      "an error that began twenty minutes ago and came a few times is new, and counted from then on",
      { minutes: [80, 85, 90, 96] },
      [{ kind: "new_error", count: 4 }],
    ],
    [
      "so is one that stopped before the window",
      { minutes: [80, 82, 84] },
      [{ kind: "new_error", count: 3 }],
    ],
    ["twice before the window is coincidence", { minutes: [80, 82] }, []],
    [
      "what comes now and then all the time is rare, not new",
      { minutes: [10, 40, 75, 96] },
      [{ kind: "rare_error", count: 1 }],
    ],
    ["a warning that comes now and then is neither", { level: "WARN", minutes: [10, 40, 75, 96] }, []],
    [
      "an error that comes often is not rare",
      { minutes: [10, 20, 30, 40, 50, 55, 60, 65, 70, 80, 85, 90, 96] },
      [],
    ],
    ["what was new hours ago and goes on is the usual now", { level: "WARN", minutes: every(2, -110) }, []],
    [
      "a warning that is the first word of its service is new",
      { service: "db", level: "WARN", minutes: [85, 90, 96] },
      [{ kind: "new_warning", count: 3 }],
    ],
    [
      "a quiet line that is the first word of its service is not",
      { service: "db", level: "INFO", minutes: [85, 90, 96] },
      [],
    ],
    ["nothing is new while everything is", { minutes: [1, 97, 98] }, [{ kind: "rare_error", count: 2 }]],
  ])("%s", ([, said, expected]) => {
    expect(found(said).map(({ kind, count }) => ({ kind, count }))).toEqual(expected);
  });

  test("an item that began before the window says how much of it is in the window", () => {
    expect(found({ minutes: [80, 85, 90, 96] })[0]?.note).toContain("1 of it in this window");
  });
});

describe("lasting", () => {
  test.for<[readonly number[], readonly number[]]>([
    [
      [1, 2, 3, 9],
      [3, 9],
    ],
    [[1, 2], [2]],
    [
      [1, 1],
      [1, 1],
    ],
    [[], []],
  ])("of %o keeps %o", ([counts, kept]) => {
    expect(lasting(counts, (count) => count)).toEqual(kept);
  });
});
