import type { Logger } from "pino";
import type { Alert } from "../alert/alert.ts";
import type { Tier } from "../alert/report.ts";
import type { Clock } from "../clock.ts";
import type { AnswerOutcome } from "./answer.ts";
import type { Budget, Reservation } from "./budget.ts";
import type { BuiltRequest, ModelChoice } from "./claude-request.ts";
import { worstCaseOf } from "./deep.ts";
import { estimateTokens } from "./pack.ts";
import { worstCaseUsd, type Prices } from "./prices.ts";

/** The system prompt, the schema and what the API adds of its own. */
const OVERHEAD_TOKENS = 6_000;
/** What the models write at most. */
const MAX_OUTPUT_TOKENS = 128_000;
/** An answer that ran out of tokens is asked for once more, with so many times as many. */
const MORE_TOKENS = 2;

export type DeepChoice = ModelChoice & { readonly maxTurns: number };

export interface PlanOptions extends ModelChoice {
  readonly clock: Clock;
  readonly log: Logger;
  readonly prices: Prices;
  /** null: no limit. */
  readonly budget: Budget | null;
  /** null: one call for all. */
  readonly deep: DeepChoice | null;
  /** Asked once where the model refuses; null: none is. */
  readonly fallbackModel: string | null;
}

/** How an alert is analysed, and what that may cost. */
export interface Plan {
  readonly tier: Exclude<Tier, "statistics">;
  readonly choice: ModelChoice;
  readonly worstUsd: number;
}

export interface ReservedPlan extends Plan {
  readonly reservation: Reservation | null;
}

/** Critical alerts, and those that somebody asks about. */
export function wantsDeep({ severity, analysis }: Alert, { deep }: Pick<PlanOptions, "deep">): boolean {
  return deep !== null && (severity === "critical" || analysis.asked === true);
}

function inputTokensOf({ params }: BuiltRequest): number {
  return estimateTokens(JSON.stringify(params.messages)) + OVERHEAD_TOKENS;
}

function standardPlan(choice: ModelChoice, request: BuiltRequest, prices: Prices): Plan {
  const { model, maxTokens } = choice;
  return {
    tier: "standard",
    choice,
    worstUsd: worstCaseUsd(prices, model, inputTokensOf(request), maxTokens),
  };
}

/** The tiers that an alert may have, the best first. */
function plansOf(alert: Alert, request: BuiltRequest, options: PlanOptions): readonly Plan[] {
  const { deep, prices } = options;
  const standard = standardPlan(options, request, prices);
  if (deep === null || !wantsDeep(alert, options)) return [standard];
  const worstUsd = worstCaseOf(prices, deep, inputTokensOf(request));
  return [{ tier: "deep", choice: deep, worstUsd }, standard];
}

async function reserve(plan: Plan, alert: Alert, options: PlanOptions): Promise<ReservedPlan | null> {
  const { budget, clock } = options;
  if (budget === null) return { ...plan, reservation: null };
  const reservation = await budget.reserve(plan.worstUsd, alert.severity, clock.now());
  return reservation === null ? null : { ...plan, reservation };
}

/** The best tier that the budget still pays for; null where it pays for none. Throws where the budget is out of reach. */
export async function reservedPlan(
  alert: Alert,
  request: BuiltRequest,
  options: PlanOptions,
): Promise<ReservedPlan | null> {
  for (const plan of plansOf(alert, request, options)) {
    const reserved = await reserve(plan, alert, options);
    if (reserved !== null) return reserved;
  }
  return null;
}

/** After these, one call may still answer what an investigation did not. */
const WITHOUT_CONCLUSION: ReadonlySet<string> = new Set([
  "context_window_exceeded",
  "no_conclusion",
  "paused",
  "unreadable_answer",
]);

/** A second try that may end better, as a new conversation: with more room, by another model, or without tools. */
function secondChoice(
  answer: AnswerOutcome,
  { choice, tier }: Plan,
  options: PlanOptions,
): ModelChoice | null {
  if (answer.kind !== "failed") return null;
  const { fallbackModel, model, effort } = options;
  if (tier === "deep" && WITHOUT_CONCLUSION.has(answer.reason))
    return { model, effort, maxTokens: options.maxTokens };
  if (answer.reason.startsWith("refusal:"))
    return fallbackModel === null || fallbackModel === choice.model
      ? null
      : { model: fallbackModel, effort, maxTokens: options.maxTokens };
  const maxTokens = Math.min(choice.maxTokens * MORE_TOKENS, MAX_OUTPUT_TOKENS);
  return answer.reason === "max_tokens" && maxTokens > choice.maxTokens ? { ...choice, maxTokens } : null;
}

/** null where no second try would help, or none is paid for. */
export async function secondPlan(
  answer: AnswerOutcome,
  first: Plan,
  alert: Alert,
  request: BuiltRequest,
  options: PlanOptions,
): Promise<ReservedPlan | null> {
  const choice = secondChoice(answer, first, options);
  if (choice === null) return null;
  try {
    return await reserve(standardPlan(choice, request, options.prices), alert, options);
  } catch {
    return null;
  }
}

/** Writes down what was spent in place of what was reserved. Never throws. */
export async function settle(
  { reservation }: ReservedPlan,
  spentUsd: number,
  { log }: Pick<PlanOptions, "log">,
): Promise<void> {
  try {
    await reservation?.settle(spentUsd);
  } catch {
    log.warn("what an analysis cost could not be written down yet");
  }
}
