import type Anthropic from "@anthropic-ai/sdk";
import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { Alert } from "../alert/alert.ts";
import type { AnalysisReport, Tier } from "../alert/report.ts";
import type { Clock } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import type { AnalysisOutcome, Analyst } from "./analyst.ts";
import { readAnswer } from "./answer.ts";
import type { AnswerReason } from "./answer.ts";
import type { Budget, Reservation } from "./budget.ts";
import { ATTEMPT_TIMEOUT_MS, createClient, hostOf, type ClientOptions } from "./claude-client.ts";
import { claudeFailure } from "./claude-failure.ts";
import type { ClaudeReason } from "./claude-failure.ts";
import { buildRequest, evidenceHash, receiptOf } from "./claude-request.ts";
import type { BuiltRequest, ModelChoice } from "./claude-request.ts";
import { investigate, worstCaseOf } from "./deep.ts";
import { differences } from "./differences.ts";
import { judge } from "./judge.ts";
import { estimateTokens, type PackContext } from "./pack.ts";
import { costUsd, usageOf, worstCaseUsd, type TokenUsage } from "./prices.ts";
import { trackRecord } from "./similar.ts";
import { statisticalReport } from "./statistics-report.ts";
import { analyseByStatistics } from "./statistics.ts";
import { toolbox } from "./tools.ts";

const CHECK_TIMEOUT_MS = 10_000;
/** The system prompt, the schema and what the API adds of its own. */
const OVERHEAD_TOKENS = 6_000;

export interface ClaudeOptions extends ModelChoice, ClientOptions {
  readonly clock: Clock;
  /** Spending; null or absent: no limit. */
  readonly budget?: Budget | null;
  /** What is known beside the alert: similar ones, a runbook. Never throws. */
  readonly context?: (alert: Alert) => Promise<PackContext>;
  readonly templatesOnly?: boolean;
  /** Earlier alerts, for how often this confidence was right. Never throws. */
  readonly past?: () => Promise<readonly Alert[]>;
  /** Several calls with tools for critical alerts; null or absent: one call for all. */
  readonly deep?: (ModelChoice & { readonly maxTurns: number }) | null;
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

/** What one analysis has sent and cost so far. */
class Tally {
  readonly bodies: string[] = [];
  costUsd = 0;
  /** An answer came, so that what it cost is known. */
  readonly usages: TokenUsage[] = [];
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  sent(params: MessageCreateParamsNonStreaming): void {
    this.bodies.push(JSON.stringify(params));
  }

  /** For our own log: numbers and ids alone. */
  summary(response: unknown): Record<string, unknown> {
    const sum = (of: (usage: TokenUsage) => number): number =>
      this.usages.reduce((total, usage) => total + of(usage), 0);
    return {
      model: this.#model,
      requests: this.bodies.length,
      cost_usd: this.costUsd,
      request_id: (response as { readonly _request_id?: unknown } | null)?._request_id,
      input_tokens: sum(({ input }) => input),
      output_tokens: sum(({ output }) => output),
      cache_read_tokens: sum(({ cacheRead }) => cacheRead),
    };
  }

  /** Where the answer says no usage, the worst case is assumed. */
  answered(response: unknown, worstUsd: number): void {
    const usage = usageOf(response);
    this.costUsd += usage === null ? worstUsd : costUsd(this.#model, usage);
    if (usage !== null) this.usages.push(usage);
  }
}

class Conversation {
  readonly #anthropic: Anthropic;
  readonly #options: ClaudeOptions;
  readonly #signal: AbortSignal;
  readonly tally: Tally;

  constructor(anthropic: Anthropic, options: ClaudeOptions, model: string, signal: AbortSignal) {
    this.#anthropic = anthropic;
    this.#options = options;
    this.#signal = signal;
    this.tally = new Tally(model);
  }

