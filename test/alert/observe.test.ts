import { describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import { evolve } from "../../src/alert/evolve.ts";
import { analysedNow, observedNow, openAlert, peakOf, type Analyse } from "../../src/alert/observe.ts";
import { analyseNothing } from "../support/alerts.ts";
import { T0 } from "../support/log-records.ts";
import {
  OPENED_AT_MS,
  sampleAlert,
  sampleAnomaly,
  sampleEvent,
  sampleEvidence,
} from "../support/sample-alert.ts";
import { sampleReport } from "../support/sample-report.ts";
import { baselineOf, windowStats } from "../support/window-stats.ts";

const SCENE = { evidence: [], suspects: [{ service: "cart", score: 0.8, because: ["first"] }] };

describe("a fresh alert", () => {
  test("leaves nothing out: unknown is null or empty", () => {
    const alert = openAlert(
      {
        id: "a",
        nowMs: T0,
        stats: windowStats({}),
        baseline: baselineOf({}),
        anomalies: [sampleAnomaly()],
        scene: { evidence: [], suspects: [] },
      },
      analyseNothing,
    );
    expect(alert).toMatchObject({
      suspectedService: null,
      suspects: [],
      evidence: [],
      metrics: {
        errorRate: 0,
        baselineErrorRate: null,
        totalLogs: 0,
        baselineTotalLogs: null,
        services: 0,
        baselineServices: null,
      },
      acknowledgedBy: null,
      resolvedAtMs: null,
    });
    expect(Object.values(alert)).not.toContain(undefined);
  });

  test("suspects whoever ranks first", () => {
    const opening = {
      id: "a",
      nowMs: T0,
      stats: windowStats({ cart: { total: 10 } }),
      baseline: baselineOf({}),
      anomalies: [sampleAnomaly()],
      scene: SCENE,
    };
    expect(openAlert(opening, analyseNothing).suspectedService).toBe("cart");
  });

  test("without a finding is a bug", () => {
    const opening = {
      id: "a",
      nowMs: T0,
      stats: windowStats({}),
      baseline: baselineOf({}),
      anomalies: [],
      scene: SCENE,
    };
    expect(() => openAlert(opening, analyseNothing)).toThrow(RangeError);
  });
});

describe("a finding at its peak", () => {
  const known = sampleAnomaly({ observed: 0.2, expected: 0.01, severity: "medium" });

  test("has the worst value under its first time and expectation", () => {
    const worse = sampleAnomaly({ observed: 0.4, expected: 0.02, severity: "high", detectedAtMs: T0 });
    expect(peakOf(known, worse)).toMatchObject({
      observed: 0.4,
      expected: 0.01,
      severity: "high",
      detectedAtMs: OPENED_AT_MS,
    });
  });

  test("is not lowered by a lighter sight, and gets no services from it", () => {
    const lighter = sampleAnomaly({ observed: 0.1, expected: 0.01, affectedServices: ["shop"] });
    expect(peakOf(known, lighter)).toEqual(known);
  });

  test("of fewer services is the lowest number", () => {
    const four = sampleAnomaly({ category: "service_change", observed: 4, expected: 8 });
    expect(peakOf(four, { ...four, observed: 1 }).observed).toBe(1);
    expect(peakOf(four, { ...four, observed: 4.5 }).observed).toBe(4);
  });
});

describe("the running alert with what is seen now", () => {
  const stats = windowStats({ cart: { total: 100, errors: 1 } });

  test("keeps peaks, and baselines as they were at its opening", () => {
    const alert = sampleAlert();
    expect(observedNow(alert, stats, [], SCENE).metrics).toEqual(alert.metrics);
  });

  test("keeps its evidence and suspects where none are seen", () => {
    const alert = sampleAlert();
    const { evidence, suspects, suspectedService } = observedNow(alert, stats, [], {
      evidence: [],
      suspects: [],
    });
    expect({ evidence, suspects, suspectedService }).toEqual({
      evidence: alert.evidence,
      suspects: alert.suspects,
      suspectedService: alert.suspectedService,
    });
  });

  const elsewhere = { evidence: [sampleEvidence({ template: "disk full" })], suspects: [] };

  test("goes on showing what Claude cites, or may be citing, under the same id", () => {
    const claude = {
      status: "done",
      by: "claude",
      model: "m",
      reason: null,
      report: sampleReport(),
    } as const;
    const cited = sampleAlert({ analysis: claude });
    const pending = sampleAlert();
    const done = sampleAlert({ analysis: { status: "done", by: "statistics", model: null, reason: null } });
    const shown = (alert: Alert): unknown =>
      observedNow(alert, stats, [], elsewhere).evidence.map(({ id, template }) => [id, template]);
    const both = [
      ["E2", "disk full"],
      ["E1", "Connection to <*> refused"],
    ];
    expect(shown(cited)).toEqual(both);
    expect(shown(pending)).toEqual(both);
    expect(shown(done)).toEqual([["E2", "disk full"]]);
  });

  test("is analysed again by statistics with what stands behind it, unless Claude has", () => {
    const report = sampleReport({ tier: "statistics" });
    const findings = { rootCause: "disk", impact: null, recommendedActions: [], confidence: null };
    const analyse: Analyse = ({ analysis }) => ({ findings, analysis: { ...analysis, report } });
    const open = sampleAlert();
    const observed = analysedNow(open, observedNow(open, stats, [], elsewhere), analyse);
    expect(observed).toMatchObject({ findings, report });
    expect(evolve(open, sampleEvent({ type: "peaked", observed })).analysis).toEqual({
      ...open.analysis,
      report,
    });
    const byClaude = sampleAlert({ analysis: { status: "done", by: "claude", model: "m", reason: null } });
    expect(analysedNow(byClaude, observedNow(byClaude, stats, [], elsewhere), analyse).findings).toBeNull();
  });
});
