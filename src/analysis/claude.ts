import type Anthropic from "@anthropic-ai/sdk";
import type { Alert } from "../alert/alert.ts";
import type { AnalysisReport } from "../alert/report.ts";
import type { Clock } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import type { AnalysisOutcome, Analyst } from "./analyst.ts";
import { readAnswer } from "./answer.ts";
import type { AnswerOutcome, AnswerReason } from "./answer.ts";
import type { Budget } from "./budget.ts";
import { ATTEMPT_TIMEOUT_MS, createClient, hostOf, type ClientOptions } from "./claude-client.ts";
import { claudeFailure } from "./claude-failure.ts";
import type { ClaudeReason } from "./claude-failure.ts";
import { Conversation } from "./claude-conversation.ts";
import {
  reservedPlan,
  secondPlan,
  settle,
  wantsDeep,
  type DeepChoice,
  type Plan,
  type PlanOptions,
  type ReservedPlan,
} from "./claude-plan.ts";
import { buildRequest, evidenceHash, receiptOf, requestOf } from "./claude-request.ts";
import type { BuiltRequest, ModelChoice } from "./claude-request.ts";
import { investigate } from "./deep.ts";
import { differences } from "./differences.ts";
import { judge } from "./judge.ts";
import type { PackContext } from "./pack.ts";
import { LIST_PRICES, parsePrices, type Prices } from "./prices.ts";
import { trackRecord } from "./similar.ts";
import { statisticalReport } from "./statistics-report.ts";
import { analyseByStatistics } from "./statistics.ts";
import { NO_RECALL, type Recall } from "./recall.ts";
import { toolbox, type Toolbox } from "./tools.ts";
import type { SeenItems } from "./verify.ts";

const CHECK_TIMEOUT_MS = 10_000;

export interface ClaudeOptions extends ModelChoice, ClientOptions {
  readonly clock: Clock;
  /** Spending; null or absent: no limit. */
  readonly budget?: Budget | null;
  /** What is known beside the alert: similar ones, a runbook. Never throws. */
  readonly context?: (alert: Alert) => Promise<PackContext>;
  readonly templatesOnly?: boolean;
  /** Earlier alerts, for how often this confidence was right. Never throws. */
  readonly past?: () => Promise<readonly Alert[]>;
  /** Several calls with tools for critical alerts and those asked about; null or absent: one call for all. */
  readonly deep?: DeepChoice | null;
  /** Asked once where the model refuses; null or absent: none is. */
  readonly fallbackModel?: string | null;
  /** Absent: list prices. */
  readonly prices?: Prices;
  /** What the memory of the running service still holds; absent: the evidence alone. */
  readonly recall?: Recall;
}

/** The same with everything said. */
interface Options extends PlanOptions, Pick<ClientOptions, "baseUrl"> {
  readonly context: (alert: Alert) => Promise<PackContext>;
  readonly past: () => Promise<readonly Alert[]>;
  readonly templatesOnly: boolean;
  readonly timeoutMs: number;
  readonly recall: Recall;
}

function completed(options: ClaudeOptions): Options {
  return {
    ...options,
    budget: options.budget ?? null,
    deep: options.deep ?? null,
    fallbackModel: options.fallbackModel ?? null,
    prices: options.prices ?? parsePrices(LIST_PRICES) ?? [],
    context: options.context ?? (async () => ({})),
    past: options.past ?? (async () => []),
    templatesOnly: options.templatesOnly ?? false,
    recall: options.recall ?? NO_RECALL,
    timeoutMs: options.timeoutMs ?? ATTEMPT_TIMEOUT_MS,
  };
}

export type KeyCheck =
  | {
      readonly kind: "ok";
      readonly model: string;
      /** When the provider stops serving the model, as it says; null where no end is planned. */
      readonly retiresAt: string | null;
    }
  | { readonly kind: "failed"; readonly reason: ClaudeReason; readonly retryable: boolean };

export interface ClaudeAnalyst extends Analyst {
  /** Whether the key is taken and the model there, without sending any data. Never throws. */
  checkKey(signal?: AbortSignal): Promise<KeyCheck>;
}

