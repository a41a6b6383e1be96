import { NEW_ALERT, type Alert, type Evidence } from "../../src/alert/alert.ts";
import {
  SYSTEM,
  type Actor,
  type AlertChange,
  type AlertEvent,
  type Observed,
} from "../../src/alert/event.ts";
import type { Anomaly } from "../../src/anomaly/anomaly.ts";

/** The time of the contract's example. */
export const OPENED_AT_MS = Date.UTC(2024, 0, 15, 10, 30, 45);

export const ALICE: Actor = { kind: "slack", id: "U01", name: "alice" };

/** The finding behind `sampleAlert`. */
export function sampleAnomaly(change: Partial<Anomaly> = {}): Anomaly {
  return {
    category: "error_spike",
    severity: "high",
    environment: "production",
    service: "payment-api",
    observed: 0.15,
    expected: 0.01,
    multiplier: 15,
    detectedAtMs: OPENED_AT_MS,
    pattern: null,
    description: "Error rate 15.0 % against a baseline of 1.0 %",
    affectedServices: ["payment-api", "user-service"],
    ...change,
  };
}

export function sampleEvidence(change: Partial<Evidence> = {}): Evidence {
  return {
    id: "E1",
    kind: "template",
    service: "payment-api",
    template: "Connection to <*> refused",
    count: 12,
    firstSeenAtMs: OPENED_AT_MS - 60_000,
    examples: ["Connection to db-1 refused"],
    ...change,
  };
}

/** The contract's example as the core holds it: just opened, the statistical findings there, Claude at work. */
export function sampleAlert(change: Partial<Alert> = {}): Alert {
  return {
    ...NEW_ALERT,
    id: "anom_20240115_103045",
    version: 1,
    detectedAtMs: OPENED_AT_MS,
    severity: "high",
    category: "error_spike",
    environment: "production",
    description: "Error rate 15.0 % against a baseline of 1.0 %",
    affectedServices: ["payment-api", "user-service"],
    suspectedService: "payment-api",
    suspects: [{ service: "payment-api", score: 0.8, because: ["first error 12 s before the others"] }],
    window: { startMs: OPENED_AT_MS - 300_000, endMs: OPENED_AT_MS },
    metrics: {
      errorRate: 0.15,
      baselineErrorRate: 0.01,
      totalLogs: 1_234,
      baselineTotalLogs: 1_200,
      services: 8,
      baselineServices: 8,
    },
    anomalies: [sampleAnomaly()],
    evidence: [sampleEvidence()],
    analysis: { status: "pending", by: "statistics", model: null, reason: null },
    rootCause: "The database refuses connections.",
    impact: "Payments fail.",
    recommendedActions: ["Check the connection pool of payment-api."],
    confidence: 0.5,
    ...change,
  };
}

/** What a tick sees where nothing has moved since `alert`. */
export function sampleObserved(alert: Alert = sampleAlert(), change: Partial<Observed> = {}): Observed {
  const { metrics, anomalies, affectedServices, suspectedService, suspects, evidence } = alert;
  return {
    metrics,
    anomalies,
    affectedServices,
    suspectedService,
    suspects,
    evidence,
    findings: null,
    ...change,
  };
}

export function sampleEvent(change: AlertChange, actor: Actor = SYSTEM, atMs = OPENED_AT_MS): AlertEvent {
  return { ...change, actor, atMs };
}
