import { describeDuration } from "../log/duration.ts";
import { formatTime, MINUTE_MS, SECOND_MS, type EpochMs } from "../log/time.ts";
import type { RecentRecords } from "../window/recent.ts";
import type { Aftermath, Grade, Preceding, Stopped } from "./aftermath.ts";
import type { Alert, Evidence } from "./alert.ts";
import type { Change, ChangeBook } from "./change.ts";

export interface AftermathSource {
  readonly recent: RecentRecords;
  readonly changes: ChangeBook;
}

const SYMPTOMS: ReadonlySet<string> = new Set([
  "new_error",
  "new_warning",
  "exploded",
  "rare_error",
  "error",
]);
/** Silent for less, it has not stopped. */
const MIN_SILENT_MS = MINUTE_MS;
/** A remedy works within this. */
const WORKS_WITHIN_MS = 15 * MINUTE_MS;
/** The last records of before may come a little after it. */
const TRAILING_MS = 2 * MINUTE_MS;
const STARTED = /\b(?:started|starting up|listening on|booted|ready to (?:accept|serve))\b/i;
const MIN_REF_CHARS = 4;
const SHORT_REF_CHARS = 7;
const MAX_TEMPLATE_CHARS = 160;

/** The symptom that the analysis rests on most; of those alike the most frequent. */
function decisive({ evidence, analysis }: Alert): Evidence | undefined {
  const { report } = analysis;
  const weight = ({ id, service }: Evidence): number =>
    (report?.evidenceIds.includes(id) === true ? 2 : 0) + (service === report?.component ? 1 : 0);
  return evidence
    .filter(({ kind, template }) => SYMPTOMS.has(kind) && template !== null)
    .toSorted((a, b) => weight(b) - weight(a) || b.count - a.count)[0];
}

function lastSeen(item: Evidence, environment: string, recent: RecentRecords): EpochMs {
  let lastMs = item.lastSeenAtMs ?? item.firstSeenAtMs;
  for (const known of recent.templates(environment)) {
    if (known.service === item.service && known.template === item.template)
      lastMs = Math.max(lastMs, known.lastSeenAtMs);
  }
  return lastMs;
}

function stoppedOf(alert: Alert, recent: RecentRecords, nowMs: EpochMs): Stopped | null {
  const item = decisive(alert);
  if (item === undefined || item.template === null) return null;
  const lastSeenAtMs = lastSeen(item, alert.environment, recent);
  if (!Number.isFinite(lastSeenAtMs) || nowMs - lastSeenAtMs < MIN_SILENT_MS) return null;
  return { service: item.service, template: item.template, lastSeenAtMs };
}

function short(ref: string): string {
  return ref.slice(0, SHORT_REF_CHARS).toLowerCase();
}

/** Whether a change speaks of another one by its ref: what takes something back names it. */
function takesBack({ ref, title, diff, kind }: Change, cause: string): boolean {
  if (cause.length < MIN_REF_CHARS) return false;
  if (kind === "flag" && ref === cause) return true;
  return ref !== cause && `${title} ${diff ?? ""}`.toLowerCase().includes(short(cause));
}

/** The changes between the opening and the end, the one that most likely ended it first. */
function remedies(alert: Alert, changes: ChangeBook, endMs: EpochMs): readonly Change[] {
  const { component = null, change = null } = alert.analysis.report ?? {};
  const weight = (one: Change): number =>
    (change !== null && takesBack(one, change) ? 2 : 0) + (one.service === component ? 1 : 0);
  const fromMs = Math.max(alert.detectedAtMs, endMs - WORKS_WITHIN_MS);
  return changes
    .between(alert.environment, fromMs, endMs + TRAILING_MS)
    .filter(({ service, environment }) => {
      const here = environment === null || environment === alert.environment;
      return here && (service === null || concerned(alert).has(service));
    })
    .toSorted((a, b) => weight(b) - weight(a) || b.atMs - a.atMs);
}

function concerned(alert: Alert): ReadonlySet<string> {
  return new Set([...alert.affectedServices, ...alert.evidence.map(({ service }) => service)]);
}

