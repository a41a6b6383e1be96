import type { Alert, Findings } from "../alert/alert.ts";
import type { AnalysisReport } from "../alert/report.ts";

type Compared = Pick<AnalysisReport, "component" | "change" | "verdict" | "evidenceIds" | "faultClass">;

function moved(what: string, before: string | null, now: string | null): string[] {
  return before === now ? [] : [`${what}: ${before ?? "none"} → ${now ?? "none"}`];
}

/** What a new analysis says otherwise than the one before; null where Claude has said nothing yet. */
export function differences(alert: Alert, findings: Findings, report: Compared): readonly string[] | null {
  const { by, report: earlier } = alert.analysis;
  if (by !== "claude" || earlier === undefined) return null;
  const added = report.evidenceIds.filter((id) => !earlier.evidenceIds.includes(id));
  const dropped = earlier.evidenceIds.filter((id) => !report.evidenceIds.includes(id));
  return [
    ...moved("component", earlier.component, report.component),
    ...moved("change", earlier.change, report.change),
    ...moved("fault class", earlier.faultClass, report.faultClass),
    ...moved("verdict", earlier.verdict, report.verdict),
    ...moved("confidence", String(alert.confidence), String(findings.confidence)),
    ...(added.length === 0 ? [] : [`now also rests on ${added.join(", ")}`]),
    ...(dropped.length === 0 ? [] : [`no longer rests on ${dropped.join(", ")}`]),
  ];
}
