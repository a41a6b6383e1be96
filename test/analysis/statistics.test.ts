import { describe, expect, test } from "vitest";
import type { Evidence } from "../../src/alert/alert.ts";
import { analyseByStatistics } from "../../src/analysis/statistics.ts";
import { OPENED_AT_MS, sampleAlert, sampleAnomaly, sampleEvidence } from "../support/sample-alert.ts";

function evidence(change: Partial<Evidence> = {}): Evidence {
  return sampleEvidence({ kind: "new_error", examples: [], ...change });
}

const NO_METRICS = { services: 0, baselineServices: null, errorRate: 0, baselineErrorRate: null };

describe("the statistical analysis of an error spike", () => {
  test("names the earliest new error, its service and the first suspect, with the numbers", () => {
    const later = evidence({
      id: "E2",
      service: "user-service",
      count: 900,
      firstSeenAtMs: OPENED_AT_MS - 30_000,
    });
    expect(analyseByStatistics(sampleAlert({ evidence: [later, evidence()] }))).toEqual({
      rootCause:
        'The earliest new error is "Connection to <*> refused" in payment-api, 12 times in the window, first at ' +
        "2024-01-15T10:29:45Z; payment-api is the first suspect (first error 12 s before the others).",
      impact:
        "Error rate 15.0 % against 1.0 % before (15 times as much), 1,234 records in 5 minutes of production; " +
        "affected: payment-api, user-service.",
      recommendedActions: [
        "Read the first errors of payment-api in E1 and what comes directly before them.",
        "Check what changed in payment-api shortly before 2024-01-15T10:29:45Z: deployments, configuration, feature flags, certificates.",
        "Check what payment-api depends on: databases, queues, other services.",
        "See whether user-service recover together with payment-api; what does not has a cause of its own.",
      ],
      confidence: 0.55,
    });
  });

  test("takes the most frequent error where none is new", () => {
    const known = [
      evidence({ kind: "error", count: 3 }),
      evidence({ kind: "error", id: "E2", template: "boom", count: 40 }),
    ];
    expect(analyseByStatistics(sampleAlert({ evidence: known, suspects: [] })).rootCause).toBe(
      'The most frequent error is "boom" in payment-api, 40 times in the window.',
    );
  });

  test("says only where the errors come from where no template was kept", () => {
    const found = analyseByStatistics(sampleAlert({ evidence: [], suspects: [] }));
    expect(found.rootCause).toBe("The added errors come from payment-api, user-service.");
    expect(found.confidence).toBe(0.2);
  });

  test("knows no cause where the data names none", () => {
    const found = analyseByStatistics(
      sampleAlert({
        evidence: [],
        suspects: [],
        affectedServices: [],
        suspectedService: null,
        anomalies: [],
      }),
    );
    expect(found).toMatchObject({ rootCause: null, confidence: null });
    expect(found.recommendedActions.length).toBeGreaterThanOrEqual(2);
    expect(found.recommendedActions.join(" ")).toContain("the services of production");
  });

  test.for([
    ["one witness alone", [evidence()], [], 0.2],
    ["a suspect that differs from the first error", [evidence({ service: "x" })], [0.8], 0.45],
    ["two suspects that are close", [evidence()], [0.8, 0.7], 0.45],
    ["everything in agreement", [evidence()], [0.8, 0.2], 0.55],
  ] as const)("is as sure as %s allows", ([, items, scores, expected]) => {
    const suspects = scores.map((score, i) => ({
      service: i === 0 ? "payment-api" : "cart",
      score,
      because: ["70.0 % of the added errors"],
    }));
    expect(analyseByStatistics(sampleAlert({ evidence: items, suspects })).confidence).toBe(expected);
  });

  test("says so where there is no baseline", () => {
    const metrics = { ...sampleAlert().metrics, baselineErrorRate: null };
    expect(analyseByStatistics(sampleAlert({ metrics })).impact).toContain("15.0 % no baseline known yet");
  });

  test("does not break over values that are no numbers and texts without end", () => {
    const odd = evidence({ firstSeenAtMs: Number.NaN, template: "x ".repeat(5_000), count: 1 });
    const found = analyseByStatistics(
      sampleAlert({ evidence: [odd], window: { startMs: Number.NaN, endMs: Number.NaN } }),
    );
    expect(found.rootCause?.length).toBeLessThan(500);
    expect(found.rootCause).toContain("once in the window");
    expect(JSON.stringify(found)).not.toContain("NaN");
  });
});

describe("the statistical analysis of other changes", () => {
  test("says where added volume comes from", () => {
    const anomaly = sampleAnomaly({ category: "volume_spike", affectedServices: ["cart", "web"] });
    const metrics = { ...sampleAlert().metrics, totalLogs: 12_000, baselineTotalLogs: 1_200 };
    const found = analyseByStatistics(
      sampleAlert({
        category: "volume_spike",
        anomalies: [anomaly],
        affectedServices: ["cart", "web"],
        evidence: [],
        metrics,
      }),
    );
    expect(found.rootCause).toBe("The added records come from cart, web, most first.");
    expect(found.impact).toContain("Log volume 12,000 against 1,200 before (10 times as much)");
    expect(found.recommendedActions[0]).toContain("Check the load on cart");
    expect(found.confidence).toBe(0.2);
  });

  test("names the services that went and those that came", () => {
    const found = analyseByStatistics(
      sampleAlert({
        category: "service_change",
        anomalies: [],
        metrics: { ...sampleAlert().metrics, ...NO_METRICS, services: 4, baselineServices: 9 },
        evidence: [
          evidence({ kind: "service_missing", service: "auth", template: null, count: 0 }),
          evidence({ kind: "service_missing", service: "mail", template: null, count: 0, id: "E2" }),
          evidence({ kind: "service_appeared", service: "mail-v2", template: null, count: 0, id: "E3" }),
        ],
      }),
    );
    expect(found.rootCause).toBe(
      "No longer logging: auth, mail; now logging and not in the baseline: mail-v2.",
    );
    expect(found.impact).toContain("Services that log: 4, against 9 before");
    expect(found.recommendedActions).toHaveLength(4);
  });

  test.for(["error_spike", "volume_spike", "service_change"] as const)(
    "recommends two to four things for %s and names nothing that the alert does not hold",
    (category) => {
      const { recommendedActions } = analyseByStatistics(
        sampleAlert({
          category,
          evidence: [],
          suspects: [],
          affectedServices: [],
          suspectedService: null,
          anomalies: [],
        }),
      );
      expect(recommendedActions.length).toBeGreaterThanOrEqual(2);
      expect(recommendedActions.length).toBeLessThanOrEqual(4);
      expect(recommendedActions.join(" ")).not.toMatch(/undefined|null|NaN|payment/);
    },
  );
});
