import Anthropic from "@anthropic-ai/sdk";
import type { Logger } from "pino";

const DEFAULT_BASE_URL = "https://api.anthropic.com";
/** Of one attempt, until the answer is read; the caller's signal may end it earlier. */
export const ATTEMPT_TIMEOUT_MS = 120_000;

export interface ClientOptions {
  /** Not empty. */
  readonly apiKey: string;
  readonly baseUrl?: string;
  /** For tests; the platform's own otherwise. */
  readonly fetch?: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  readonly timeoutMs?: number;
  readonly log: Logger;
}

/** Where the data goes: the host alone. */
export function hostOf({ baseUrl = DEFAULT_BASE_URL }: Pick<ClientOptions, "baseUrl">): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : "";
}

/** Where the data goes, what is logged and traced is decided here, not by the SDK's own environment variables. */
export function createClient(options: ClientOptions): Anthropic {
  const { log } = options;
  const logged = (level: "warn" | "error") => (): void =>
    log[level]("the Anthropic client reported a problem");
  const ignored = (): void => undefined;
  return new Anthropic({
    apiKey: options.apiKey,
    authToken: null,
    webhookKey: null,
    baseURL: options.baseUrl ?? DEFAULT_BASE_URL,
    timeout: options.timeoutMs ?? ATTEMPT_TIMEOUT_MS,
    maxRetries: 0,
    logLevel: "warn",
    logger: { error: logged("error"), warn: logged("warn"), info: ignored, debug: ignored },
    openTelemetry: { propagation: false, traces: { contentMode: "metadata_only" } },
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
}
