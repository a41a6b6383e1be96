import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from "@slack/web-api";
import { SECOND_MS } from "../log/time.ts";
import { MESSAGE_GONE } from "../notify/deliver.ts";
import type { DeliveryOutcome } from "../notify/notifier.ts";

type Failure = Extract<DeliveryOutcome, { kind: "failed" }>;

/** Slack's own words (`"ok": false`) that pass; every other one is a matter of configuration or of the message. */
const PASSING: ReadonlySet<string> = new Set([
  "ratelimited",
  "rate_limited",
  "message_limit_exceeded",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
  "team_added_to_org",
]);

const GONE: ReadonlySet<string> = new Set([
  "message_not_found",
  "cant_update_message",
  "edit_window_closed",
  "is_inactive",
  "thread_not_found",
  "cannot_reply_to_message",
]);

/** The message is what Slack does not like; a plainer one may pass. */
const TOO_MUCH: ReadonlySet<string> = new Set([
  "invalid_blocks",
  "invalid_blocks_format",
  "msg_too_long",
  "msg_blocks_too_long",
]);

export function wantsPlainerMessage(error: unknown): boolean {
  return error instanceof WebAPIPlatformError && TOO_MUCH.has(error.data.error);
}

function failed(reason: string, retryable: boolean, retryAfterMs: number | null = null): Failure {
  return { kind: "failed", retryable, retryAfterMs, reason };
}

function platformFailure(word: string): Failure {
  // A proxy's page instead of Slack's JSON ends up here as the "error".
  if (!/^[a-z][a-z0-9_]{0,60}$/.test(word)) return failed("bad_response", true);
  if (GONE.has(word)) return failed(MESSAGE_GONE, false);
  return failed(word, PASSING.has(word));
}

function httpFailure(status: number): Failure {
  const passing = status >= 500 || status === 408 || status === 425 || status === 429;
  return failed(`http_${status}`, passing);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}

/** What a failed call to Slack's Web API means. */
export function slackFailure(error: unknown): Failure {
  if (error instanceof WebAPIRateLimitedError) {
    return failed("rate_limited", true, error.retryAfter * SECOND_MS);
  }
  if (error instanceof WebAPIPlatformError) return platformFailure(error.data.error);
  if (error instanceof WebAPIHTTPError) return httpFailure(error.statusCode);
  if (error instanceof WebAPIRequestError) {
    return failed(isTimeout(error.original) ? "timeout" : "network", true);
  }
  // A 429 without a usable Retry-After comes as a plain Error.
  return failed("unexpected_answer", true);
}
