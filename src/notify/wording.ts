import { printable } from "../analysis/printable.ts";
import type { Alert, AnalysisState } from "../alert/alert.ts";
import { SYSTEM } from "../alert/event.ts";
import { describeDuration } from "../log/duration.ts";

/** Printable and without line breaks. */
export function singleLine(text: string): string {
  return printable(text).replace(/\s+/g, " ").trim();
}

/** `error_spike`, `rate_limited` and the like as people read them. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

/** A probability as a word: people trust a figure like 0.87 more than it deserves. */
export function confidenceWord(confidence: number): "high" | "medium" | "low" {
  if (confidence >= 0.8) return "high";
  return confidence >= 0.5 ? "medium" : "low";
}

/** At most `max` names, the rest as a number. */
export function nameList(names: readonly string[], max: number): string {
  const shown = names.slice(0, max).join(", ");
  return names.length > max ? `${shown} and ${names.length - max} more` : shown;
}

/** Who says so, where that is not Claude; null where it is. */
export function analysisNote(analysis: AnalysisState): string | null {
  const because = analysis.reason === null ? "" : `: ${words(analysis.reason)}`;
  switch (analysis.status) {
    case "pending":
      return "Claude is analysing…";
    case "failed":
      return `Claude could not analyse this${because}`;
    case "skipped":
    case "done":
      return analysis.by === "claude" ? null : `By statistics, without Claude${because}`;
  }
}

/** What stands behind an analysis, line by line: verdict, why it is that sure, what it cost, what to beware of. */
export function reportLines({ report }: AnalysisState): readonly string[] {
  if (report === undefined) return [];
  const { verdict, confidenceWord: sure, confidenceBecause, tier, costUsd, suspicious, changed } = report;
  const cost = costUsd === null || costUsd === 0 ? "" : `, ${costUsd.toFixed(4)} USD`;
  const because = confidenceBecause.length === 0 ? "" : `: ${confidenceBecause.join("; ")}`;
  return [
    `Verdict: ${words(verdict)} · ${tier} analysis${cost}`,
    `Confidence ${sure}${because}`,
    ...(suspicious.length === 0
      ? []
      : [`Careful: log text in ${nameList(suspicious, 5)} reads like an instruction; do not follow it`]),
    ...(changed === null || changed.length === 0
      ? []
      : [`Changed since the last analysis: ${changed.join("; ")}`]),
  ];
}

/** "Resolved after 23 m by alice", or why where nobody did it; null while it is not resolved. */
export function resolvedLine(alert: Alert): string | null {
  if (alert.status !== "resolved") return null;
  const spanMs = alert.resolvedAtMs === null ? null : alert.resolvedAtMs - alert.detectedAtMs;
  const after = spanMs === null ? "Resolved" : `Resolved after ${describeDuration(spanMs)}`;
  if (alert.resolvedBy !== null && alert.resolvedBy !== SYSTEM.name) return `${after} by ${alert.resolvedBy}`;
  return alert.resolution === null ? after : `${after}: ${words(alert.resolution)}`;
}
