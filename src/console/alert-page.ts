import type { Alert, Evidence } from "../alert/alert.ts";
import type { AlertEvent } from "../alert/event.ts";
import { sinceMs } from "../alert/view.ts";
import type { Anomaly } from "../anomaly/anomaly.ts";
import { eventView } from "../api/event-view.ts";
import { describeDuration } from "../log/duration.ts";
import { formatTime, SECOND_MS, type EpochMs } from "../log/time.ts";
import { analysisNote, reportLines, resolvedLine, words } from "../notify/wording.ts";
import { chartSvg } from "./chart-svg.ts";
import { escapeHtml, list, part, shortText, table } from "./html.ts";
import { layout } from "./layout.ts";

const MAX_TEXT = 2_000;
const MAX_LINE = 500;
const MAX_EVIDENCE = 60;
const MAX_EVENTS = 200;

function text(given: string): string {
  return shortText(given, MAX_TEXT);
}

function time(timeMs: EpochMs): string {
  return Number.isFinite(timeMs) ? formatTime(Math.floor(timeMs / SECOND_MS) * SECOND_MS) : "unknown";
}

function timeCell(timeMs: EpochMs): string {
  return `<time>${time(timeMs)}</time>`;
}

function facts(alert: Alert): string {
  const since = sinceMs(alert);
  const rows: readonly (readonly [string, string | null])[] = [
    ["State", alert.status],
    ["Began", since === null ? null : time(since)],
    ["Detected", time(alert.detectedAtMs)],
    ["Window", `${time(alert.window.startMs)} to ${time(alert.window.endMs)}`],
    ["Environment", alert.environment],
    ["Services", alert.affectedServices.join(", ")],
    ["Acknowledged by", alert.acknowledgedBy],
    ["Assigned to", alert.assignee],
    ["Marked", alert.verdict === null ? null : `${alert.verdict.verdict} by ${alert.verdict.by}`],
    ["Muted until", alert.mutedUntilMs === null ? null : time(alert.mutedUntilMs)],
    ["Goes on in", alert.mergedInto],
    ["Ended", resolvedLine(alert)],
    ["How it ended", alert.aftermath?.text ?? null],
  ];
  return table(
    [],
    rows.flatMap(([name, value]) =>
      value === null || value === "" ? [] : [[escapeHtml(name), text(value)]],
    ),
  );
}

function amount(value: number, { category, pattern }: Anomaly): string {
  if (!Number.isFinite(value)) return "unknown";
  const isShare = pattern === null && (category === "error_spike" || category === "level_mix");
  return isShare ? `${(100 * value).toFixed(1)} %` : (Math.round(value * 10) / 10).toLocaleString("en");
}

function expectation(anomaly: Anomaly): string {
  const { expected, range, windowMs } = anomaly;
  const between =
    range === undefined ? "" : ` (${range.map((bound) => amount(bound, anomaly)).join(" to ")})`;
  const span = windowMs === undefined ? "" : ` in ${describeDuration(windowMs)}`;
  return `${amount(anomaly.observed, anomaly)} against ${amount(expected, anomaly)}${between}${span}`;
}

function findings({ anomalies }: Alert): string {
  return table(
    ["severity", "what", "since", "against", "detector"],
    anomalies.map((anomaly) => [
      escapeHtml(anomaly.severity),
      text(anomaly.description),
      anomaly.onsetMs === undefined ? "" : timeCell(anomaly.onsetMs),
      text(expectation(anomaly)),
      text(`${words(anomaly.detector ?? anomaly.category)}${scored(anomaly)}`),
    ]),
  );
}

function scored({ score }: Anomaly): string {
  return score === undefined || !Number.isFinite(score) ? "" : `, ${score.toFixed(1)} × its threshold`;
}

