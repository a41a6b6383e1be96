import { expect, test } from "vitest";
import type { Category } from "../../src/anomaly/anomaly.ts";
import { originsOf } from "../../src/analysis/origin.ts";
import { sampleAnomaly, sampleEvidence } from "../support/sample-alert.ts";

const EVIDENCE = [sampleEvidence({ kind: "new_error", service: "loud" })];

function origins(...categories: readonly Category[]): readonly string[] {
  const anomalies = categories.map((category) => sampleAnomaly({ category }));
  return originsOf({ anomalies, evidence: EVIDENCE, suspectedService: "slow" });
}

test.for<[string, readonly Category[], readonly string[]]>([
  ["errors decide where the alert is about errors", ["error_spike"], ["loud", "slow"]],
  ["… and where one finding of several is", ["slow_trace", "new_pattern"], ["loud", "slow"]],
  ["what is slow or silent comes first where nothing errs", ["slow_trace", "silence"], ["slow", "loud"]],
])("%s", ([, categories, expected]) => {
  expect(origins(...categories)).toEqual(expected);
});

test("without a suspect, errors alone decide", () => {
  expect(originsOf({ anomalies: [], evidence: EVIDENCE, suspectedService: null })).toEqual(["loud"]);
});
