import { z } from "zod";
import type { Findings } from "../alert/alert.ts";
import { clip } from "./printable.ts";
import { redact } from "./redact.ts";

/**
 * The wire schema: fixed, flat and without bounds, which the API does not enforce (they are kept here instead).
 * Fields are written in this order: what the answer rests on first, how sure it is last.
 */
export const ANSWER_SCHEMA = {
  type: "object",
  properties: {
    evidence_ids: {
      type: "array",
      items: { type: "string" },
      description: "Ids of the evidence items that the answer rests on, the most important first",
    },
    root_cause: { type: "string", description: "Two to four sentences" },
    impact: { type: "string", description: "One or two sentences" },
    recommended_actions: {
      type: "array",
      items: { type: "string" },
      description: "Two to five steps of one sentence each, the most useful first",
    },
    confidence: { type: "number", description: "Between 0 and 1: the chance that the root cause is right" },
  },
  required: ["evidence_ids", "root_cause", "impact", "recommended_actions", "confidence"],
  additionalProperties: false,
};

const MAX_ROOT_CAUSE_CHARS = 1_500;
const MAX_IMPACT_CHARS = 1_000;
const MAX_ACTION_CHARS = 400;
const MAX_ACTIONS = 5;
const MAX_CITED = 20;
const MAX_ANSWER_CHARS = 65_536;

const MAX_CONFIDENCE = 0.95;
/** An answer that cites something that does not exist. */
const INVENTED_EVIDENCE_CONFIDENCE = 0.6;
/** An answer that rests on nothing that was shown. */
const NO_EVIDENCE_CONFIDENCE = 0.2;

const Answer = z.object({
  evidence_ids: z.array(z.string()),
  root_cause: z.string(),
  impact: z.string(),
  recommended_actions: z.array(z.string()),
  confidence: z.number(),
});

/** What is read of a message; all else may change without harm. */
const Message = z.object({
  model: z.string(),
  stop_reason: z.string().nullable(),
  stop_details: z.object({ category: z.string().nullish() }).nullish(),
  content: z.array(z.looseObject({ type: z.string() })),
});

const TextBlock = z.object({ type: z.literal("text"), text: z.string() });

export type AnswerReason =
  | `refusal:${string}`
  | "max_tokens"
  | "context_window_exceeded"
  | "unreadable_answer"
  /** Not a message at all: something between us and the API answered. */
  | "not_a_message";

export type AnswerOutcome =
  | {
      readonly kind: "answered";
      readonly findings: Findings;
      readonly model: string;
      /** Those of the cited ids that exist. */
      readonly evidenceIds: readonly string[];
    }
  | { readonly kind: "failed"; readonly reason: AnswerReason };

const REFUSAL_CATEGORIES: ReadonlySet<string> = new Set([
  "cyber",
  "bio",
  "frontier_llm",
  "reasoning_extraction",
  "general_harms",
]);

function stopped(message: z.infer<typeof Message>): AnswerReason | null {
  switch (message.stop_reason) {
    case "end_turn":
    case "stop_sequence":
      return null;
    case "max_tokens":
      return "max_tokens";
    case "model_context_window_exceeded":
      return "context_window_exceeded";
    case "refusal": {
      const category = message.stop_details?.category ?? "unspecified";
      return `refusal:${REFUSAL_CATEGORIES.has(category) ? category : "unspecified"}`;
    }
    case null:
    default:
      return "unreadable_answer";
  }
}

function textOf(message: z.infer<typeof Message>): string {
  return message.content
    .map((block) => TextBlock.safeParse(block))
    .map((block) => (block.success ? block.data.text : ""))
    .join("");
}

function parsed(json: string): z.infer<typeof Answer> | null {
  if (json.length > MAX_ANSWER_CHARS) return null;
  try {
    const answer = Answer.safeParse(JSON.parse(json));
    return answer.success && answer.data.root_cause.trim() !== "" ? answer.data : null;
  } catch {
    return null;
  }
}

const LINK = /(?:\b[a-z][a-z0-9+.-]{1,20}:\/\/|\b(?:javascript|data|mailto):|\bwww\.)[^\s<>"')\]]{1,2048}/gi;

/** Where a log line planted a link, nobody shall click it. */
function withoutLinks(text: string): string {
  return text.replace(LINK, "[link removed]");
}

function clean(text: string, maxChars: number): string {
  return clip(redact(text).replace(/\s+/g, " ").trim(), maxChars);
}

/** Half an empty answer is no answer: null, never "". */
function cleanOrNull(text: string, maxChars: number): string | null {
  return clean(text, maxChars) || null;
}

function confidence(claimed: number, cited: readonly string[], known: readonly string[]): number {
  let cap = MAX_CONFIDENCE;
  if (known.length === 0) cap = NO_EVIDENCE_CONFIDENCE;
  else if (known.length < cited.length) cap = INVENTED_EVIDENCE_CONFIDENCE;
  return Number.isFinite(claimed) ? Math.round(Math.min(Math.max(claimed, 0), cap) * 100) / 100 : 0;
}

/**
 * The findings in a message of the API, bounded and redacted. Anything that is not a whole answer is `failed`:
 * a cut-off answer too, even where what is there can be read. Never throws.
 */
export function readAnswer(response: unknown, knownIds: readonly string[]): AnswerOutcome {
  const message = Message.safeParse(response);
  if (!message.success) return { kind: "failed", reason: "not_a_message" };
  const reason = stopped(message.data);
  if (reason !== null) return { kind: "failed", reason };
  const answer = parsed(textOf(message.data));
  if (answer === null) return { kind: "failed", reason: "unreadable_answer" };
  const cited = [...new Set(answer.evidence_ids.slice(0, MAX_CITED).map((id) => id.trim().toUpperCase()))];
  const evidenceIds = cited.filter((id) => knownIds.includes(id));
  return {
    kind: "answered",
    model: clean(message.data.model, 100),
    evidenceIds,
    findings: {
      rootCause: cleanOrNull(answer.root_cause, MAX_ROOT_CAUSE_CHARS),
      impact: cleanOrNull(answer.impact, MAX_IMPACT_CHARS),
      recommendedActions: answer.recommended_actions
        .map((action) => clean(withoutLinks(action), MAX_ACTION_CHARS))
        .filter((action) => action !== "")
        .slice(0, MAX_ACTIONS),
      confidence: confidence(answer.confidence, cited, evidenceIds),
    },
  };
}
