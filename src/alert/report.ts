import type { FaultClass } from "./fault-class.ts";

export const CAUSE_VERDICTS = ["identified", "probable", "inconclusive", "not_an_incident"] as const;
export type CauseVerdict = (typeof CAUSE_VERDICTS)[number];

export const ACTION_KINDS = ["check", "mitigate", "rollback", "fix", "escalate", "communicate"] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

export const RISKS = ["low", "medium", "high"] as const;
export type Risk = (typeof RISKS)[number];

export const TIERS = ["deep", "standard", "statistics"] as const;
/** How an alert was analysed: several calls with tools, one call, or by counting alone. */
export type Tier = (typeof TIERS)[number];

export interface ReportedAction {
  readonly action: string;
  readonly kind: ActionKind;
  readonly risk: Risk;
  readonly evidenceIds: readonly string[];
  /** It repeats a command, an address or a package that stands in the logs: whoever writes logs may have put it there. */
  readonly fromLogText: boolean;
  /** It destroys something: never a button. */
  readonly destructive: boolean;
}

/** What left the process for an analysis. */
export interface EgressReceipt {
  readonly host: string;
  readonly requests: number;
  readonly bytes: number;
  readonly lines: number;
  /** How often each redaction rule masked something, by its name. */
  readonly masked: Readonly<Record<string, number>>;
  /** SHA-256 of the request bodies in their order, hexadecimal. */
  readonly sha256: string;
  readonly templatesOnly: boolean;
}

/** An analysis in full, beside the sentences that everybody reads. */
export interface AnalysisReport {
  readonly tier: Tier;
  readonly verdict: CauseVerdict;
  /** A service of the alert's closed list; null where none is named. */
  readonly component: string | null;
  readonly faultClass: FaultClass;
  /** The change that is held for the cause, by its `ref`; null for none. */
  readonly change: string | null;
  readonly causalChain: readonly string[];
  readonly actions: readonly ReportedAction[];
  readonly alternatives: readonly string[];
  readonly missing: readonly string[];
  readonly evidenceIds: readonly string[];
  readonly confidenceWord: "high" | "medium" | "low";
  /** Why it is no higher, and what speaks for it. */
  readonly confidenceBecause: readonly string[];
  readonly quotes: { readonly checked: number; readonly verified: number };
  /** Evidence ids whose text reads like an instruction to whoever reads it. */
  readonly suspicious: readonly string[];
  /** Of the evidence that it rests on: equal where a further analysis would see nothing new. */
  readonly evidenceHash: string | null;
  readonly costUsd: number | null;
  readonly receipt: EgressReceipt | null;
  /** Against the analysis before; null for the first. */
  readonly changed: readonly string[] | null;
}
