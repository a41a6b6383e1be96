import { describe, expect, test } from "vitest";
import { attributeEvidence } from "../../src/alert/attribute-evidence.ts";
import { RecentRecords } from "../../src/window/recent.ts";
import { logRecord, T0 } from "../support/log-records.ts";

const MINUTE_MS = 60_000;
const FROM_MS = T0 + 30 * MINUTE_MS;
const NOBODY: ReadonlySet<string> = new Set();

function recent(redact = (text: string): string => text): RecentRecords {
  return new RecentRecords({ redact, textOf: (_key, id) => id });
}

function log(records: RecentRecords, timeMs: number, level: string, pod: string, service = "cart"): void {
  const resource = new Map([["k8s.pod.name", pod]]);
  records.observe({ ...logRecord(timeMs, { level, service }), resource }, "served");
}

/** Half an hour of calm, then a window in which `level` comes from pod-3. */
function broken(level: string, redact?: (text: string) => string): RecentRecords {
  const records = recent(redact);
  for (let i = 0; i < 180; i++) log(records, T0 + i * 10_000, "INFO", `pod-${i % 6}`);
  for (let i = 0; i < 40; i++) log(records, FROM_MS + i * 1_000, level, "pod-3");
  return records;
}

describe("an alert", () => {
  test("shows the value that its errors have in common, with the shares", () => {
    expect(attributeEvidence(broken("ERROR"), "production", FROM_MS, NOBODY)).toMatchObject([
      {
        kind: "attribute",
        service: "cart",
        template: "k8s.pod.name=pod-3",
        count: 40,
        firstSeenAtMs: FROM_MS,
        note: "on 100.0 % of the errors of cart in the window, 16.7 % of its other records, 5.9 times as often",
      },
    ]);
  });

  test("about a service that does not err shows what its records have in common now, and did not before", () => {
    const found = attributeEvidence(broken("INFO"), "production", FROM_MS, new Set(["cart"]));
    expect(found).toMatchObject([{ template: "k8s.pod.name=pod-3", count: 40 }]);
    expect(found[0]?.note).toContain("of the records of cart in the window");
    expect(attributeEvidence(broken("INFO"), "production", FROM_MS, NOBODY)).toEqual([]);
  });

  test("shows no value that the one redactor has not seen", () => {
    const redact = (text: string): string => text.replace("pod-3", "<secret>");
    const [item] = attributeEvidence(broken("ERROR", redact), "production", FROM_MS, NOBODY);
    expect(JSON.stringify(item)).not.toContain("pod-3");
    expect(item?.template).toBe("k8s.pod.name=<secret>");
  });

  test("shows nothing of another environment", () => {
    expect(attributeEvidence(broken("ERROR"), "staging", FROM_MS, new Set(["cart"]))).toEqual([]);
  });
});
