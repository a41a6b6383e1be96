import type { Alert } from "../../src/alert/alert.ts";
import { blame } from "../../src/alert/blame.ts";
import type { AnalysisOutcome } from "../../src/analysis/analyst.ts";
import { suspectedChange } from "../../src/analysis/statistics-change.ts";
import { wilson } from "../bench/detection/intervals.ts";
import type { Scenario } from "./scenarios.ts";
import { share, type EvalTable, type Figure } from "./table.ts";

/** One answer to one scenario, judged against its known cause. */
export interface LiveCase {
  readonly scenario: string;
  readonly run: number;
  /** null: an answer came. */
  readonly failure: string | null;
  readonly change: string | null;
  readonly component: string | null;
  readonly confidence: number | null;
  readonly word: "high" | "medium" | "low" | null;
  readonly changeRight: boolean;
  readonly componentRight: boolean;
  /** What counting alone says of the same alert. */
  readonly statisticsRight: boolean;
  readonly costUsd: number;
  readonly tookMs: number;
}

type Said = Pick<LiveCase, "failure" | "change" | "component" | "confidence" | "word">;

function saidIn(outcome: AnalysisOutcome): Said {
  const none = { change: null, component: null, confidence: null, word: null };
  if (outcome.kind === "failed") return { failure: outcome.reason, ...none };
  const { report, findings } = outcome;
  if (report === undefined || report.tier === "statistics") return { failure: "no_report", ...none };
  const { change, component, confidenceWord } = report;
  return { failure: null, change, component, confidence: findings.confidence, word: confidenceWord };
}

export function judgeCase(
  scenario: Scenario,
  alert: Alert,
  outcome: AnalysisOutcome,
  { run, costUsd, tookMs }: Pick<LiveCase, "run" | "costUsd" | "tookMs">,
): LiveCase {
  const { service, commit } = scenario.truth;
  const said = saidIn(outcome);
  const counted = suspectedChange(alert)?.change?.ref ?? null;
  return {
    scenario: scenario.name,
    run,
    ...said,
    changeRight: said.failure === null && said.change === commit,
    componentRight: said.component === service,
    statisticsRight: counted === commit && blame(alert.evidence)[0]?.service === service,
    costUsd,
    tookMs,
  };
}

function percent(value: number): string {
  return `${(value * 100).toFixed(0)} %`;
}

function shareFigure(what: string, all: readonly LiveCase[], test: (one: LiveCase) => boolean): Figure {
  const hits = all.filter(test).length;
  const { low, high } = wilson(hits, all.length);
  const of = `${hits} of ${all.length}, 95 % interval ${percent(low)} to ${percent(high)}`;
  return { what, value: share(hits, all.length), unit: "share", of, bar: null };
}

function right({ changeRight, componentRight }: LiveCase): boolean {
  return changeRight && componentRight;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** Of each word of confidence, how often it was right: what the word is worth. */
function calibration(answered: readonly LiveCase[]): readonly Figure[] {
  return (["high", "medium", "low"] as const).map((word) => {
    const said = answered.filter((one) => one.word === word);
    const mean = said.reduce((sum, { confidence }) => sum + (confidence ?? 0), 0) / Math.max(said.length, 1);
    const figure = shareFigure(`right where it said ${word}`, said, right);
    return { ...figure, of: `${figure.of}, mean confidence ${mean.toFixed(2)}` };
  });
}

/** Every case beside what counting alone says. */
export function liveTable(title: string, cases: readonly LiveCase[], notes: readonly string[]): EvalTable {
  const answered = cases.filter(({ failure }) => failure === null);
  const usd = cases.reduce((sum, one) => sum + one.costUsd, 0);
  const brier = answered.reduce((sum, one) => sum + ((one.confidence ?? 0) - Number(right(one))) ** 2, 0);
  const took = cases.map(({ tookMs }) => tookMs);
  const of = `${cases.length} cases`;
  const plain = (what: string, value: number, unit: Figure["unit"]): Figure => ({
    what,
    value,
    unit,
    of,
    bar: null,
  });
  return {
    title,
    figures: [
      shareFigure("service and commit (or rightly none) named", cases, right),
      shareFigure("commit named, or rightly none", cases, ({ changeRight }) => changeRight),
      shareFigure("service named", cases, ({ componentRight }) => componentRight),
      shareFigure("peer: service and commit, by counting alone", cases, (one) => one.statisticsRight),
      shareFigure("no answer", cases, ({ failure }) => failure !== null),
      ...calibration(answered),
      plain("Brier score (0 best, 0.25 says nothing)", brier / Math.max(answered.length, 1), "share"),
      plain("cost", usd, "USD"),
      plain("cost of a case, mean", usd / Math.max(cases.length, 1), "USD"),
      plain("time of a case, median", quantile(took, 0.5), "ms"),
      plain("time of a case, p95", quantile(took, 0.95), "ms"),
    ],
    notes,
    cases: cases.map((one) => ({ ...one })),
  };
}