function cause(alert: Alert): string {
  const note = analysisNote(alert.analysis);
  const { report } = alert.analysis;
  const actions =
    report === undefined || report.actions.length === 0
      ? alert.recommendedActions.map(text)
      : report.actions.map(({ action, kind, risk, fromLogText, destructive }) => {
          const marks = [
            `${words(kind)}, ${risk} risk`,
            ...(fromLogText ? ["repeats log text: check it first"] : []),
            ...(destructive ? ["destructive"] : []),
          ];
          return `${text(action)} <small>${escapeHtml(marks.join("; "))}</small>`;
        });
  return [
    alert.rootCause === null ? "" : `<p>${text(alert.rootCause)}</p>`,
    alert.impact === null ? "" : `<p>${text(alert.impact)}</p>`,
    part("What to do", list(actions), "h3"),
    part("How it came about", list((report?.causalChain ?? []).map(text)), "h3"),
    part("What else it could be", list((report?.alternatives ?? []).map(text)), "h3"),
    part("What is not known", list((report?.missing ?? []).map(text)), "h3"),
    part(
      "What stands behind it",
      list([...(note === null ? [] : [note]), ...reportLines(alert.analysis), ...receipt(alert)].map(text)),
      "h3",
    ),
  ].join("");
}

function receipt({ analysis: { report } }: Alert): readonly string[] {
  const sent = report?.receipt ?? null;
  if (sent === null) return [];
  const masked = Object.values(sent.masked).reduce((sum, times) => sum + times, 0);
  return [
    `Sent to ${sent.host}: ${sent.bytes.toLocaleString("en")} bytes, ${sent.lines} lines, ${masked} values masked`,
  ];
}

function evidenceRow({
  id,
  kind,
  service,
  count,
  expected,
  firstSeenAtMs,
  template,
  examples,
  note,
}: Evidence) {
  const usual = expected === undefined ? "" : ` (expected ${Math.round(expected * 10) / 10})`;
  const lines = [...(template === null ? [] : [template]), ...examples.filter((line) => line !== template)];
  const quoted = lines.map((line) => `<pre>${shortText(line, MAX_LINE)}</pre>`).join("");
  const said = note === undefined ? "" : text(note);
  return [
    escapeHtml(id),
    text(words(kind)),
    text(service),
    escapeHtml(`${count}${usual}`),
    timeCell(firstSeenAtMs),
    said + quoted,
  ];
}

function evidence(alert: Alert): string {
  const rows = alert.evidence.slice(0, MAX_EVIDENCE).map(evidenceRow);
  const left = alert.evidence.length - rows.length;
  const shown = table(["id", "kind", "service", "count", "first seen", "what"], rows);
  return left > 0 ? `${shown}<p>… and ${left} more</p>` : shown;
}

function trail(events: readonly AlertEvent[] | "unavailable"): string {
  if (events === "unavailable") return "<p>The database is out of reach.</p>";
  const rows = events.slice(-MAX_EVENTS).map((event) => {
    const { at, type, actor, details } = eventView(event);
    const said = Object.entries(details).flatMap(([name, value]) =>
      typeof value === "string" ? [`${words(name)}: ${value}`] : [],
    );
    return [escapeHtml(at), escapeHtml(words(type)), text(actor.name), shortText(said.join("; "), MAX_LINE)];
  });
  return table(["at", "event", "by", "what"], rows);
}

function suspects(alert: Alert): string {
  return list(alert.suspects.map(({ service, because }) => `${text(service)}: ${text(because.join("; "))}`));
}

function notes(alert: Alert): string {
  return list(alert.notes.map(({ atMs, by, text: said }) => `${time(atMs)} ${text(by)}: ${text(said)}`));
}

/** One alert with all that is known of it. Everything received is escaped. */
export function renderAlert(alert: Alert, events: readonly AlertEvent[] | "unavailable"): string {
  const headline = `${alert.severity} · ${words(alert.category)}`;
  const chart = alert.chart === null || alert.chart === undefined ? "" : chartSvg(alert.chart);
  const body = [
    `<p><a href="/">Tocsin</a></p><h1>${text(headline)}</h1>`,
    `<p>${text(alert.description)}</p><p><code>${escapeHtml(alert.id)}</code></p>`,
    facts(alert),
    chart,
    part("Cause", cause(alert)),
    part("What was found", findings(alert)),
    part("Suspects", suspects(alert)),
    part("Evidence", evidence(alert)),
    part("Notes", notes(alert)),
    part("What happened to it", trail(events)),
  ].join("\n");
  return layout(`${headline} · Tocsin`, body);
}
