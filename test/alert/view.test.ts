import { describe, expect, test } from "vitest";
import { alertView } from "../../src/alert/view.ts";
import { OPENED_AT_MS, sampleAlert, sampleAnomaly } from "../support/sample-alert.ts";

describe("alertView", () => {
  test("shows the contract's example in the contract's shape", () => {
    expect(alertView(sampleAlert())).toStrictEqual({
      anomaly_id: "anom_20240115_103045",
      detected_at: "2024-01-15T10:30:45Z",
      since: null,
      severity: "high",
      category: "error_spike",
      status: "open",
      environment: "production",
      description: "Error rate 15.0 % against a baseline of 1.0 %",
      affected_services: ["payment-api", "user-service"],
      suspected_service: "payment-api",
      suspects: [{ service: "payment-api", score: 0.8, because: ["first error 12 s before the others"] }],
      window: { start: "2024-01-15T10:25:45Z", end: "2024-01-15T10:30:45Z" },
      metrics: {
        error_rate: 0.15,
        baseline_error_rate: 0.01,
        total_logs: 1234,
        baseline_total_logs: 1200,
        services: 8,
        baseline_services: 8,
      },
      anomalies: [
        {
          category: "error_spike",
          severity: "high",
          service: "payment-api",
          observed: 0.15,
          expected: 0.01,
          multiplier: 15,
          detected_at: "2024-01-15T10:30:45Z",
          pattern: null,
          since: null,
          detector: null,
          expected_range: null,
          score: null,
          window_seconds: null,
        },
      ],
      evidence: [
        {
          id: "E1",
          kind: "template",
          service: "payment-api",
          template: "Connection to <*> refused",
          count: 12,
          first_seen_at: "2024-01-15T10:29:45Z",
          examples: ["Connection to db-1 refused"],
          note: null,
        },
      ],
      analysis: { status: "pending", by: "statistics", model: null, reason: null, report: null },
      root_cause: "The database refuses connections.",
      impact: "Payments fail.",
      recommended_actions: ["Check the connection pool of payment-api."],
      confidence: 0.5,
      acknowledged_by: null,
      acknowledged_at: null,
      resolved_by: null,
      resolved_at: null,
      resolution: null,
      aftermath: null,
      assignee: null,
      verdict: null,
      verdict_by: null,
      notes: [],
      feedback: [],
      merged_into: null,
      merged: [],
      muted_until: null,
      muted_by: null,
      snoozed_until: null,
      shadow: false,
    });
  });

  test("prints the time of detection to the second, also where the clock knew milliseconds", () => {
    const at = OPENED_AT_MS + 987;
    const view = alertView(
      sampleAlert({ detectedAtMs: at, anomalies: [sampleAnomaly({ detectedAtMs: at })] }),
    );
    expect(view.detected_at).toBe("2024-01-15T10:30:45Z");
    expect(view.anomalies[0]?.detected_at).toBe("2024-01-15T10:30:45Z");
  });

  test("shows who did what and when, once somebody did", () => {
    const view = alertView(
      sampleAlert({
        status: "resolved",
        acknowledgedBy: "Ada",
        acknowledgedAtMs: OPENED_AT_MS + 1_000,
        resolvedBy: "Tocsin",
        resolvedAtMs: OPENED_AT_MS + 2_500,
        resolution: "The condition has been gone for one window.",
        mutedUntilMs: OPENED_AT_MS + 60_000,
        snoozedUntilMs: OPENED_AT_MS + 120_000,
        shadow: true,
      }),
    );
    expect(view).toMatchObject({
      acknowledged_by: "Ada",
      acknowledged_at: "2024-01-15T10:30:46Z",
      resolved_by: "Tocsin",
      resolved_at: "2024-01-15T10:30:47.500Z",
      resolution: "The condition has been gone for one window.",
      muted_until: "2024-01-15T10:31:45Z",
      snoozed_until: "2024-01-15T10:32:45Z",
      shadow: true,
    });
  });

  test("has null where a number is not one, and never loses a field on the way through JSON", () => {
    const view = alertView(
      sampleAlert({
        confidence: null,
        metrics: {
          errorRate: Number.NaN,
          baselineErrorRate: null,
          totalLogs: 5,
          baselineTotalLogs: null,
          services: 1,
          baselineServices: null,
        },
        anomalies: [sampleAnomaly({ expected: 0, multiplier: Number.POSITIVE_INFINITY, service: null })],
      }),
    );
    expect(view.metrics.error_rate).toBeNull();
    expect(view.anomalies[0]?.multiplier).toBeNull();
    expect(JSON.parse(JSON.stringify(view))).toStrictEqual(view);
  });
});
