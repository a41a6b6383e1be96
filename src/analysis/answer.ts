import { z } from "zod";
import { Answer } from "./answer-schema.ts";
import { clip } from "./printable.ts";
import { redact } from "./redact.ts";

const MAX_ANSWER_CHARS = 65_536;

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
  /** It stopped to go on later, which nothing that is asked for here does. */
  | "paused"
  /** It wanted tools to the end. */
  | "no_conclusion"
  | "unreadable_answer"
  /** Not a message at all: something between us and the API answered. */
  | "not_a_message";

export type AnswerOutcome =
  | { readonly kind: "answered"; readonly answer: Answer; readonly model: string }
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
    case "pause_turn":
      return "paused";
    case "tool_use":
      return "no_conclusion";
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

function parsed(json: string): Answer | null {
  if (json.length > MAX_ANSWER_CHARS) return null;
  try {
    const answer = Answer.safeParse(JSON.parse(json));
    return answer.success && answer.data.root_cause.summary.trim() !== "" ? answer.data : null;
  } catch {
    return null;
  }
}

/**
 * The answer in a message of the API. Anything that is not a whole answer is `failed`: a cut-off one too, even where
 * what is there can be read. Never throws.
 */
export function readAnswer(response: unknown): AnswerOutcome {
  const message = Message.safeParse(response);
  if (!message.success) return { kind: "failed", reason: "not_a_message" };
  const reason = stopped(message.data);
  if (reason !== null) return { kind: "failed", reason };
  const answer = parsed(textOf(message.data));
  if (answer === null) return { kind: "failed", reason: "unreadable_answer" };
  return { kind: "answered", answer, model: clip(redact(message.data.model), 100) };
}
