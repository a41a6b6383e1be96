import Anthropic from "@anthropic-ai/sdk";
import type { Logger } from "pino";
import type { Alert } from "../alert/alert.ts";
import type { Clock } from "../clock.ts";
import type { AnalysisOutcome, Analyst } from "./analyst.ts";
import { readAnswer } from "./answer.ts";
import type { AnswerReason } from "./answer.ts";
import { claudeFailure } from "./claude-failure.ts";
import type { ClaudeReason } from "./claude-failure.ts";
import { buildRequest } from "./claude-request.ts";
import type { BuiltRequest, ModelChoice } from "./claude-request.ts";
import { withDeadline } from "../deadline.ts";

const DEFAULT_BASE_URL = "https://api.anthropic.com";
/** Of one attempt, until the answer is read; the caller's signal may end it earlier. */
const ATTEMPT_TIMEOUT_MS = 120_000;
const CHECK_TIMEOUT_MS = 10_000;

export interface ClaudeOptions extends ModelChoice {
  /** Not empty. */
  readonly apiKey: string;
  readonly baseUrl?: string;
  /** For tests; the platform's own otherwise. */
  readonly fetch?: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  readonly timeoutMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
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

/** Where the data goes, what is logged and traced is decided here, not by the SDK's own environment variables. */
function client(options: ClaudeOptions): Anthropic {
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

/** An answer from something in between may be gone next time; one from the model was paid for and stays as it is. */
function failedAnswer(reason: AnswerReason): AnalysisOutcome {
  if (reason === "not_a_message") {
    return { kind: "failed", retryable: true, retryAfterMs: null, reason: "unreadable_answer" };
  }
  return { kind: "failed", retryable: false, retryAfterMs: null, reason };
}

function usageOf(response: unknown): Record<string, unknown> {
  const { usage, _request_id: requestId } = (response ?? {}) as {
    usage?: Partial<Anthropic.Usage> | null;
    _request_id?: unknown;
  };
  return {
    request_id: requestId,
    input_tokens: usage?.input_tokens,
    output_tokens: usage?.output_tokens,
    cache_read_tokens: usage?.cache_read_input_tokens,
  };
}

async function ask(
  anthropic: Anthropic,
  alert: Alert,
  request: BuiltRequest,
  options: ClaudeOptions,
  signal: AbortSignal,
): Promise<AnalysisOutcome> {
  const { clock, log, model, timeoutMs = ATTEMPT_TIMEOUT_MS } = options;
  const startedMs = clock.now();
  const response: unknown = await withDeadline(
    (stop) => anthropic.messages.create(request.params, { signal: stop }),
    { timeoutMs, clock, signal },
  );
  const answer = readAnswer(response, request.evidenceIds);
  const reason = answer.kind === "failed" ? answer.reason : null;
  log.info(
    { alert: alert.id, model, reason, took_ms: clock.now() - startedMs, ...usageOf(response) },
    "Claude answered",
  );
  if (answer.kind === "failed") return failedAnswer(answer.reason);
  return { kind: "done", findings: answer.findings, model: answer.model };
}

async function analyse(
  anthropic: Anthropic,
  alert: Alert,
  options: ClaudeOptions,
  signal: AbortSignal,
): Promise<AnalysisOutcome> {
  const { clock, log, model } = options;
  const request = buildRequest(alert, options);
  if (request === null) {
    log.error({ alert: alert.id }, "nothing was sent: the evidence could not be redacted");
    return { kind: "failed", retryable: false, retryAfterMs: null, reason: "redaction_failed" };
  }
  if (request.caught > 0)
    log.warn({ alert: alert.id, lines: request.caught }, "redacted again before sending");
  try {
    return await ask(anthropic, alert, request, options, signal);
  } catch (error) {
    const failed = claudeFailure(error, clock.now());
    const reason = failed.reason === "unreadable_response" ? "unreadable_answer" : failed.reason;
    log.warn({ alert: alert.id, model, reason, retryable: failed.retryable }, "Claude did not answer");
    return { kind: "failed", ...failed, reason };
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

/** Claude as an analyst: one request per call, every failure classified. Throws only where there is no key. */
export function createClaudeAnalyst(options: ClaudeOptions): ClaudeAnalyst {
  if (options.apiKey.trim() === "") throw new TypeError("Claude needs an API key");
  const anthropic = client(options);
  return {
    name: "claude",
    analyse: (alert, signal) => analyse(anthropic, alert, options, signal),
    checkKey: (signal) => checkKey(anthropic, options, signal),
  };
}
