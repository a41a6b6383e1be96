import { describeDuration } from "../log/duration.ts";
import type { EpochMs } from "../log/time.ts";
import type { Alert, Rating, Verdict } from "./alert.ts";
import type { AlertChange } from "./event.ts";

/** Who was there first. */
export interface Won {
  readonly by: string;
  readonly atMs: EpochMs;
}

/** What a person's word does to an alert, or the sentence that says why it does nothing. */
export type Decision =
  | { readonly kind: "change"; readonly changes: readonly AlertChange[] }
  | { readonly kind: "refused"; readonly message: string; readonly won: Won | null };

export type Decide = (alert: Alert, nowMs: EpochMs) => Decision;

export const MAX_NOTE = 2_000;
export const MAX_ASSIGNEE = 100;

function change(...changes: readonly AlertChange[]): Decision {
  return { kind: "change", changes };
}

function refused(message: string): Decision {
  return { kind: "refused", message, won: null };
}

/** "by alice 2 m ago": a lost race is told as who won. */
function already(
  alert: Alert,
  what: string,
  by: string | null,
  atMs: EpochMs | null,
  nowMs: EpochMs,
): Decision {
  const who = by === null ? "" : ` by ${by}`;
  const when = atMs === null ? "" : ` ${describeDuration(nowMs - atMs)} ago`;
  return {
    kind: "refused",
    message: `${alert.id} was already ${what}${who}${when}.`,
    won: by === null || atMs === null ? null : { by, atMs },
  };
}

function alreadyResolved(alert: Alert, nowMs: EpochMs): Decision {
  return already(alert, "resolved", alert.resolvedBy, alert.resolvedAtMs, nowMs);
}

export const decideAcknowledge: Decide = (alert, nowMs) => {
  if (alert.status === "resolved") return alreadyResolved(alert, nowMs);
  if (alert.status === "acknowledged") {
    return already(alert, "acknowledged", alert.acknowledgedBy, alert.acknowledgedAtMs, nowMs);
  }
  return change({ type: "acknowledged" });
};

export const decideResolve: Decide = (alert, nowMs) => {
  if (alert.status === "resolved") return alreadyResolved(alert, nowMs);
  return change({ type: "resolved", resolution: "resolved by hand" });
};

/** Beside an alert that runs in the same environment no second one may stand: `running` is its id. */
export function decideReopen(running: string | null): Decide {
  return (alert) => reopening(alert, running);
}

function reopening(alert: Alert, running: string | null): Decision {
  if (alert.status !== "resolved") return refused(`${alert.id} is not resolved.`);
  if (alert.mergedInto !== null) return refused(`${alert.id} is a part of ${alert.mergedInto}.`);
  if (running !== null) return refused(`${running} runs in ${alert.environment}: merge them instead.`);
  return change({ type: "reopened", anomaly: null });
}

/** `hint`: what somebody suspects; the analysis gets it as one more hypothesis. */
export function decideAnalyze(hint: string | null): Decide {
  return (alert) => {
    if (alert.analysis.status === "pending") return refused(`An analysis of ${alert.id} is already running.`);
    const text = hint?.trim() ?? "";
    if (text.length > MAX_NOTE) return refused(`A hint has at most ${MAX_NOTE} characters.`);
    const requested: AlertChange = { type: "analysis_requested" };
    return text === "" ? change(requested) : change({ type: "noted", text, hint: true }, requested);
  };
}

/** What `who` thinks of the analysis as it stands; a second thought replaces the first. */
export function decideRate(rating: Rating, who: string): Decide {
  return (alert) => {
    if (alert.rootCause === null) return refused(`There is no analysis of ${alert.id} yet.`);
    const same = alert.feedback.some(
      (given) => !given.outdated && given.who === who && given.rating === rating,
    );
    return same
      ? refused(`You have said already that the analysis is ${rating}.`)
      : change({ type: "rated", rating });
  };
}

/** Quiet until `untilMs`; null calls it off. */
export function decideSnooze(untilMs: EpochMs | null): Decide {
  return (alert, nowMs) => {
    if (alert.status === "resolved") return alreadyResolved(alert, nowMs);
    if (untilMs === null) {
      return alert.snoozedUntilMs === null
        ? refused(`${alert.id} is not snoozed.`)
        : change({ type: "woken" });
    }
    if (untilMs <= nowMs) return refused("A snooze must end in the future.");
    return change({ type: "snoozed", untilMs });
  };
}

export function decideAssign(assignee: string | null): Decide {
  return (alert) => {
    const name = assignee?.trim() ?? null;
    if (name !== null && (name === "" || name.length > MAX_ASSIGNEE)) {
      return refused(`A name has 1 to ${MAX_ASSIGNEE} characters.`);
    }
    if (alert.assignee === name) {
      return refused(name === null ? `${alert.id} is assigned to nobody.` : `${alert.id} is already theirs.`);
    }
    return change({ type: "assigned", assignee: name });
  };
}

export function decideNote(text: string): Decide {
  return () => {
    const said = text.trim();
    if (said === "" || said.length > MAX_NOTE) return refused(`A note has 1 to ${MAX_NOTE} characters.`);
    return change({ type: "noted", text: said });
  };
}

export function decideJudge(verdict: Verdict): Decide {
  return (alert, nowMs) => {
    if (alert.verdict?.verdict === verdict) {
      return already(alert, `marked ${verdict}`, alert.verdict.by, alert.verdict.atMs, nowMs);
    }
    return change({ type: "judged", verdict });
  };
}

/** What a person's word does to two alerts at once. */
export type JointDecision =
  | {
      readonly kind: "change";
      readonly first: readonly AlertChange[];
      readonly second: readonly AlertChange[];
    }
  | (Extract<Decision, { readonly kind: "refused" }> & { readonly about: "first" | "second" });

export type DecideBoth = (first: Alert, second: Alert, nowMs: EpochMs) => JointDecision;

/** The first alert is over and says where it goes on; the second takes over its findings. */
export const decideMerge: DecideBoth = (source, target, nowMs) => {
  const absorbed = decideAbsorb(source)(target, nowMs);
  if (absorbed.kind === "refused") return { ...absorbed, about: "second" };
  const merged = decideMergeInto(target.id)(source, nowMs);
  if (merged.kind === "refused") return { ...merged, about: "first" };
  return { kind: "change", first: merged.changes, second: absorbed.changes };
};

/** The half of a merge that the surviving alert sees. */
function decideAbsorb(source: Alert): Decide {
  return (target, nowMs) => {
    if (target.id === source.id) return refused("An alert cannot be merged with itself.");
    if (target.environment !== source.environment) return refused("They are of different environments.");
    if (target.status === "resolved") return alreadyResolved(target, nowMs);
    if (source.mergedInto !== null) return refused(`${source.id} is already a part of ${source.mergedInto}.`);
    if (target.merged.includes(source.id)) return change();
    return change({ type: "absorbed", source: source.id, anomalies: source.anomalies });
  };
}

/** The half of a merge that the other alert sees: it is over, and says where it goes on. */
function decideMergeInto(target: string): Decide {
  return (source) => {
    if (source.mergedInto !== null) return refused(`${source.id} is already a part of ${source.mergedInto}.`);
    const merged: AlertChange = { type: "merged_into", target };
    if (source.status === "resolved") return change(merged);
    return change(merged, { type: "resolved", resolution: `merged into ${target}` });
  };
}
