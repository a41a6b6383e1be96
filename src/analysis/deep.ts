import { z } from "zod";
import type {
  ContentBlockParam,
  MessageCreateParamsNonStreaming,
  MessageParam,
  ToolResultBlockParam,
} from "@anthropic-ai/sdk/resources/messages";
import type { ModelChoice } from "./claude-request.ts";
import { worstCaseUsd, type Prices } from "./prices.ts";
import type { Toolbox } from "./tools.ts";

/** Results of one turn; further calls of it are refused. */
const MAX_CALLS_PER_TURN = 6;
/** What each turn may add to the conversation, in tokens: the calls and their results. */
const TURN_TOKENS = 8_000;

const ToolUse = z.object({
  type: z.literal("tool_use"),
  id: z.string(),
  name: z.string(),
  input: z.unknown(),
});
const Turn = z.looseObject({
  stop_reason: z.string().nullable(),
  content: z.array(z.looseObject({ type: z.string() })),
});

/** The most that an investigation can cost: every turn sends all before it again, nothing is cached. */
export function worstCaseOf(
  prices: Prices,
  { model, maxTokens, maxTurns }: ModelChoice & { readonly maxTurns: number },
  inputTokens: number,
): number {
  let usd = 0;
  for (let turn = 0; turn <= maxTurns; turn++)
    usd += worstCaseUsd(prices, model, inputTokens + turn * (TURN_TOKENS + maxTokens), maxTokens);
  return usd;
}

function results(
  content: readonly { readonly type: string }[],
  box: Toolbox,
  asked: Set<string>,
): ToolResultBlockParam[] {
  const calls = content.flatMap((block) => {
    const parsed = ToolUse.safeParse(block);
    return parsed.success ? [parsed.data] : [];
  });
  return calls.map(({ id, name, input }, i): ToolResultBlockParam => {
    const key = `${name.toLowerCase()} ${JSON.stringify(input)}`;
    const refused =
      i >= MAX_CALLS_PER_TURN ? "too many calls at once" : asked.has(key) ? "asked before" : null;
    asked.add(key);
    const { text, isError } =
      refused === null ? box.run(name, input) : { text: JSON.stringify({ problem: refused }), isError: true };
    return { type: "tool_result", tool_use_id: id, content: text, ...(isError ? { is_error: true } : {}) };
  });
}

/**
 * A bounded conversation with read-only tools: append-only, every answer echoed as it came, and a last turn that has
 * to answer. Resolves with the final message; rejects as the call does.
 */
export async function investigate(
  opening: MessageCreateParamsNonStreaming,
  ask: (params: MessageCreateParamsNonStreaming) => Promise<unknown>,
  box: Toolbox,
  { maxTurns }: { readonly maxTurns: number },
): Promise<unknown> {
  const messages: MessageParam[] = [...opening.messages];
  const base: MessageCreateParamsNonStreaming = {
    ...opening,
    tools: [...box.tools],
    cache_control: { type: "ephemeral" },
  };
  const asked = new Set<string>();
  for (let turn = 0; ; turn++) {
    const last = turn >= maxTurns;
    const response = await ask({
      ...base,
      messages: [...messages],
      ...(last ? { tool_choice: { type: "none" } } : {}),
    });
    const parsed = Turn.safeParse(response);
    if (!parsed.success || parsed.data.stop_reason !== "tool_use" || last) return response;
    const found = results(parsed.data.content, box, asked);
    if (found.length === 0) return response;
    messages.push(
      { role: "assistant", content: parsed.data.content as unknown as ContentBlockParam[] },
      { role: "user", content: found },
    );
  }
}
