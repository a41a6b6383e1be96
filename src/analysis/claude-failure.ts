import {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
} from "@anthropic-ai/sdk";
import type { EpochMs } from "../log/time.ts";
import { isTimeout } from "../deadline.ts";

export type ClaudeReason =
  | "aborted"
  | "bad_request"
  | "forbidden"
  | "invalid_key"
  | "network"
  | "overloaded"
  | "rate_limited"
  | "request_too_large"
  | "server_error"
  | "spending_limit"
  | "timeout"
  | "unknown_model"
  | "unreadable_response";

export interface ClaudeFailure {
  readonly reason: ClaudeReason;
  /** Would the same request succeed later? */
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
}

const RETRYABLE: ReadonlySet<ClaudeReason> = new Set([
  "aborted",
  "network",
  "overloaded",
  "rate_limited",
  "server_error",
  "timeout",
  "unreadable_response",
]);

function failure(reason: ClaudeReason, retryAfterMs: number | null = null): ClaudeFailure {
  return { reason, retryable: RETRYABLE.has(reason), retryAfterMs };
}

/** A longer wait than a day is as good as never. */
const MAX_RETRY_AFTER_MS = 86_400_000;

/** `retry-after-ms`, else `retry-after` in seconds or as an HTTP date; null where there is none that can be read. */
export function retryAfterMs(headers: Headers | undefined, nowMs: EpochMs): number | null {
  const exactMs = Number(headers?.get("retry-after-ms") ?? Number.NaN);
  const text = headers?.get("retry-after") ?? "";
  const seconds = text.trim() === "" ? Number.NaN : Number(text);
  const untilMs = Number.isNaN(seconds) ? Date.parse(text) - nowMs : seconds * 1000;
  const waitMs = exactMs > 0 ? exactMs : untilMs;
  return Number.isFinite(waitMs) && waitMs > 0 ? Math.min(Math.ceil(waitMs), MAX_RETRY_AFTER_MS) : null;
}

/** Refusals to spend come as 429, 403 or 402; waiting minutes does not help. */
const SPENDING = /spend_limit|on_hold|billing|credit/i;

const BY_STATUS: ReadonlyMap<number, ClaudeReason> = new Map([
  [401, "invalid_key"],
  [402, "spending_limit"],
  [403, "forbidden"],
  [404, "unknown_model"],
  [408, "timeout"],
  [409, "server_error"],
  [413, "request_too_large"],
  [429, "rate_limited"],
  [499, "server_error"],
  [529, "overloaded"],
]);

function reasonOf(error: APIError): ClaudeReason {
  if (error.errorCode !== null && SPENDING.test(error.errorCode)) return "spending_limit";
  if (error.type === "billing_error") return "spending_limit";
  if (error.type === "overloaded_error") return "overloaded";
  const { status } = error;
  if (status === undefined) return "network";
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  return status >= 500 ? "server_error" : "bad_request";
}

/** What went wrong, as a word of a closed set; no message of the API is passed on. */
export function claudeFailure(error: unknown, nowMs: EpochMs): ClaudeFailure {
  if (error instanceof APIConnectionTimeoutError || isTimeout(error)) return failure("timeout");
  if (error instanceof APIUserAbortError || isAbort(error)) return failure("aborted");
  if (error instanceof APIConnectionError) return failure("network");
  if (error instanceof APIError) return failure(reasonOf(error), retryAfterMs(error.headers, nowMs));
  return failure(error instanceof SyntaxError ? "unreadable_response" : "network");
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