  /** One call under its own deadline. Rejects as the SDK does. */
  async ask(params: MessageCreateParamsNonStreaming): Promise<unknown> {
    const { clock, timeoutMs = ATTEMPT_TIMEOUT_MS } = this.#options;
    this.tally.sent(params);
    const response: unknown = await withDeadline(
      (stop) => this.#anthropic.messages.create(params, { signal: stop }),
      { timeoutMs, clock, signal: this.#signal },
    );
    const inputTokens = estimateTokens(this.tally.bodies.at(-1) ?? "");
    this.tally.answered(response, worstCaseUsd(params.model, inputTokens, params.max_tokens));
    return response;
  }
}

interface Plan {
  readonly tier: Exclude<Tier, "statistics">;
  readonly choice: ModelChoice;
  readonly worstUsd: number;
}

/** The tiers an alert may have, the best first. */
function plans(alert: Alert, request: BuiltRequest, options: ClaudeOptions): readonly Plan[] {
  const inputTokens = estimateTokens(JSON.stringify(request.params.messages)) + OVERHEAD_TOKENS;
  const { deep = null } = options;
  const standard: Plan = {
    tier: "standard",
    choice: options,
    worstUsd: worstCaseUsd(options.model, inputTokens, options.maxTokens),
  };
  if (deep === null || alert.severity !== "critical") return [standard];
  return [{ tier: "deep", choice: deep, worstUsd: worstCaseOf(deep, inputTokens) }, standard];
}

interface Reserved extends Plan {
  readonly reservation: Reservation | null;
}

/** The best tier that the budget still pays for; null where it pays for none. */
async function reserved(
  alert: Alert,
  request: BuiltRequest,
  options: ClaudeOptions,
): Promise<Reserved | null> {
  for (const plan of plans(alert, request, options)) {
    const { budget = null } = options;
    if (budget === null) return { ...plan, reservation: null };
    const reservation = await budget.reserve(plan.worstUsd, alert.severity, options.clock.now());
    if (reservation !== null) return { ...plan, reservation };
  }
  return null;
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

async function settle(plan: Reserved, tally: Tally, options: ClaudeOptions): Promise<void> {
  // A call that was sent and never answered may have been billed: the worst case is assumed.
  const unanswered = tally.bodies.length > 0 && tally.costUsd === 0;
  try {
    await plan.reservation?.settle(unanswered ? plan.worstUsd : tally.costUsd);
  } catch {
    options.log.warn("what an analysis cost could not be written down: its reservation stays");
  }
}

function recordText(word: AnalysisReport["confidenceWord"], record: ReturnType<typeof trackRecord>): string {
  if (record === null) return "not enough history";
  return `${record.confirmed} of the last ${record.judged} called ${word} were confirmed`;
}

async function answered(
  alert: Alert,
  request: BuiltRequest,
  plan: Reserved,
  conversation: Conversation,
  options: ClaudeOptions,
): Promise<AnalysisOutcome> {
  const { clock, log } = options;
  const startedMs = clock.now();
  const { tally } = conversation;
  const params = { ...request.params, model: plan.choice.model, max_tokens: plan.choice.maxTokens };
  const response =
    plan.tier === "deep" && options.deep
      ? await investigate(
          params,
          (next) => conversation.ask(next),
          toolbox(alert, options.templatesOnly),
          options.deep,
        )
      : await conversation.ask(params);
  const answer = readAnswer(response);
  const reason = answer.kind === "failed" ? answer.reason : null;
  log.info(
    {
      alert: alert.id,
      tier: plan.tier,
      reason,
      took_ms: clock.now() - startedMs,
      ...tally.summary(response),
    },
    "Claude answered",
  );
  if (answer.kind === "failed") return failedAnswer(answer.reason);
  const { findings, report } = judge(answer.answer, request.pack, alert);
  const record = trackRecord(report.confidenceWord, (await options.past?.()) ?? []);
  const whole: AnalysisReport = {
    ...report,
    confidenceBecause: [...report.confidenceBecause, recordText(report.confidenceWord, record)],
    tier: plan.tier,
    evidenceHash: evidenceHash(request.pack),
    costUsd: Math.round(tally.costUsd * 1e6) / 1e6,
    receipt: receiptOf(tally.bodies, hostOf(options), options.templatesOnly === true),
    changed: differences(alert, findings, report),
  };
  return { kind: "done", findings, model: answer.model, report: whole };
}

async function analyse(
  anthropic: Anthropic,
  alert: Alert,
  options: ClaudeOptions,
  signal: AbortSignal,
): Promise<AnalysisOutcome> {
  const { clock, log, templatesOnly = false } = options;
  const context = (await options.context?.(alert)) ?? {};
  const request = buildRequest(alert, options, { ...context, templatesOnly });
  if (request === null) {
    log.error({ alert: alert.id }, "nothing was sent: the evidence could not be redacted");
    return failed("redaction_failed");
  }
  const known = unchanged(alert, evidenceHash(request.pack));
  if (known !== null) return known;
  if (request.caught > 0)
    log.warn({ alert: alert.id, lines: request.caught }, "redacted again before sending");
  let plan: Reserved | null;
  try {
    plan = await reserved(alert, request, options);
  } catch {
    return failed("budget_unavailable", true);
  }
  if (plan === null) return byStatistics(alert, BUDGET_USED);
  const conversation = new Conversation(anthropic, options, plan.choice.model, signal);
  try {
    return await answered(alert, request, plan, conversation, options);
  } catch (error) {
    const failure = claudeFailure(error, clock.now());
    const reason = failure.reason === "unreadable_response" ? "unreadable_answer" : failure.reason;
    log.warn(
      { alert: alert.id, model: plan.choice.model, reason, retryable: failure.retryable },
      "Claude did not answer",
    );
    return { kind: "failed", ...failure, reason };
  } finally {
    await settle(plan, conversation.tally, options);
  }
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
  return {
    name: "claude",
    analyse: (alert, signal) => analyse(anthropic, alert, options, signal),
    checkKey: (signal) => checkKey(anthropic, options, signal),
  };
}
