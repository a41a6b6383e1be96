/** USD per million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
}

/** List prices of November 2026; a gateway may charge something else, which only its own bill knows. */
const PRICES: readonly (readonly [prefix: string, price: ModelPrice])[] = [
  ["claude-haiku-5-5", { input: 0.1, output: 0.5, cacheWrite: 0.125, cacheRead: 0.01 }],
  ["claude-sonnet-5-5", { input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.2 }],
  ["claude-opus-5-5", { input: 4, output: 20, cacheWrite: 5, cacheRead: 0.4 }],
];

/** A model nobody has a price for is taken for the dearest, so that a limit holds whatever is configured. */
const DEAREST: ModelPrice = { input: 10, output: 50, cacheWrite: 12.5, cacheRead: 1 };

export function priceOf(model: string): ModelPrice {
  return PRICES.find(([prefix]) => model.startsWith(prefix))?.[1] ?? DEAREST;
}

export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
}

const TOKENS_PER_PRICE = 1_000_000;

/** What a call cost, in USD. */
export function costUsd(model: string, usage: TokenUsage): number {
  const price = priceOf(model);
  const sum =
    usage.input * price.input +
    usage.output * price.output +
    usage.cacheWrite * price.cacheWrite +
    usage.cacheRead * price.cacheRead;
  return sum / TOKENS_PER_PRICE;
}

/** The most that a call can cost: every input token written to the cache, every output token used. */
export function worstCaseUsd(model: string, inputTokens: number, maxOutputTokens: number): number {
  return costUsd(model, { input: 0, cacheWrite: inputTokens, cacheRead: 0, output: maxOutputTokens });
}

function tokens(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

/** The usage in a message of the API; null where it says none, so that the worst case has to be assumed. */
export function usageOf(response: unknown): TokenUsage | null {
  const { usage } = (response ?? {}) as { readonly usage?: Readonly<Record<string, unknown>> | null };
  if (usage === undefined || usage === null || typeof usage !== "object") return null;
  return {
    input: tokens(usage["input_tokens"]),
    output: tokens(usage["output_tokens"]),
    cacheWrite: tokens(usage["cache_creation_input_tokens"]),
    cacheRead: tokens(usage["cache_read_input_tokens"]),
  };
}
