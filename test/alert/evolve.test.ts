import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alert, AnalysisState, Findings } from "../../src/alert/alert.ts";
import type { AlertChange, Observed } from "../../src/alert/event.ts";
import { evolve, gravest } from "../../src/alert/evolve.ts";
import { severityRank, type Anomaly } from "../../src/anomaly/anomaly.ts";
import {
  ALICE,
  OPENED_AT_MS,
  sampleAlert,
  sampleAnomaly,
  sampleEvent,
  sampleObserved,
} from "../support/sample-alert.ts";

const LATER = OPENED_AT_MS + 60_000;

const MEDIUM = sampleAnomaly({
  severity: "medium",
  service: null,
  description: "errors",
  affectedServices: ["payment-api"],
});
const HIGH = sampleAnomaly({
  category: "volume_spike",
  severity: "high",
  service: null,
  description: "volume",
  detectedAtMs: LATER,
  affectedServices: ["cart"],
});
const ALERT = sampleAlert({
  severity: "medium",
  anomalies: [MEDIUM],
  description: "errors",
  affectedServices: ["payment-api"],
});

const FINDINGS: Findings = {
  rootCause: "pool exhausted",
  impact: "payments fail",
  recommendedActions: ["raise it"],
  confidence: 0.9,
};
const BY_CLAUDE: AnalysisState = { status: "done", by: "claude", model: "m", reason: null };

function observed(change: Partial<Observed> = {}): Observed {
  return sampleObserved(ALERT, change);
}

function after(change: AlertChange, alert: Alert = ALERT): Alert {
  return evolve(alert, sampleEvent(change, ALICE, LATER));
}

describe("an alert after one event", () => {
  test.for<[string, AlertChange, Partial<Alert>]>([
    [
      "a graver finding raises severity and names the alert",
      { type: "anomaly_added", anomaly: HIGH },
      {
        severity: "high",
        category: "volume_spike",
        description: "volume",
        affectedServices: ["payment-api", "cart"],
        anomalies: [MEDIUM, HIGH],
      },
    ],
    [
      "a lighter finding lowers nothing",
      { type: "anomaly_added", anomaly: { ...HIGH, category: "service_change", severity: "low" } },
      { severity: "medium", category: "error_spike", description: "errors" },
    ],
    ["an escalation raises severity", { type: "escalated", severity: "critical" }, { severity: "critical" }],
    ["an escalation never lowers it", { type: "escalated", severity: "low" }, { severity: "medium" }],
    [
      "a peak takes what was observed and keeps the findings of the analysis",
      {
        type: "peaked",
        observed: observed({ anomalies: [{ ...MEDIUM, severity: "high", description: "worse" }] }),
      },
      { severity: "high", description: "worse", rootCause: ALERT.rootCause },
    ],
    [
      "a peak with findings takes them",
      { type: "peaked", observed: observed({ findings: FINDINGS }) },
      { ...FINDINGS },
    ],
    ["adoption is noted once", { type: "adopted", category: "error_spike" }, { adopted: ["error_spike"] }],
    [
      "acknowledging says who and when",
      { type: "acknowledged" },
      { status: "acknowledged", acknowledgedBy: "alice", acknowledgedAtMs: LATER },
    ],
    [
      "resolving says who, when and why",
      { type: "resolved", resolution: "by hand" },
      { status: "resolved", resolvedBy: "alice", resolvedAtMs: LATER, resolution: "by hand" },
    ],
    [
      "a wanted analysis is pending, and the last one stands until it comes",
      { type: "analysis_requested" },
      { analysis: { ...ALERT.analysis, status: "pending", reason: null }, rootCause: ALERT.rootCause },
    ],
    [
      "an analysis replaces the one before",
      { type: "analysed", analysis: BY_CLAUDE, findings: FINDINGS },
      { ...FINDINGS, analysis: BY_CLAUDE },
    ],
    [
      "a failed analysis says why and takes nothing away",
      { type: "analysis_failed", reason: "timeout" },
      {
        analysis: { ...ALERT.analysis, status: "failed", reason: "timeout" },
        rootCause: ALERT.rootCause,
      },
    ],
  ])("%s", ([, change, expected]) => {
    expect(after(change)).toMatchObject({ ...expected, version: ALERT.version + 1 });
  });

  test("reopening forgets how it was closed and who acknowledged it", () => {
    const closed = after({ type: "resolved", resolution: "back to normal" }, after({ type: "acknowledged" }));
    expect(after({ type: "reopened", anomaly: HIGH }, closed)).toMatchObject({
      status: "open",
      resolvedAtMs: null,
      resolvedBy: null,
      resolution: null,
      acknowledgedBy: null,
      acknowledgedAtMs: null,
      severity: "high",
    });
  });

  test("a finding that comes again replaces itself", () => {
    const again = { ...MEDIUM, observed: 0.3 };
    expect(after({ type: "anomaly_added", anomaly: again }).anomalies).toEqual([again]);
  });
});

describe("whatever happens", () => {
  const severity = fc.constantFrom("low", "medium", "high", "critical" as const);
  const anomaly: fc.Arbitrary<Anomaly> = fc
    .record({
      severity,
      category: fc.constantFrom("error_spike", "volume_spike", "service_change" as const),
      detectedAtMs: fc.integer({ min: OPENED_AT_MS, max: LATER }),
    })
    .map((change) => sampleAnomaly({ ...change, service: null }));
  const change: fc.Arbitrary<AlertChange> = fc.oneof(
    anomaly.map((one): AlertChange => ({ type: "anomaly_added", anomaly: one })),
    anomaly.map((one): AlertChange => ({ type: "reopened", anomaly: one })),
    severity.map((one): AlertChange => ({ type: "escalated", severity: one })),
    fc.array(anomaly, { minLength: 1, maxLength: 3 }).map((anomalies): AlertChange => ({
      type: "peaked",
      observed: observed({ anomalies }),
    })),
    fc.constant<AlertChange>({ type: "acknowledged" }),
    fc.constant<AlertChange>({ type: "resolved", resolution: "x" }),
  );

  test("severity only rises, the version counts events, and resolved_at stands iff it is resolved", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        let alert = ALERT;
        let applied = 0;
        for (const one of changes) {
          // Nobody acknowledges what is resolved: the command refuses it.
          if (one.type === "acknowledged" && alert.status === "resolved") continue;
          const next = after(one, alert);
          applied += 1;
          expect(severityRank(next.severity)).toBeGreaterThanOrEqual(severityRank(alert.severity));
          expect(next.resolvedAtMs !== null).toBe(next.status === "resolved");
          expect(next.category).toBe(gravest(next.anomalies)?.category);
          alert = next;
        }
        expect(alert.version).toBe(ALERT.version + applied);
      }),
    );
  });
});

describe("the gravest finding", () => {
  test("is the one of highest severity, of equals the earliest", () => {
    const early = { ...HIGH, detectedAtMs: OPENED_AT_MS - 1 };
    expect(gravest([MEDIUM, HIGH, early])).toBe(early);
    expect(gravest([])).toBeUndefined();
  });
});
