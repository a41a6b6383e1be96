import type { Alert, Evidence } from "../../src/alert/alert.ts";
import { type AlertChange, type AlertEvent, type Actor, SYSTEM } from "../../src/alert/event.ts";
import type { Anomaly } from "../../src/anomaly/anomaly.ts";

export const OPENED_AT_MS = Date.UTC(2024, 0, 15, 10, 30, 45);

export const ALICE: Actor = { kind: "slack", id: "U01", name: "alice" };

export function sampleAnomaly(overrides: Partial<Anomaly> = {}): Anomaly {
  return {
    category: "error_spike",
    severity: "high",
    environment: "production",
    service: "payment-api",
    observed: 0.25,
    expected: 0.01,
    multiplier: 25,
    detectedAtMs: OPENED_AT_MS,
    pattern: null,
    description: "Error rate 25.0 % against a baseline of 1.0 %",
    affectedServices: ["payment-api"],
    ...overrides,
  };
}

export function sampleEvidence(overrides: Partial<Evidence> = {}): Evidence {
  return {
    id: "E1",
    kind: "template",
    service: "payment-api",
    template: "Connection to <*> refused",
    count: 120,
    firstSeenAtMs: OPENED_AT_MS - 30_000,
    examples: ["Connection to db-1 refused"],
    ...overrides,
  };
}

/** An alert as it opens: high, one service, Claude at work, the statistical findings there. */
export function sampleAlert(overrides: Partial<Alert> = {}): Alert {
  return {
    id: "anom_20240115_103045",
    version: 1,
    detectedAtMs: OPENED_AT_MS,
    severity: "high",
    category: "error_spike",
    status: "open",
    environment: "production",
    description: "Error rate 25.0 % against a baseline of 1.0 %",
    affectedServices: ["payment-api"],
    suspectedService: "payment-api",
    suspects: [{ service: "payment-api", score: 0.8, because: ["first error 12 s before the others"] }],
    window: { startMs: OPENED_AT_MS - 300_000, endMs: OPENED_AT_MS },
    metrics: {
      errorRate: 0.25,
      baselineErrorRate: 0.01,
      totalLogs: 1_234,
      baselineTotalLogs: 1_200,
      services: 4,
      baselineServices: 4,
    },
    anomalies: [sampleAnomaly()],
    evidence: [sampleEvidence()],
    analysis: { status: "pending", by: "statistics", model: null, reason: null },
    rootCause: "payment-api began to fail 12 s before the others",
    impact: "25 % of the records of payment-api are errors",
    recommendedActions: ["Look at the first errors of payment-api"],
    confidence: null,
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    resolvedAtMs: null,
    resolvedBy: null,
    resolution: null,
    adopted: [],
    mutedUntilMs: null,
    snoozedUntilMs: null,
    shadow: false,
    ...overrides,
  };
}

export function event(change: AlertChange, actor: Actor = SYSTEM, atMs = OPENED_AT_MS): AlertEvent {
  return { ...change, actor, atMs };
}

/** Everything in it is hostile and far too long. */
export function hostileAlert(): Alert {
  const shout =
    "<!channel> <!here> @channel @here <@U01> <https://evil.example|bank> & `x` *b* _i_ \u202e\u0000";
  const long = `${shout} https://evil.example/${"a".repeat(5_000)} ${"& < > ".repeat(3_000)}`;
  const services = Array.from({ length: 200 }, (_, index) => `${shout}-${index}`);
  return sampleAlert({
    description: long,
    environment: long,
    affectedServices: services,
    suspectedService: long,
    evidence: Array.from({ length: 200 }, () => sampleEvidence({ template: long, service: long })),
    analysis: { status: "failed", by: "statistics", model: null, reason: long },
    rootCause: long,
    impact: long,
    recommendedActions: Array.from({ length: 200 }, () => long),
    acknowledgedBy: long,
    acknowledgedAtMs: OPENED_AT_MS,
    status: "resolved",
    resolvedAtMs: OPENED_AT_MS + 60_000,
    resolvedBy: long,
    resolution: long,
  });
}
