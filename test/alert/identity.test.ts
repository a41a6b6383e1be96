import { describe, expect, test } from "vitest";
import { alertId, nextId } from "../../src/alert/identity.ts";

const AT_MS = Date.UTC(2024, 0, 15, 10, 30, 45, 678);

describe("an alert's id", () => {
  test("comes from the time", () => {
    expect(alertId(AT_MS, () => false)).toBe("anom_20240115_103045");
  });

  test("of the same second gets _2, _3 and so on", () => {
    const taken = new Set<string>();
    const ids = Array.from({ length: 4 }, () => {
      const id = alertId(AT_MS, (candidate) => taken.has(candidate));
      taken.add(id);
      return id;
    });
    expect(ids).toEqual([
      "anom_20240115_103045",
      "anom_20240115_103045_2",
      "anom_20240115_103045_3",
      "anom_20240115_103045_4",
    ]);
  });

  test.for<[string, string]>([
    ["anom_20240115_103045", "anom_20240115_103045_2"],
    ["anom_20240115_103045_2", "anom_20240115_103045_3"],
    ["anom_20240115_103045_9", "anom_20240115_103045_10"],
  ])("after %s comes %s", ([id, next]) => {
    expect(nextId(id, () => false)).toBe(next);
  });

  test("leaves out the next ids that are taken too", () => {
    const taken = new Set(["anom_20240115_103045_2", "anom_20240115_103045_3"]);
    expect(nextId("anom_20240115_103045", (id) => taken.has(id))).toBe("anom_20240115_103045_4");
  });
});
