import type { AnalysisReport, EgressReceipt, ReportedAction } from "./report.ts";

export interface ActionView {
  readonly action: string;
  readonly kind: ReportedAction["kind"];
  readonly risk: ReportedAction["risk"];
  readonly evidence_ids: readonly string[];
  readonly from_log_text: boolean;
  readonly destructive: boolean;
}

export interface ReceiptView {
  readonly host: string;
  readonly requests: number;
  readonly bytes: number;
  readonly lines: number;
  readonly masked: Readonly<Record<string, number>>;
  readonly sha256: string;
  readonly templates_only: boolean;
}

/** An analysis in full as JSON. */
export interface ReportView {
  readonly tier: AnalysisReport["tier"];
  readonly verdict: AnalysisReport["verdict"];
  readonly component: string | null;
  readonly fault_class: AnalysisReport["faultClass"];
  readonly change: string | null;
  readonly causal_chain: readonly string[];
  readonly actions: readonly ActionView[];
  readonly alternatives: readonly string[];
  readonly missing_information: readonly string[];
  readonly evidence_ids: readonly string[];
  readonly confidence_word: AnalysisReport["confidenceWord"];
  readonly confidence_because: readonly string[];
  readonly quotes: { readonly checked: number; readonly verified: number };
  readonly suspicious: readonly string[];
  readonly cost_usd: number | null;
  readonly receipt: ReceiptView | null;
  readonly changed: readonly string[] | null;
}

function receiptView({ templatesOnly, masked, ...receipt }: EgressReceipt): ReceiptView {
  return { ...receipt, masked: { ...masked }, templates_only: templatesOnly };
}

function actionView({ evidenceIds, fromLogText, ...action }: ReportedAction): ActionView {
  return { ...action, evidence_ids: [...evidenceIds], from_log_text: fromLogText };
}

export function reportView(report: AnalysisReport): ReportView {
  const { quotes, receipt } = report;
  return {
    tier: report.tier,
    verdict: report.verdict,
    component: report.component,
    fault_class: report.faultClass,
    change: report.change,
    causal_chain: [...report.causalChain],
    actions: report.actions.map(actionView),
    alternatives: [...report.alternatives],
    missing_information: [...report.missing],
    evidence_ids: [...report.evidenceIds],
    confidence_word: report.confidenceWord,
    confidence_because: [...report.confidenceBecause],
    quotes: { ...quotes },
    suspicious: [...report.suspicious],
    cost_usd: report.costUsd,
    receipt: receipt === null ? null : receiptView(receipt),
    changed: report.changed === null ? null : [...report.changed],
  };
}