function failed(reason: string, retryable = false): AnalysisOutcome {
  return { kind: "failed", retryable, retryAfterMs: null, reason };
}

/** An answer from something in between may be gone next time; one from the model was paid for and stays as it is. */
function failedAnswer(reason: AnswerReason): AnalysisOutcome {
  return reason === "not_a_message" ? failed("unreadable_answer", true) : failed(reason);
}

/** Said where the statistical analysis stands in for want of money. */
export const BUDGET_USED = "the budget for analyses is used up";
export const NOTHING_NEW = "nothing new since the last analysis";

function byStatistics(alert: Alert, reason: string): AnalysisOutcome {
  const findings = analyseByStatistics(alert);
  return { kind: "done", findings, model: null, reason, report: statisticalReport(alert, findings) };
}

/** The earlier answer stands where there is nothing that it did not see. */
function unchanged(alert: Alert, hash: string): AnalysisOutcome | null {
  const { by, report, model } = alert.analysis;
  if (by !== "claude" || report === undefined || report.evidenceHash !== hash) return null;
  const { rootCause, impact, recommendedActions, confidence } = alert;
  return {
    kind: "done",
    findings: { rootCause, impact, recommendedActions, confidence },
    model,
    reason: NOTHING_NEW,
    report: { ...report, costUsd: 0, receipt: null, changed: [] },
  };
}

function recordText(word: AnalysisReport["confidenceWord"], record: ReturnType<typeof trackRecord>): string {
  if (record === null) return "not enough history";
  return `${record.confirmed} of the last ${record.judged} called ${word} were confirmed`;
}

/** The answer of one plan as it came. Rejects as the SDK does. */
function responseOf(
  { tier, choice }: Plan,
  request: BuiltRequest,
  conversation: Conversation,
  options: Options,
  box: Toolbox,
): Promise<unknown> {
  const params = requestOf(request.params.messages, choice);
  const ask = (next: typeof params): Promise<unknown> => conversation.ask(next);
  return tier === "deep" && options.deep !== null ? investigate(params, ask, box, options.deep) : ask(params);
}

interface Answered {
  readonly answer: AnswerOutcome;
  readonly plan: Plan;
}

/** The answer, and of which plan it is: a second one may have followed the first. */
async function ask(
  first: ReservedPlan,
  alert: Alert,
  request: BuiltRequest,
  conversation: Conversation,
  options: Options,
  box: Toolbox,
): Promise<Answered> {
  const { clock, log } = options;
  const tell = async (plan: Plan): Promise<Answered> => {
    const startedMs = clock.now();
    const response = await responseOf(plan, request, conversation, options, box);
    const answer = readAnswer(response);
    const { tier, choice } = plan;
    const reason = answer.kind === "failed" ? answer.reason : null;
    const tookMs = clock.now() - startedMs;
    const { model } = choice;
    log.info(
      { alert: alert.id, tier, model, reason, took_ms: tookMs, ...conversation.summary(response) },
      "Claude answered",
    );
    return { answer, plan };
  };
  const told = await tell(first);
  const second = await secondPlan(told.answer, first, alert, request, options);
  if (second === null) return told;
  try {
    return await tell(second);
  } finally {
    // Both are paid with the first.
    await settle(second, 0, options);
  }
}

async function reported(
  { answer, plan }: Answered,
  alert: Alert,
  request: BuiltRequest,
  conversation: Conversation,
  options: Options,
  seen: SeenItems,
): Promise<AnalysisOutcome> {
  if (answer.kind === "failed") return failedAnswer(answer.reason);
  const { findings, report } = judge(answer.answer, request.pack, alert, seen);
  const record = trackRecord(report.confidenceWord, await options.past());
  const whole: AnalysisReport = {
    ...report,
    confidenceBecause: [...report.confidenceBecause, recordText(report.confidenceWord, record)],
    tier: plan.tier,
    evidenceHash: evidenceHash(request.pack),
    costUsd: Math.round(conversation.costUsd * 1e6) / 1e6,
    receipt: receiptOf(conversation.bodies, hostOf(options), options.templatesOnly),
    changed: differences(alert, findings, report),
  };
  return { kind: "done", findings, model: answer.model, report: whole };
}

