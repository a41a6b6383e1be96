import type { Alert, Findings } from "../alert/alert.ts";
import { FAULT_CLASSES } from "../alert/fault-class.ts";
import {
  ACTION_KINDS,
  RISKS,
  CAUSE_VERDICTS,
  type AnalysisReport,
  type ReportedAction,
  type Risk,
} from "../alert/report.ts";
import type { Answer } from "./answer-schema.ts";
import { sureness, type Sureness } from "./caps.ts";
import { confidenceWord } from "./confidence.ts";
import { isDestructive, logTextOf, takenFromLogs } from "./hostile.ts";
import type { EvidencePack } from "./pack.ts";
import { clip } from "./printable.ts";
import { redact } from "./redact.ts";
import { checkNumbers, isQuoted, itemTexts, knownNumbers, NOTHING_SEEN, type SeenItems } from "./verify.ts";

const MAX_ROOT_CAUSE_CHARS = 1_500;
const MAX_IMPACT_CHARS = 1_000;
const MAX_LINE_CHARS = 400;
const MAX_ACTIONS = 5;
const MAX_LINES = 6;
const MAX_CITED = 20;

/** The top suspects by counting, which an answer may name without contradiction. */
const CANDIDATES = 3;

const LINK = /(?:\b[a-z][a-z0-9+.-]{1,20}:\/\/|\b(?:javascript|data|mailto):|\bwww\.)[^\s<>"')\]]{1,2048}/gi;
/** Ways to call people that chat tools know. */
const MENTION = /<[!@#][^>\n]{0,80}>|@(?:channel|here|everyone)\b/gi;

/** Where a log line planted a link or a call for everybody, nobody shall be reached by it. */
function harmless(text: string): string {
  return text.replace(LINK, "[link removed]").replace(MENTION, "[mention removed]");
}

function clean(text: string, maxChars: number): string {
  return clip(harmless(redact(text)).replace(/\s+/g, " ").trim(), maxChars);
}

/** Half an empty answer is no answer: null, never "". */
function cleanOrNull(text: string, maxChars: number): string | null {
  return clean(text, maxChars) || null;
}

function oneOf<T extends string>(list: readonly T[], word: string, otherwise: T): T {
  return list.find((one) => one === word.trim().toLowerCase()) ?? otherwise;
}

export interface Judged {
  readonly findings: Findings;
  readonly report: Omit<AnalysisReport, "tier" | "costUsd" | "receipt" | "changed" | "evidenceHash">;
}

interface Cited {
  /** Distinct ids behind verified quotes. */
  readonly ids: readonly string[];
  readonly checked: number;
  readonly verified: number;
  readonly invented: number;
}

/** Similar alerts and the runbook may be cited, but what once was witnesses nothing now. */
const ASIDE = /^[SR]\d+$/;

function cited(answer: Answer, pack: EvidencePack, seen: SeenItems): Cited {
  const texts = itemTexts(pack, seen);
  const all = answer.evidence
    .slice(0, MAX_CITED)
    .map(({ id, quote }) => ({ id: id.trim().toUpperCase(), quote }));
  const quotes = all.filter(({ id }) => !ASIDE.test(id));
  const invented = new Set(quotes.filter(({ id }) => !texts.has(id)).map(({ id }) => id)).size;
  const verified = quotes.filter(({ id, quote }) => isQuoted(quote, texts.get(id) ?? ""));
  return {
    ids: [...new Set(verified.map(({ id }) => id))],
    checked: quotes.length,
    verified: verified.length,
    invented,
  };
}

function graver(a: Risk, b: Risk): Risk {
  return RISKS.indexOf(a) >= RISKS.indexOf(b) ? a : b;
}

/** Nothing that stands in the logs is passed on as our advice without saying where it comes from. */
function actionOf(
  action: Answer["recommended_actions"][number],
  logText: string,
  known: ReadonlySet<string>,
): ReportedAction {
  const destructive = isDestructive(action.action);
  const fromLogText = takenFromLogs(action.action, logText).length > 0;
  const marks = [
    ...(fromLogText ? ["from log text, not verified"] : []),
    ...(destructive ? ["high risk: do not run unchecked"] : []),
  ];
  const text = clean(action.action, MAX_LINE_CHARS);
  return {
    action: marks.length === 0 || text === "" ? text : `${text} [${marks.join("; ")}]`,
    kind: oneOf(ACTION_KINDS, action.kind, "check"),
    risk: destructive ? "high" : graver(oneOf(RISKS, action.risk, "medium"), fromLogText ? "medium" : "low"),
    evidenceIds: action.evidence_ids.map((id) => id.trim().toUpperCase()).filter((id) => known.has(id)),
    fromLogText,
    destructive,
  };
}

function lines(texts: readonly string[]): readonly string[] {
  return texts
    .map((text) => clean(text, MAX_LINE_CHARS))
    .filter((text) => text !== "")
    .slice(0, MAX_LINES);
}

function componentOf(name: string, pack: EvidencePack): string | null {
  const wanted = name.trim().toLowerCase();
  return pack.components.find((component) => component.toLowerCase() === wanted) ?? null;
}

function changeOf(ref: string, pack: EvidencePack): string | null {
  const wanted = ref.trim().toLowerCase();
  if (wanted.length < MIN_REF_CHARS) return null;
  const refs = pack.evidence.flatMap(({ change }) => [change?.ref, change?.version]);
  return refs.find((known) => known?.toLowerCase().startsWith(wanted) === true) ?? null;
}

const MIN_REF_CHARS = 4;

interface Texts {
  readonly rootCause: string | null;
  readonly impact: string | null;
  readonly causalChain: readonly string[];
  readonly unverified: number;
}

function textsOf(answer: Answer, pack: EvidencePack, seen: SeenItems): Texts {
  const known = knownNumbers(pack, seen);
  let unverified = 0;
  const checked = (text: string): string => {
    // Redacted first: a mark beside a number may stand where a secret began.
    const result = checkNumbers(redact(text), known);
    unverified += result.unverified.length;
    return result.text;
  };
  const rootCause = checked(answer.root_cause.summary);
  const impact = checked(answer.impact);
  const causalChain = answer.causal_chain.map(checked);
  return {
    rootCause: cleanOrNull(rootCause, MAX_ROOT_CAUSE_CHARS),
    impact: cleanOrNull(impact, MAX_IMPACT_CHARS),
    causalChain: lines(causalChain),
    unverified,
  };
}

function sure(answer: Answer, pack: EvidencePack, evidence: Cited, unverifiedNumbers: number): Sureness {
  const component = componentOf(answer.root_cause.component, pack);
  const candidates = pack.candidates.slice(0, CANDIDATES);
  const { change } = answer.root_cause;
  return sureness({
    claimed: answer.confidence,
    verdict: oneOf(CAUSE_VERDICTS, answer.verdict, "inconclusive"),
    quotes: evidence,
    invented: evidence.invented,
    witnesses: evidence.ids.length,
    unverifiedNumbers,
    componentKnown: component !== null,
    changeUnknown: change.trim() !== "" && changeOf(change, pack) === null,
    againstOnset: component !== null && candidates.length > 0 && !candidates.includes(component),
    shownShare:
      pack.coverage.evidence_items === 0 ? 1 : pack.coverage.evidence_shown / pack.coverage.evidence_items,
  });
}

/** The answer as it may be shown: bounded, redacted, and every claim that code can check checked against the pack. */
export function judge(
  answer: Answer,
  pack: EvidencePack,
  alert: Alert,
  seen: SeenItems = NOTHING_SEEN,
): Judged {
  const evidence = cited(answer, pack, seen);
  const { unverified, ...texts } = textsOf(answer, pack, seen);
  const { confidence, because } = sure(answer, pack, evidence, unverified);
  const logText = `${logTextOf(alert.evidence)}\n${[...seen.values()].join("\n").toLowerCase()}`;
  // Lines and templates that a tool looked up count as witnesses; people can look up evidence alone.
  const known = new Set(alert.evidence.map(({ id }) => id));
  const actions = answer.recommended_actions
    .map((action) => actionOf(action, logText, known))
    .filter(({ action }) => action !== "")
    .slice(0, MAX_ACTIONS);
  return {
    findings: {
      rootCause: texts.rootCause,
      impact: texts.impact,
      recommendedActions: actions.map(({ action }) => action),
      confidence,
    },
    report: {
      verdict: oneOf(CAUSE_VERDICTS, answer.verdict, "inconclusive"),
      component: componentOf(answer.root_cause.component, pack),
      faultClass: oneOf(FAULT_CLASSES, answer.root_cause.fault_class, "unknown"),
      change: changeOf(answer.root_cause.change, pack),
      causalChain: texts.causalChain,
      actions,
      alternatives: lines(answer.alternatives),
      missing: lines(answer.missing_information),
      evidenceIds: evidence.ids.filter((id) => known.has(id)),
      confidenceWord: confidenceWord(confidence),
      confidenceBecause: because,
      quotes: { checked: evidence.checked, verified: evidence.verified },
      suspicious: [...pack.instruction_like],
    },
  };
}
