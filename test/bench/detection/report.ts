import { verdictOf, type Bar } from "./bars.ts";
import { byBand, byBlame, byDensity, byFault, type GroupFigures, type ScenarioFigures } from "./figures.ts";
import type { Interval } from "./intervals.ts";
import type { LeaveOut } from "./leave-out.ts";
import type { RealFigures } from "./real/figures.ts";

/** Columns as wide as their widest cell; the first is aligned left, the others right. */
export function columns(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(headings), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** Two or three digits that matter; `-` where there is no figure. */
export function number(value: number | null): string {
  if (value === null || Number.isNaN(value)) return "-";
  if (!Number.isFinite(value)) return "none";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function range({ low, high }: Interval): string {
  return `${number(low)}-${number(high)}`;
}

export function scenarioText(figures: ScenarioFigures): string {
  const { scenario, ours, detectors } = figures;
  const rows = detectors.map((row) => [
    row.name,
    number(row.precision),
    `${row.hits}/${row.detectable}`,
    number(row.recall),
    range(row.recallInterval),
    number(row.falsePerWeek),
    range(row.falseInterval),
    `${number(row.detectP50)} / ${number(row.detectP90)}`,
    number(row.recallAtOurFalse),
    number(row.falseAtOurRecall),
  ]);
  const headings = [
    "detector",
    "precision",
    "found",
    "recall",
    "95 %",
    "false/week",
    "95 %",
    "minutes p50 / p90",
    "recall at our false",
    "false at our recall",
  ];
  const blame = byBlame(ours).map(([what, count]) => `  ${count} × ${what}`);
  return [
    `\nGenerator ${scenario}: ${ours.faults.length} faults, alerts of ours: ${ours.falseAlarms.length} false, ` +
      `${ours.neutral} neutral, ${ours.notes} notes`,
    "",
    columns(headings, rows),
    "",
    groupText("ours by fault", byFault(ours)),
    "",
    groupText("ours by volume", byBand(ours)),
    "",
    groupText("ours by density", byDensity(ours)),
    ...(blame.length === 0 ? [] : ["", "false alerts of ours, by what went on:", ...blame]),
  ].join("\n");
}

function groupText(heading: string, groups: readonly GroupFigures[]): string {
  const hasRates = groups.some(({ weeks }) => weeks > 0);
  const rows = groups.map(({ group, hits, detectable, falseAlarms, weeks, detectP50 }) => [
    group,
    `${hits}/${detectable}`,
    number(detectP50),
    ...(hasRates ? [number(falseAlarms / weeks)] : []),
  ]);
  return columns([heading, "found", "minutes p50", ...(hasRates ? ["false/week"] : [])], rows);
}

export function realText({ set, variant, detectors }: RealFigures): string {
  const rows = detectors.map((row) => [
    row.name,
    `${row.found}/${row.of}`,
    number(row.recall),
    range(row.recallInterval),
    String(row.falseHits),
    number(row.falsePerHour),
    range(row.falseInterval),
    `${row.first} / ${row.top3}`,
  ]);
  const headings = ["detector", "found", "recall", "95 %", "false", "per hour", "95 %", "named 1st / in 3"];
  return [`\n${set}, ${variant}`, "", columns(headings, rows)].join("\n");
}

export function leaveOutText(leaveOuts: readonly LeaveOut[]): string {
  const rows = leaveOuts.map(({ figure, dimension, all, interval, rows: left, isStable }) => {
    const values = left.map(({ value }) => value).filter((value) => !Number.isNaN(value));
    return [
      figure,
      dimension,
      number(all),
      range(interval),
      values.length === 0 ? "-" : `${number(Math.min(...values))}-${number(Math.max(...values))}`,
      isStable ? "yes" : "NO",
    ];
  });
  const headings = ["leaving one out", "of each", "all", "95 %", "without one", "within"];
  return [`\nLeave-out`, "", columns(headings, rows)].join("\n");
}

export function barsText(bars: readonly Bar[]): string {
  const sign = { higher: "≥", lower: "≤" } as const;
  const rows = bars.map((bar) => [
    bar.name,
    number(bar.value),
    bar.from,
    `${sign[bar.better]} ${number(bar.gate)}`,
    `${sign[bar.better]} ${number(bar.ambition)}`,
    verdictOf(bar),
  ]);
  return ["\nBars", "", columns(["bar", "measured", "from", "gate", "ambition", "reached"], rows)].join("\n");
}
