/** USD per million tokens of models whose name begins so. */
export interface ModelPrice {
  readonly model: string;
  /** It holds for prompts of more tokens than this. */
  readonly aboveTokens: number;
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
}

export type Prices = readonly ModelPrice[];

/** List prices of November 2026; a gateway may charge something else, which only its own bill knows. */
export const LIST_PRICES =
  "claude-haiku-5-5=0.1/0.5/0.125/0.01, claude-haiku-5-5>100000=0.5/2.5/0.625/0.05, claude-sonnet-5-5=2/10/2.5/0.1, claude-opus-5-5=4/20/5/0.2";

const MAX_PRICES = 100;
const MAX_USD = 100_000;
const ENTRY = /^([^\s=>,]{1,128})(?:>(\d{1,9}))?=(\d{1,6}(?:\.\d{1,6})?(?:\/\d{1,6}(?:\.\d{1,6})?){1,3})$/;
/** What a cache costs against input where nobody says. */
const CACHE_WRITE = 1.25;
const CACHE_READ = 0.1;

function entryOf(text: string): ModelPrice | null {
  const [, model, above = "0", numbers = ""] = ENTRY.exec(text) ?? [];
  const [input, output, cacheWrite, cacheRead] = numbers.split("/").map(Number);
  if (model === undefined || input === undefined || output === undefined) return null;
  if ([input, output, cacheWrite ?? 0, cacheRead ?? 0].some((usd) => usd > MAX_USD)) return null;
  return {
    model,
    aboveTokens: Number(above),
    input,
    output,
    cacheWrite: cacheWrite ?? input * CACHE_WRITE,
    cacheRead: cacheRead ?? input * CACHE_READ,
  };
}

/** `model=input/output/cache write/cache read`, with commas; `model>100000=…` for prompts beyond so many tokens. */
export function parsePrices(text: string): Prices | null {
  const entries = text.split(",").map((part) => entryOf(part.trim()));
  const prices = entries.filter((entry) => entry !== null);
  return prices.length === entries.length && prices.length <= MAX_PRICES ? prices : null;
}

/** A model nobody has a price for is taken for the dearest known, so that a limit holds whatever is configured. */
const DEAREST: Omit<ModelPrice, "model" | "aboveTokens"> = {
  input: 10,
  output: 50,
  cacheWrite: 12.5,
  cacheRead: 1,
};

function fitting(prices: Prices, model: string): Prices {
  const named = prices.filter((price) => model.startsWith(price.model));
  const longest = Math.max(...named.map((price) => price.model.length));
  return named.filter((price) => price.model.length === longest);
}

export function isPriced(prices: Prices, model: string): boolean {
  return fitting(prices, model).length > 0;
}

/** The price of a model for a prompt of so many tokens. */
export function priceOf(
  prices: Prices,
  model: string,
  promptTokens: number,
): Omit<ModelPrice, "model" | "aboveTokens"> {
  const named = fitting(prices, model);
  if (named.length === 0) {
    const most = (of: (price: typeof DEAREST) => number): number =>
      Math.max(of(DEAREST), ...prices.map((price) => of(price)));
    return {
      input: most(({ input }) => input),
      output: most(({ output }) => output),
      cacheWrite: most(({ cacheWrite }) => cacheWrite),
      cacheRead: most(({ cacheRead }) => cacheRead),
    };
  }
  const [first, ...others] = named.toSorted((a, b) => a.aboveTokens - b.aboveTokens);
  return others.findLast(({ aboveTokens }) => promptTokens > aboveTokens) ?? first ?? DEAREST;
}

export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
}

const TOKENS_PER_PRICE = 1_000_000;

/** What a call cost, in USD. */
export function costUsd(prices: Prices, model: string, usage: TokenUsage): number {
  const price = priceOf(prices, model, usage.input + usage.cacheWrite + usage.cacheRead);
  const sum =
    usage.input * price.input +
    usage.output * price.output +
    usage.cacheWrite * price.cacheWrite +
    usage.cacheRead * price.cacheRead;
  return sum / TOKENS_PER_PRICE;
}

/** The most that a call can cost: every input token at its dearest, every output token used. */
export function worstCaseUsd(
  prices: Prices,
  model: string,
  inputTokens: number,
  maxOutputTokens: number,
): number {
  const { input, cacheWrite } = priceOf(prices, model, inputTokens);
  const side =
    cacheWrite > input ? { input: 0, cacheWrite: inputTokens } : { input: inputTokens, cacheWrite: 0 };
  return costUsd(prices, model, { ...side, cacheRead: 0, output: maxOutputTokens });
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
