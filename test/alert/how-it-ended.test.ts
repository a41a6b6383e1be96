import { describe, expect, test } from "vitest";
import type { Change } from "../../src/alert/change.ts";
import { aftermathOf } from "../../src/alert/how-it-ended.ts";
import type { AnalysisReport } from "../../src/alert/report.ts";
import { outcomeOf } from "../../src/analysis/similar.ts";
import { RecentRecords } from "../../src/window/recent.ts";
import { OPENED_AT_MS, sampleAlert, sampleEvidence } from "../support/sample-alert.ts";
import { logRecord } from "../support/log-records.ts";
import { sampleReport } from "../support/sample-report.ts";

const MINUTE_MS = 60_000;
const CAUSE = "5642d6b1c0ffee";
const DECOY = "aa11bb22cc33";
const LAST_MS = OPENED_AT_MS + 20 * MINUTE_MS;
const NOW_MS = OPENED_AT_MS + 30 * MINUTE_MS;

function change(parts: Partial<Change>): Change {
  return {
    id: "c",
    kind: "deploy",
    atMs: LAST_MS - 2 * MINUTE_MS,
    service: "payment-api",
    environment: null,
    version: null,
    ref: "9999999",
    title: "deploy payment-api 1.4.3",
    files: [],
    diff: null,
    source: "api",
    ...parts,
  };
}

interface Case {
  readonly changes?: readonly Change[];
  readonly report?: Partial<AnalysisReport> | null;
  readonly lastMs?: number;
  readonly started?: string;
  readonly adopted?: boolean;
}

function ended({ changes = [], report = {}, lastMs = LAST_MS, started, adopted = false }: Case) {
  const recent = new RecentRecords({ redact: (text) => text, textOf: (_key, id) => id });
  const say = (body: string, timeMs: number, level: string): void =>
    recent.observe(logRecord(timeMs, { service: "payment-api", level, body }), body);
  say("pool is exhausted", lastMs, "ERROR");
  if (started !== undefined) say(started, LAST_MS - MINUTE_MS, "INFO");
  const evidence = (["payment-api", "user-service"] as const).map((service, i) =>
    sampleEvidence({
      id: `E${i + 1}`,
      kind: "new_error",
      service,
      template: i === 0 ? "pool is exhausted" : "cannot pay",
      count: 9 - i,
      firstSeenAtMs: OPENED_AT_MS,
      lastSeenAtMs: OPENED_AT_MS,
    }),
  );
  const changed = sampleEvidence({
    id: "E3",
    kind: "change",
    change: { kind: "commit", ref: DECOY, version: null, files: [], score: 1, because: [] },
  });
  const whole =
    report === null ? {} : { report: sampleReport({ component: "payment-api", change: CAUSE, ...report }) };
  const alert = sampleAlert({
    environment: "production",
    evidence: [...evidence, changed],
    adopted: adopted ? ["error_spike"] : [],
    analysis: { status: "done", by: "claude", model: "m", reason: null, ...whole },
  });
  const book = {
    between: (_environment: string, fromMs: number, toMs: number) =>
      changes.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs),
  };
  const aftermath = aftermathOf(alert, { recent, changes: book }, NOW_MS);
  return { aftermath, outcome: outcomeOf({ ...alert, verdict: null, aftermath }) };
}

describe("how an alert ended", () => {
  test.for<[string, Case, string, string]>([
    [
      "the named change taken back confirms it",
      { changes: [change({ title: "Revert 5642d6b", service: null })] },
      "confirmed",
      "5642d6b was taken back",
    ],
    [
      "a flag that was held for the cause and is turned again confirms it",
      {
        report: { change: "new_pricing" },
        changes: [change({ kind: "flag", ref: "new_pricing", title: "off" })],
      },
      "confirmed",
      "was taken back",
    ],
    [
      "a deployment of the named component confirms it",
      { changes: [change({})] },
      "confirmed",
      "payment-api was changed",
    ],
    [
      "another suspected change taken back refutes it",
      { changes: [change({ title: "revert aa11bb2", service: null })] },
      "refuted",
      "another change, aa11bb2",
    ],
    [
      "a remedy in another service refutes it",
      { changes: [change({ service: "user-service" })] },
      "refuted",
      "user-service was changed, not payment-api",
    ],
    [
      "a change of a service that has no part in it says nothing",
      { changes: [change({ service: "blog" })] },
      "unknown",
      "nothing that is known",
    ],
    [
      "a change long before it stopped says nothing",
      { changes: [change({ atMs: OPENED_AT_MS + MINUTE_MS })] },
      "unknown",
      "nothing that is known",
    ],
    [
      "a change before it opened says nothing",
      { changes: [change({ atMs: OPENED_AT_MS - 1 })] },
      "unknown",
      "nothing",
    ],
    [
      "what has not stopped says nothing",
      { lastMs: NOW_MS - 1_000, changes: [change({})] },
      "unknown",
      "not clearly stopped",
    ],
    [
      "without an analysis there is nothing to grade",
      { report: null, changes: [change({})] },
      "unknown",
      "no cause",
    ],
    [
      "what is taken as normal now says nothing",
      { adopted: true, changes: [change({})] },
      "unknown",
      "as normal",
    ],
    [
      "a restart ends many faults and proves none",
      { started: "payment started on port <num>" },
      "unknown",
      "nothing",
    ],
  ])("%s", ([, given, grade, because]) => {
    const { aftermath, outcome } = ended(given);
    expect(aftermath.grade).toBe(grade);
    expect(aftermath.because).toContain(because);
    expect(outcome).toBe(grade);
  });

  test("it says what stopped, when, and what came before", () => {
    const { aftermath } = ended({ changes: [change({})] });
    expect(aftermath.stopped).toEqual({
      service: "payment-api",
      template: "pool is exhausted",
      lastSeenAtMs: LAST_MS,
    });
    expect(aftermath.preceded).toMatchObject({ kind: "change", ref: "9999999" });
    expect(aftermath.text).toContain("“pool is exhausted”");
    expect(aftermath.text).toContain("2 m before that");
  });

  test("a restart before it stopped is told", () => {
    const { aftermath } = ended({ started: "payment started on port <num>" });
    expect(aftermath.preceded).toMatchObject({ kind: "restart", service: "payment-api" });
  });

  test("what people said outweighs it", () => {
    const { aftermath } = ended({ changes: [change({})] });
    const alert = sampleAlert({ aftermath, verdict: { verdict: "noise", by: "alice", atMs: NOW_MS } });
    expect(outcomeOf(alert)).toBe("refuted");
  });
});
