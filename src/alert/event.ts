import type { Anomaly, Category, Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";
import type { Aftermath } from "./aftermath.ts";
import type { AlertChart } from "./chart.ts";
import type { AnalysisReport } from "./report.ts";
import type {
  Alert,
  AlertMetrics,
  AnalysisState,
  Evidence,
  Findings,
  Rating,
  Suspect,
  Verdict,
} from "./alert.ts";

/** Who did it. The system names the part of it that acted. */
export interface Actor {
  readonly kind: "slack" | "api" | "system";
  readonly id: string;
  /** What people see. */
  readonly name: string;
}

export const SYSTEM: Actor = { kind: "system", id: "tocsin", name: "Tocsin" };

/** What the running alert has come to: peaks so far, who is affected, what is known. */
export interface Observed {
  readonly metrics: AlertMetrics;
  readonly anomalies: readonly Anomaly[];
  readonly affectedServices: readonly string[];
  readonly suspectedService: string | null;
  readonly suspects: readonly Suspect[];
  readonly evidence: readonly Evidence[];
  /** Absent: the alert keeps the one that it has. */
  readonly chart?: AlertChart | null;
  /** The statistical analysis of the above; null where Claude's stands. */
  readonly findings: Findings | null;
  /** With `findings`: what stands behind them. */
  readonly report?: AnalysisReport;
}

/** What the engine and the analyst see happen, and the three words that every alert understands. */
export type LifeChange =
  | { readonly type: "opened"; readonly alert: Alert }
  | { readonly type: "anomaly_added"; readonly anomaly: Anomaly }
  | { readonly type: "escalated"; readonly severity: Severity }
  | { readonly type: "peaked"; readonly observed: Observed }
  | { readonly type: "adopted"; readonly category: Category }
  | { readonly type: "acknowledged" }
  | { readonly type: "analysis_requested" }
  | { readonly type: "analysed"; readonly analysis: AnalysisState; readonly findings: Findings }
  | { readonly type: "analysis_failed"; readonly reason: string }
  | { readonly type: "resolved"; readonly resolution: string; readonly aftermath?: Aftermath }
  /** `anomaly` is null where a person opened it again. */
  | { readonly type: "reopened"; readonly anomaly: Anomaly | null };

export const HANDLING_TYPES = [
  "snoozed",
  "woken",
  "assigned",
  "noted",
  "merged_into",
  "absorbed",
  "judged",
  "rated",
  "muted",
  "unmuted",
  "reminded",
] as const;

/** What people, and the mutes and reminders that they set, do with an alert. */
export type HandlingChange =
  | { readonly type: "snoozed"; readonly untilMs: EpochMs }
  /** The snooze is over, or was called off. */
  | { readonly type: "woken" }
  /** null takes the assignment back. */
  | { readonly type: "assigned"; readonly assignee: string | null }
  /** `hint`: for the analysis, which takes it as one more hypothesis. */
  | { readonly type: "noted"; readonly text: string; readonly hint?: true }
  /** Closed, because it goes on in another alert. */
  | { readonly type: "merged_into"; readonly target: string }
  /** Took over another alert; its findings come with it. */
  | { readonly type: "absorbed"; readonly source: string; readonly anomalies: readonly Anomaly[] }
  | { readonly type: "judged"; readonly verdict: Verdict }
  /** What somebody thinks of the analysis as it stands. */
  | { readonly type: "rated"; readonly rating: Rating }
  /** `opening`: as the alert opens, so that nobody hears of it. */
  | {
      readonly type: "muted";
      readonly mute: string;
      readonly untilMs: EpochMs | null;
      readonly opening: boolean;
    }
  /** `reason`: the mute ended, woke early, or no longer covers it. */
  | { readonly type: "unmuted"; readonly reason: string }
  /** Critical, and nobody has acknowledged it. */
  | { readonly type: "reminded" };

/** An alert changes by these alone; together they are its audit trail. */
export type AlertChange = LifeChange | HandlingChange;

interface Said {
  readonly atMs: EpochMs;
  readonly actor: Actor;
}

export type HandlingEvent = HandlingChange & Said;
export type LifeEvent = LifeChange & Said;
export type AlertEvent = LifeEvent | HandlingEvent;

export function isHandling(event: AlertEvent): event is HandlingEvent {
  return HANDLING_TYPES.some((type) => type === event.type);
}
