import type { Alert } from "../../src/alert/alert.ts";
import type { Anomaly } from "../../src/anomaly/anomaly.ts";

/** 2024-01-15T10:30:45Z, the time of the contract's example. */
export const EXAMPLE_AT_MS = 1_705_314_645_000;

export function exampleAnomaly(change: Partial<Anomaly> = {}): Anomaly {
  return {
    category: "error_spike",
    severity: "high",
    environment: "production",
    service: "payment-api",
    observed: 0.15,
    expected: 0.01,
    multiplier: 15,
    detectedAtMs: EXAMPLE_AT_MS,
    pattern: null,
    description: "Error rate 15.0 % against a baseline of 1.0 %",
    affectedServices: ["payment-api", "user-service"],
    ...change,
  };
}

/** The contract's example as the core holds it. */
export function exampleAlert(change: Partial<Alert> = {}): Alert {
  return {
    id: "anom_20240115_103045",
    version: 1,
    detectedAtMs: EXAMPLE_AT_MS,
    severity: "high",
    category: "error_spike",
    status: "open",
    environment: "production",
    description: "Error rate 15.0 % against a baseline of 1.0 %",
    affectedServices: ["payment-api", "user-service"],
    suspectedService: "payment-api",
    suspects: [{ service: "payment-api", score: 0.8, because: ["first error 12 s before the others"] }],
    window: { startMs: EXAMPLE_AT_MS - 300_000, endMs: EXAMPLE_AT_MS },
    metrics: {
      errorRate: 0.15,
      baselineErrorRate: 0.01,
      totalLogs: 1234,
      baselineTotalLogs: 1200,
      services: 8,
      baselineServices: 8,
    },
    anomalies: [exampleAnomaly()],
    evidence: [
      {
        id: "E1",
        kind: "template",
        service: "payment-api",
        template: "Connection to <*> refused",
        count: 12,
        firstSeenAtMs: EXAMPLE_AT_MS - 60_000,
        examples: ["Connection to db-1 refused"],
      },
    ],
    analysis: { status: "pending", by: "statistics", model: null, reason: null },
    rootCause: "The database refuses connections.",
    impact: "Payments fail.",
    recommendedActions: ["Check the connection pool of payment-api."],
    confidence: 0.5,
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    resolvedAtMs: null,
    resolvedBy: null,
    resolution: null,
    adopted: [],
    mutedUntilMs: null,
    snoozedUntilMs: null,
    shadow: false,
    ...change,
  };
}
