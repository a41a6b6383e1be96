import { createHash } from "node:crypto";
import type { Alert } from "../alert/alert.ts";
import type { Clock } from "../clock.ts";
import { MINUTE_MS } from "../log/time.ts";
import type { AnalysisOutcome, Analyst } from "./analyst.ts";

/** An answer is shared with alerts that look the same for so long. */
const SHARED_FOR_MS = 15 * MINUTE_MS;
const MAX_SHARED = 200;

interface Shared {
  readonly alertId: string;
  readonly untilMs: number;
  readonly outcome: Promise<AnalysisOutcome>;
}

/** The same items in the same order: then even the ids of the answer mean the same. */
function fingerprint({ environment, category, severity, evidence, notes, analysis }: Alert): string {
  const items = evidence.map(({ kind, service, template }) => [kind, service, template]);
  const isDeep = severity === "critical" || analysis.asked === true;
  return createHash("sha256")
    .update(JSON.stringify([environment, category, isDeep, notes.map(({ text }) => text), items]))
    .digest("hex");
}

function told(outcome: AnalysisOutcome, alertId: string): AnalysisOutcome {
  if (outcome.kind === "failed" || outcome.report === undefined) return outcome;
  const report = { ...outcome.report, costUsd: 0, receipt: null, changed: null };
  return { ...outcome, report, reason: `shared with ${alertId}, whose evidence is the same` };
}

/** Alerts with the same evidence are analysed once, also while the first analysis is still running. */
export function sharing(analyst: Analyst, clock: Clock): Analyst {
  const known = new Map<string, Shared>();
  const forget = (nowMs: number): void => {
    for (const [key, { untilMs }] of known)
      if (untilMs <= nowMs || known.size > MAX_SHARED) known.delete(key);
  };
  return {
    name: analyst.name,
    async analyse(alert, signal) {
      // Nothing to compare: each for itself.
      if (alert.evidence.length === 0) return analyst.analyse(alert, signal);
      const nowMs = clock.now();
      forget(nowMs);
      const key = fingerprint(alert);
      const shared = known.get(key);
      if (shared !== undefined && shared.alertId !== alert.id) {
        const outcome = await shared.outcome;
        if (outcome.kind === "done") return told(outcome, shared.alertId);
      }
      const outcome = analyst.analyse(alert, signal);
      known.set(key, { alertId: alert.id, untilMs: nowMs + SHARED_FOR_MS, outcome });
      if ((await outcome).kind === "failed") known.delete(key);
      return outcome;
    },
  };
}
