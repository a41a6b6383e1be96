import { WebClient, type WebClientOptions } from "@slack/web-api";
import type { Logger } from "pino";
import { boltLogger } from "./bolt-log.ts";

const CALL_TIMEOUT_MS = 10_000;
const RESPOND_TIMEOUT_MS = 5_000;

/** `respond()` goes through this too, and would otherwise wait for ever. */
const fetchInTime: NonNullable<WebClientOptions["fetch"]> = (url, init) =>
  fetch(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(RESPOND_TIMEOUT_MS) });

/**
 * A fresh object each time, for the libraries write into it. No retries of theirs: after a lost answer they would
 * post an alert twice, and a rate limit would hold up every other call.
 */
export function clientOptions(apiUrl: string | undefined, log: Logger): WebClientOptions {
  return {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    timeout: CALL_TIMEOUT_MS,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    fetch: fetchInTime,
    logger: boltLogger(log),
  };
}

export function slackClient(token: string, apiUrl: string | undefined, log: Logger): WebClient {
  return new WebClient(token, clientOptions(apiUrl, log));
}
