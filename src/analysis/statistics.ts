import type { Alert, Evidence, Findings, Suspect } from "../alert/alert.ts";
import { count, list } from "../anomaly/words.ts";
import { formatTime, SECOND_MS } from "../log/time.ts";
import type { EpochMs } from "../log/time.ts";
import { clip } from "./printable.ts";
import { redact } from "./redact.ts";
import { recommendedActions } from "./statistics-actions.ts";
import { suspectedChange } from "./statistics-change.ts";
import { impact } from "./statistics-impact.ts";

/** What the statistics look at. */
export type StatisticalView = Pick<
  Alert,
  | "category"
  | "severity"
  | "description"
  | "affectedServices"
  | "suspects"
  | "suspectedService"
  | "metrics"
  | "anomalies"
  | "evidence"
  | "window"
  | "environment"
>;

const MAX_QUOTE_CHARS = 200;
/** Counting shows where something began, never why: no more than this may be claimed for it. */
const MAX_CONFIDENCE = 0.6;
const SINGLE_WITNESS_CONFIDENCE = 0.2;
/** From this lead over the second suspect on, the first stands out. */
const CLEAR_LEAD = 0.3;

/** The second of a time as people read it; "" for a time that is none. */
export function atSecond(timeMs: EpochMs): string {
  return Number.isFinite(timeMs) ? formatTime(Math.floor(timeMs / SECOND_MS) * SECOND_MS) : "";
}

const BEGUN: ReadonlySet<string> = new Set(["new_error", "new_warning", "exploded", "rare_error"]);
/** Items that are no messages of a service, or no trouble. */
const ASIDE: ReadonlySet<string> = new Set([
  "attribute",
  "change",
  "change_summary",
  "deployment",
  "exception",
  "new_template",
  "onset_order",
  "trace_link",
  "vanished_template",
]);

function isNew(item: Evidence): boolean {
  return BEGUN.has(item.kind);
}

function hasTemplate(item: Evidence): item is Evidence & { readonly template: string } {
  return !ASIDE.has(item.kind) && item.template !== null && item.template.trim() !== "";
}

/** The earliest error template that is new or has exploded; where none is, the earliest warning, else the most frequent error. */
export function leadingError(evidence: readonly Evidence[]): Evidence | null {
  const errors = evidence.filter(hasTemplate);
  const onset = (item: Evidence): number =>
    Number.isFinite(item.firstSeenAtMs) ? item.firstSeenAtMs : Infinity;
  const fresh = errors
    .filter(isNew)
    .toSorted(
      (a, b) =>
        Number(a.kind === "new_warning") - Number(b.kind === "new_warning") ||
        (onset(a) === onset(b) ? b.count - a.count : onset(a) - onset(b)),
    );
  return fresh[0] ?? errors.toSorted((a, b) => b.count - a.count)[0] ?? null;
}

function quoted(template: string | null): string {
  return `"${clip(redact(template ?? "").replaceAll("\n", " "), MAX_QUOTE_CHARS)}"`;
}

function timesSeen(item: Evidence): string {
  return item.count === 1 ? "once" : `${count(item.count)} times`;
}

function errorSentence(item: Evidence, others: boolean): string {
  const since = atSecond(item.firstSeenAtMs);
  const seen = `${timesSeen(item)} in the window`;
  if (!isNew(item)) return `the most frequent error is ${quoted(item.template)} in ${item.service}, ${seen}`;
  const what = item.kind === "rare_error" ? "error that hardly ever comes" : "new error";
  const first = `the ${others ? "earliest" : "only"} ${what}`;
  return `${first} is ${quoted(item.template)} in ${item.service}, ${seen}${since === "" ? "" : `, first at ${since}`}`;
}

function suspectSentence({ service, because }: Suspect): string {
  const reasons = because.length === 0 ? "" : ` (${because.join(", ")})`;
  return `${service} is the first suspect${reasons}`;
}

