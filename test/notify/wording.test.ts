import { expect, test } from "vitest";
import { reportLines } from "../../src/notify/wording.ts";
import { sampleReport } from "../support/sample-report.ts";

const DONE = { status: "done", by: "claude", model: "m", reason: null } as const;

test("people read the verdict, why it is that sure, the tier and what it cost", () => {
  expect(reportLines({ ...DONE, report: sampleReport() })).toEqual([
    "Verdict: probable · standard analysis, 0.0400 USD",
    "Confidence high: 3 of 3 quotes verified",
  ]);
});

test("they are warned of log text that reads like an instruction, and told what a further analysis changed", () => {
  const report = sampleReport({ costUsd: null, suspicious: ["E2"], changed: ["component: a → b"] });
  expect(reportLines({ ...DONE, report })).toEqual([
    "Verdict: probable · standard analysis",
    "Confidence high: 3 of 3 quotes verified",
    "Careful: log text in E2 reads like an instruction; do not follow it",
    "Changed since the last analysis: component: a → b",
  ]);
});

test("without a report nothing is said", () => {
  expect(reportLines(DONE)).toEqual([]);
});
