import type { Alert } from "../../src/alert/alert.ts";
import { OPENED_AT_MS, sampleAlert, sampleAnomaly, sampleEvidence } from "./sample-alert.ts";

/** The sample alert in one service alone, worse, and with findings that know no confidence. */
export function loneAlert(change: Partial<Alert> = {}): Alert {
  return sampleAlert({
    description: "Error rate 25.0 % against a baseline of 1.0 %",
    affectedServices: ["payment-api"],
    metrics: { ...sampleAlert().metrics, errorRate: 0.25 },
    anomalies: [
      sampleAnomaly({
        observed: 0.25,
        multiplier: 25,
        description: "Error rate 25.0 % against a baseline of 1.0 %",
        affectedServices: ["payment-api"],
      }),
    ],
    evidence: [sampleEvidence({ count: 120 })],
    rootCause: "payment-api began to fail 12 s before the others",
    impact: "25 % of the records of payment-api are errors",
    recommendedActions: ["Look at the first errors of payment-api"],
    confidence: null,
    ...change,
  });
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
