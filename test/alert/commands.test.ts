import { describe, expect, test } from "vitest";
import {
  decideAcknowledge,
  decideAnalyze,
  decideRate,
  decideResolve,
  type Decide,
} from "../../src/alert/commands.ts";
import type { Alert } from "../../src/alert/alert.ts";
import { OPENED_AT_MS, sampleAlert } from "../support/sample-alert.ts";

const OPEN = sampleAlert({ analysis: { status: "done", by: "claude", model: "m", reason: null } });
const ACKNOWLEDGED = sampleAlert({
  status: "acknowledged",
  acknowledgedBy: "alice",
  acknowledgedAtMs: OPENED_AT_MS,
});
const NOW_MS = OPENED_AT_MS + 2 * 60_000;
const RESOLVED = sampleAlert({ status: "resolved", resolvedBy: "bob", resolvedAtMs: OPENED_AT_MS });
const ANALYSING = sampleAlert({
  analysis: { status: "pending", by: "statistics", model: null, reason: null },
});

describe("a person's word", () => {
  test.for<[string, Decide, Alert, string]>([
    ["acknowledge, open", decideAcknowledge, OPEN, "acknowledged"],
    [
      "acknowledge, acknowledged",
      decideAcknowledge,
      ACKNOWLEDGED,
      "anom_20240115_103045 was already acknowledged by alice 2 m ago.",
    ],
    [
      "acknowledge, resolved",
      decideAcknowledge,
      RESOLVED,
      "anom_20240115_103045 was already resolved by bob 2 m ago.",
    ],
    ["resolve, open", decideResolve, OPEN, "resolved"],
    ["resolve, acknowledged", decideResolve, ACKNOWLEDGED, "resolved"],
    [
      "resolve, resolved",
      decideResolve,
      RESOLVED,
      "anom_20240115_103045 was already resolved by bob 2 m ago.",
    ],
    ["analyze, analysed", decideAnalyze(null), OPEN, "analysis_requested"],
    [
      "analyze, analysing",
      decideAnalyze(null),
      ANALYSING,
      "An analysis of anom_20240115_103045 is already running.",
    ],
    ["analyze with a hint", decideAnalyze(" the deploy "), OPEN, "noted,analysis_requested"],
    [
      "analyze with a hint too long",
      decideAnalyze("x".repeat(2_001)),
      OPEN,
      "A hint has at most 2000 characters.",
    ],
    ["rate an analysis", decideRate("wrong", "U01"), OPEN, "rated"],
    [
      "rate what is not there yet",
      decideRate("wrong", "U01"),
      sampleAlert({ rootCause: null }),
      "There is no analysis of anom_20240115_103045 yet.",
    ],
    [
      "analyze, failed",
      decideAnalyze(null),
      sampleAlert({ analysis: { status: "failed", by: "statistics", model: null, reason: "x" } }),
      "analysis_requested",
    ],
  ])("%s: the change, or the sentence why not", ([, decide, alert, expected]) => {
    const decision = decide(alert, NOW_MS);
    const said =
      decision.kind === "refused" ? decision.message : decision.changes.map(({ type }) => type).join();
    expect(said).toBe(expected);
  });
});
