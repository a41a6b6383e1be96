import { APIError } from "@anthropic-ai/sdk";
import type Anthropic from "@anthropic-ai/sdk";
import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { Clock } from "../clock.ts";
import { withDeadline } from "../deadline.ts";
import { estimateTokens } from "./pack.ts";
import { costUsd, usageOf, worstCaseUsd, type Prices, type TokenUsage } from "./prices.ts";

export interface CallOptions {
  readonly clock: Clock;
  readonly prices: Prices;
  /** Of one call, until its answer is read. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** All calls of one analysis: what they sent, and what they cost. */
export class Conversation {
  readonly #anthropic: Anthropic;
  readonly #options: CallOptions;
  readonly #bodies: string[] = [];
  readonly #usages: TokenUsage[] = [];
  #answeredUsd = 0;
  #unansweredUsd = 0;

  constructor(anthropic: Anthropic, options: CallOptions) {
    this.#anthropic = anthropic;
    this.#options = options;
  }

  /** One call under its own deadline. Rejects as the SDK does. */
  async ask(params: MessageCreateParamsNonStreaming): Promise<unknown> {
    const { clock, prices, timeoutMs, signal } = this.#options;
    const body = JSON.stringify(params);
    const worstUsd = worstCaseUsd(prices, params.model, estimateTokens(body), params.max_tokens);
    this.#bodies.push(body);
    // A call that was sent and never answered may have been billed.
    this.#unansweredUsd += worstUsd;
    try {
      const response: unknown = await withDeadline(
        (stop) => this.#anthropic.messages.create(params, { signal: stop }),
        { timeoutMs, clock, signal },
      );
      const usage = usageOf(response);
      this.#answeredUsd += usage === null ? worstUsd : costUsd(prices, params.model, usage);
      this.#unansweredUsd -= worstUsd;
      if (usage !== null) this.#usages.push(usage);
      return response;
    } catch (error) {
      // The API itself said no: that costs nothing.
      if (error instanceof APIError && error.status !== undefined) this.#unansweredUsd -= worstUsd;
      throw error;
    }
  }

  /** The bodies that went out, in their order. */
  get bodies(): readonly string[] {
    return this.#bodies;
  }

  /** What it has cost; the worst of each call that no answer came to. */
  get costUsd(): number {
    return this.#answeredUsd + Math.max(this.#unansweredUsd, 0);
  }

  /** For our own log: numbers and ids alone. */
  summary(response: unknown): Record<string, unknown> {
    const sum = (of: (usage: TokenUsage) => number): number =>
      this.#usages.reduce((total, usage) => total + of(usage), 0);
    return {
      requests: this.#bodies.length,
      cost_usd: this.costUsd,
      request_id: (response as { readonly _request_id?: unknown } | null)?._request_id,
      input_tokens: sum(({ input }) => input),
      output_tokens: sum(({ output }) => output),
      cache_read_tokens: sum(({ cacheRead }) => cacheRead),
    };
  }
}
