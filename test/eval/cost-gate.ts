import { createHash } from "node:crypto";
import { estimateTokens } from "../../src/analysis/pack.ts";
import { costUsd, usageOf, worstCaseUsd, type Prices } from "../../src/analysis/prices.ts";

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** One call as it went over the wire; the request is redacted, as all that leaves is. */
export interface RecordedCall {
  readonly requestSha256: string;
  readonly request: unknown;
  readonly status: number;
  readonly response: unknown;
  readonly costUsd: number;
  readonly tookMs: number;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface Asked {
  readonly model?: unknown;
  readonly max_tokens?: unknown;
}

/** Lets a call through only while the worst that it can cost is still paid for; notes what it did cost. */
export class CostGate {
  readonly #fetch: Fetch;
  readonly #maxUsd: number;
  readonly #prices: Prices;
  #spentUsd = 0;
  #closed = false;
  #calls: RecordedCall[] = [];

  constructor(fetch: Fetch, maxUsd: number, prices: Prices) {
    this.#prices = prices;
    this.#fetch = fetch;
    this.#maxUsd = maxUsd;
  }

  get spentUsd(): number {
    return this.#spentUsd;
  }

  /** A call was refused: nothing more should be asked. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The calls since the last time. */
  take(): readonly RecordedCall[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }

  readonly fetch: Fetch = async (input, init) => {
    const text = typeof init?.body === "string" ? init.body : "";
    const { model, max_tokens: maxTokens } = (text === "" ? {} : jsonOf(text)) as Asked;
    const worstUsd = worstCaseUsd(this.#prices, String(model), estimateTokens(text), Number(maxTokens));
    // A request whose cost is not known is not sent; NaN compares as false.
    if (!(this.#spentUsd + worstUsd <= this.#maxUsd)) {
      this.#closed = true;
      throw new TypeError("the cost cap is reached: nothing was sent");
    }
    // Until the answer says otherwise, a call that was sent costs the worst.
    this.#spentUsd += worstUsd;
    const startedMs = performance.now();
    const response = await this.#fetch(input, init);
    const body = await response.text();
    const answer = jsonOf(body);
    const usage = usageOf(typeof answer === "object" ? answer : null);
    const realUsd =
      usage === null ? (response.ok ? worstUsd : 0) : costUsd(this.#prices, String(model), usage);
    this.#spentUsd += realUsd - worstUsd;
    this.#calls.push({
      requestSha256: sha256(text),
      request: jsonOf(text),
      status: response.status,
      response: answer,
      costUsd: realUsd,
      tookMs: Math.round(performance.now() - startedMs),
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
}
