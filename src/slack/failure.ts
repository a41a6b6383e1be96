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

/** Slack may have done it although its answer says nothing of the kind. */
function unclear(reason: string): Failure {
  return { ...failed(reason, true), unclear: true };
}

function platformFailure(word: string): Failure {
  // A proxy's page instead of Slack's JSON ends up here as the "error".
  if (!/^[a-z][a-z0-9_]{0,60}$/.test(word)) return unclear("bad_response");
  if (GONE.has(word)) return failed(MESSAGE_GONE, false);
  return failed(word, PASSING.has(word));
}

function httpFailure(status: number): Failure {
  const passing = status >= 500 || status === 408 || status === 425 || status === 429;
  return status >= 500 || status === 408 ? unclear(`http_${status}`) : failed(`http_${status}`, passing);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}

const NEVER_SENT: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"]);

/** No connection, no message. */
function neverSent(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && "code" in cause && NEVER_SENT.has(cause.code);
}

/** What a failed call to Slack's Web API means. */
export function slackFailure(error: unknown): Failure {
  if (error instanceof WebAPIRateLimitedError) {
    return failed("rate_limited", true, error.retryAfter * SECOND_MS);
  }
  if (error instanceof WebAPIPlatformError) return platformFailure(error.data.error);
  if (error instanceof WebAPIHTTPError) return httpFailure(error.statusCode);
  if (error instanceof WebAPIRequestError) {
    if (isTimeout(error.original)) return unclear("timeout");
    return neverSent(error.original) ? failed("network", true) : unclear("network");
  }
  // A 429 without a usable Retry-After comes as a plain Error.
  return unclear("unexpected_answer");
}
