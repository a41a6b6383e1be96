import type { Alert } from "../../src/alert/alert.ts";
import { SYSTEM, type AlertChange, type AlertEvent } from "../../src/alert/event.ts";
import type { AlertCommit } from "../../src/alert/repository.ts";
import type { WindowDelta } from "../../src/window/delta.ts";

export const NOW_MS = Date.UTC(2024, 0, 15, 10, 30, 45);

export function sampleAlert(changes: Partial<Alert> = {}): Alert {
  return {
    id: "anom_20240115_103045",
    version: 1,
    detectedAtMs: NOW_MS,
    severity: "medium",
    category: "error_spike",
    status: "open",
    environment: "production",
    description: "Error rate 15.0 % against a baseline of 1.0 %",
    affectedServices: ["payment-api", "user-service"],
    suspectedService: "payment-api",
    suspects: [{ service: "payment-api", score: 0.8, because: ["first error 12 s before the others"] }],
    window: { startMs: NOW_MS - 300_000, endMs: NOW_MS },
    metrics: {
      errorRate: 0.15,
      baselineErrorRate: 0.01,
      totalLogs: 1234,
      baselineTotalLogs: null,
      services: 2,
      baselineServices: 2.5,
    },
    anomalies: [],
    evidence: [],
    analysis: { status: "pending", by: "statistics", model: null, reason: null },
    rootCause: null,
    impact: null,
    recommendedActions: [],
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
    ...changes,
  };
}

export function sampleEvent(change: AlertChange, atMs = NOW_MS): AlertEvent {
  return { ...change, atMs, actor: SYSTEM };
}

/** The commit that opens `alert`. */
export function opening(alert: Alert, changes: Partial<AlertCommit> = {}): AlertCommit {
  return {
    alert,
    expectedVersion: 0,
    events: [sampleEvent({ type: "opened", alert })],
    deliveries: [],
    claims: [],
    nowMs: NOW_MS,
    ...changes,
  };
}

/** A commit of one event on top of `alert`. */
export function following(alert: Alert, changes: Partial<AlertCommit> = {}): AlertCommit {
  return {
    alert: { ...alert, version: alert.version + 1 },
    expectedVersion: alert.version,
    events: [sampleEvent({ type: "acknowledged" })],
    deliveries: [],
    claims: [],
    nowMs: NOW_MS,
    ...changes,
  };
}

export function sampleDelta(changes: Partial<WindowDelta> = {}): WindowDelta {
  return {
    replica: "a",
    epoch: NOW_MS - 1_000,
    paneStartMs: NOW_MS,
    version: 1,
    input: true,
    late: 0,
    series: [
      {
        series: { environment: "production", namespace: "", service: "checkout" },
        levels: [0, 0, 0, 7, 0, 3, 0],
        templates: [["t1", 3]],
        samples: [],
      },
    ],
    ...changes,
  };
}

/** What Postgres cannot hold, beside what only looks like it. */
export const HOSTILE_TEXT = "a\u0000b \ud800 \\u0000 \\\u0000 'quoted' \"and\" ✓";
export const HOSTILE_TEXT_STORED = "a\ufffdb \ufffd \\u0000 \\\ufffd 'quoted' \"and\" ✓";