/** The plan carried out and paid for. */
async function carriedOut(
  anthropic: Anthropic,
  plan: ReservedPlan,
  alert: Alert,
  request: BuiltRequest,
  options: Options,
  signal: AbortSignal,
): Promise<AnalysisOutcome> {
  const { clock, log } = options;
  const conversation = new Conversation(anthropic, { ...options, signal });
  try {
    const box = toolbox(alert, { ...options, context: request.context });
    const answered = await ask(plan, alert, request, conversation, options, box);
    return await reported(answered, alert, request, conversation, options, box.seen());
  } catch (error) {
    const failure = claudeFailure(error, clock.now());
    const reason = failure.reason === "unreadable_response" ? "unreadable_answer" : failure.reason;
    const { model } = plan.choice;
    log.warn({ alert: alert.id, model, reason, retryable: failure.retryable }, "Claude did not answer");
    return { kind: "failed", ...failure, reason };
  } finally {
    await settle(plan, conversation.costUsd, options);
  }
}

async function analyse(
  anthropic: Anthropic,
  alert: Alert,
  options: Options,
  signal: AbortSignal,
): Promise<AnalysisOutcome> {
  const { log, templatesOnly } = options;
  const request = buildRequest(alert, options, { ...(await options.context(alert)), templatesOnly });
  if (request === null) {
    log.error({ alert: alert.id }, "nothing was sent: the evidence could not be redacted");
    return failed("redaction_failed");
  }
  const known = unchanged(alert, evidenceHash(request.pack));
  // Who asks again may still get the deep analysis that there was none of yet.
  const deeper = wantsDeep(alert, options) && alert.analysis.report?.tier !== "deep";
  if (known !== null && !deeper) return known;
  if (request.caught > 0)
    log.warn({ alert: alert.id, lines: request.caught }, "redacted again before sending");
  let plan: ReservedPlan | null;
  try {
    plan = await reservedPlan(alert, request, options);
  } catch {
    return failed("budget_unavailable", true);
  }
  if (plan === null) return known ?? byStatistics(alert, BUDGET_USED);
  if (known !== null && plan.tier !== "deep") {
    await settle(plan, 0, options);
    return known;
  }
  return carriedOut(anthropic, plan, alert, request, options, signal);
}

function checked(found: unknown): KeyCheck {
  const info = (found ?? {}) as { id?: unknown; lifecycle?: unknown; retires_at?: unknown };
  if (typeof info.id !== "string") return { kind: "failed", reason: "unreadable_response", retryable: true };
  if (info.lifecycle === "retired") return { kind: "failed", reason: "unknown_model", retryable: false };
  return {
    kind: "ok",
    model: info.id,
    retiresAt: typeof info.retires_at === "string" ? info.retires_at : null,
  };
}

async function checkKey(
  anthropic: Anthropic,
  { model, clock }: ClaudeOptions,
  signal: AbortSignal | undefined,
): Promise<KeyCheck> {
  try {
    return checked(
      await withDeadline((stop) => anthropic.models.retrieve(model, {}, { signal: stop }), {
        timeoutMs: CHECK_TIMEOUT_MS,
        clock,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  } catch (error) {
    const { reason, retryable } = claudeFailure(error, clock.now());
    return { kind: "failed", reason, retryable };
  }
}

/** Claude as an analyst: one attempt per call, every failure classified. Throws only where there is no key. */
export function createClaudeAnalyst(options: ClaudeOptions): ClaudeAnalyst {
  if (options.apiKey.trim() === "") throw new TypeError("Claude needs an API key");
  const anthropic = createClient(options);
  const whole = completed(options);
  return {
    name: "claude",
    analyse: (alert, signal) => analyse(anthropic, alert, whole, signal),
    checkKey: (signal) => checkKey(anthropic, options, signal),
  };
}