function restart(alert: Alert, stopped: Stopped, recent: RecentRecords): Preceding | null {
  const fromMs = Math.max(alert.detectedAtMs, stopped.lastSeenAtMs - WORKS_WITHIN_MS);
  for (const { service, template, lastSeenAtMs } of recent.templates(alert.environment)) {
    const then = lastSeenAtMs >= fromMs && lastSeenAtMs <= stopped.lastSeenAtMs + TRAILING_MS;
    if (then && service === stopped.service && STARTED.test(template))
      return { kind: "restart", service, what: template, ref: null, atMs: lastSeenAtMs };
  }
  return null;
}

interface Graded {
  readonly grade: Grade;
  readonly because: string;
}

const unknown = (because: string): Graded => ({ grade: "unknown", because });

/** A change of the right place that ended it speaks for the cause, one of another place against it. */
function graded(alert: Alert, remedy: Change | undefined, stopped: Stopped | null): Graded {
  const { report } = alert.analysis;
  if (alert.adopted.length > 0) return unknown("the change is now taken as normal");
  if (report === undefined || (report.component === null && report.change === null))
    return unknown("no cause had been named");
  if (stopped === null) return unknown("what it was about has not clearly stopped");
  if (remedy === undefined) return unknown("nothing that is known was changed before it stopped");
  const { component, change } = report;
  if (change !== null && takesBack(remedy, change))
    return { grade: "confirmed", because: `it stopped after ${short(change)} was taken back` };
  const other = alert.evidence
    .map((item) => item.change?.ref ?? null)
    .find((ref) => ref !== null && ref !== change && takesBack(remedy, ref));
  if (change !== null && other !== undefined && other !== null)
    return { grade: "refuted", because: `it stopped after another change, ${short(other)}, was taken back` };
  if (component === null || remedy.service === null)
    return unknown("what was changed before it stopped names no service");
  return remedy.service === component
    ? { grade: "confirmed", because: `it stopped after ${component} was changed` }
    : { grade: "refuted", because: `it stopped after ${remedy.service} was changed, not ${component}` };
}

function clock(timeMs: EpochMs): string {
  return formatTime(Math.floor(timeMs / SECOND_MS) * SECOND_MS);
}

function clip(text: string): string {
  return text.length > MAX_TEMPLATE_CHARS ? `${text.slice(0, MAX_TEMPLATE_CHARS - 1)}…` : text;
}

function sentences(stopped: Stopped | null, preceded: Preceding | null, { grade, because }: Graded): string {
  const found =
    stopped === null
      ? []
      : [`${stopped.service} last said “${clip(stopped.template)}” at ${clock(stopped.lastSeenAtMs)}.`];
  if (stopped !== null && preceded !== null) {
    const where = preceded.service === null ? "" : ` of ${preceded.service}`;
    const leadMs = stopped.lastSeenAtMs - preceded.atMs;
    const when = leadMs >= SECOND_MS ? `${describeDuration(leadMs)} before that` : "right then";
    found.push(`The ${preceded.kind}${where} “${clip(preceded.what)}” came ${when}.`);
  }
  const cause = {
    confirmed: "Named cause confirmed",
    refuted: "Named cause refuted",
    unknown: "Cause not graded",
  };
  return [...found, `${cause[grade]}: ${because}.`].join(" ");
}

/** What stopped, when, and what came before it; graded as no proof, only as what the data says. */
export function aftermathOf(alert: Alert, { recent, changes }: AftermathSource, nowMs: EpochMs): Aftermath {
  const stopped = stoppedOf(alert, recent, nowMs);
  const [remedy] = stopped === null ? [] : remedies(alert, changes, stopped.lastSeenAtMs);
  const preceded: Preceding | null =
    remedy !== undefined
      ? { kind: "change", service: remedy.service, what: remedy.title, ref: remedy.ref, atMs: remedy.atMs }
      : stopped === null
        ? null
        : restart(alert, stopped, recent);
  const judged = graded(alert, remedy, stopped);
  return { stopped, preceded, ...judged, text: sentences(stopped, preceded, judged) };
}