function changeSentence({ template, service, change }: Evidence): string {
  const ref = change?.ref ?? change?.version ?? "";
  const named = ref === "" ? "" : ` (${clip(redact(ref), 40)})`;
  const where = service === "" ? "" : ` of ${service}`;
  const why = change === undefined || change.because.length === 0 ? "" : `: ${change.because.join(", ")}`;
  return `the change that fits best is ${quoted(template)}${where}${named}${why}`;
}

function sentence(parts: readonly string[]): string | null {
  const text = parts.join("; ");
  return text === "" ? null : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

function errorCause(alert: StatisticalView, lead: Evidence | null): string | null {
  const [suspect] = alert.suspects;
  const parts: string[] = [];
  const others = alert.evidence.filter((item) => isNew(item) && hasTemplate(item)).length > 1;
  if (lead !== null) parts.push(errorSentence(lead, others));
  if (suspect !== undefined) parts.push(suspectSentence(suspect));
  else if (lead === null && alert.affectedServices.length > 0) {
    parts.push(`the added errors come from ${list(alert.affectedServices)}`);
  }
  const change = suspectedChange(alert);
  if (change !== null) parts.push(changeSentence(change));
  return sentence(parts);
}

/** Those of the anomaly itself, since an alert may have joined several. */
function servicesOf(alert: StatisticalView): readonly string[] {
  const own = alert.anomalies.find(({ category }) => category === alert.category)?.affectedServices ?? [];
  return own.length > 0 ? own : alert.affectedServices;
}

function volumeCause(alert: StatisticalView, lead: Evidence | null): string | null {
  const services = servicesOf(alert);
  const parts: string[] = [];
  if (services.length > 0) parts.push(`the added records come from ${list(services)}, most first`);
  if (lead !== null && isNew(lead)) parts.push(errorSentence(lead, true));
  return sentence(parts);
}

function changeCause(alert: StatisticalView): string | null {
  const named = (kind: string): string[] => [
    ...new Set(alert.evidence.filter((item) => item.kind === kind).map(({ service }) => service)),
  ];
  const missing = named("service_missing");
  const appeared = named("service_appeared");
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`no longer logging: ${list(missing)}`);
  if (appeared.length > 0) parts.push(`now logging and not in the baseline: ${list(appeared)}`);
  const services = servicesOf(alert);
  if (parts.length === 0 && services.length > 0) parts.push(`the services that changed: ${list(services)}`);
  return sentence(parts);
}

function cause(alert: StatisticalView, lead: Evidence | null): string | null {
  if (alert.category === "error_spike") return errorCause(alert, lead);
  if (alert.category === "volume_spike") return volumeCause(alert, lead);
  if (alert.category === "service_change") return changeCause(alert);
  return lead === null ? sentence([alert.description]) : errorCause(alert, lead);
}

/** Low where one thing alone speaks for the cause; more where several agree; never high. */
function confidence(alert: StatisticalView, lead: Evidence | null): number {
  const [first, second] = alert.suspects;
  const leads = first !== undefined && first.score - (second?.score ?? 0) >= CLEAR_LEAD;
  const agrees = first !== undefined && lead !== null && first.service === lead.service;
  const witnesses = alert.evidence.length + (first?.because.length ?? 0);
  if (witnesses <= 1 || alert.category !== "error_spike") return SINGLE_WITNESS_CONFIDENCE;
  const score = 0.25 + (lead !== null && isNew(lead) ? 0.1 : 0) + (leads ? 0.1 : 0) + (agrees ? 0.1 : 0);
  return Math.round(Math.min(score, MAX_CONFIDENCE) * 100) / 100;
}

/** Explains an alert by counting alone: what began first and where. Pure; says only what the data says. */
export function analyseByStatistics(alert: StatisticalView): Findings {
  const lead = leadingError(alert.evidence);
  const rootCause = cause(alert, lead);
  return {
    rootCause,
    impact: impact(alert),
    recommendedActions: recommendedActions(alert, lead),
    confidence: rootCause === null ? null : confidence(alert, lead),
  };
}
