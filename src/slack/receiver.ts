import { ExpressReceiver, isValidSlackRequest, type Logger as BoltLogger } from "@slack/bolt";
import { raw, type Application, type ErrorRequestHandler, type Request, type RequestHandler } from "express";
import type { Clock } from "../clock.ts";
import { MINUTE_MS, SECOND_MS } from "../log/time.ts";
import { SLACK_PATH } from "./manifest.ts";
import { Seen } from "./seen.ts";

/** Slack's own requests are far smaller: a click carries the message it was made in. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Bolt refuses what is older than five minutes; a time ahead of ours would stay replayable for longer. */
const MAX_AHEAD_MS = 60 * SECOND_MS;
/** As long as Bolt takes a request for fresh, and the time that it may be ahead. */
const REPLAYABLE_MS = 5 * MINUTE_MS + MAX_AHEAD_MS;
const MAX_SIGNATURES = 20_000;
const FORM = "application/x-www-form-urlencoded";

/** Bolt verifies the signature over `rawBody` where it is set, as it must be once the body was read. */
type SlackRequest = Request & { rawBody?: Buffer };

const keepRawBody: RequestHandler = (request: SlackRequest, _response, next) => {
  const body: unknown = request.body;
  if (Buffer.isBuffer(body)) request.rawBody = body;
  // Bolt compares the whole header, and some proxies add a charset.
  if (request.headers["content-type"]?.toLowerCase().startsWith(FORM) === true) {
    request.headers["content-type"] = FORM;
  }
  next();
};

/** Slack checks the certificate with an unsigned `ssl_check=1`; the answer holds nothing. */
const answerSslCheck: RequestHandler = (request: SlackRequest, response, next) => {
  const signed = request.headers["x-slack-signature"] !== undefined;
  if (!signed && isSslCheck(request.rawBody)) {
    response.status(200).end();
    return;
  }
  next();
};

function isSslCheck(body: Buffer | undefined): boolean {
  if (body === undefined || body.length > 1_000) return false;
  return new URLSearchParams(body.toString("utf8")).get("ssl_check") === "1";
}

function refuseTimeAhead(clock: Clock): RequestHandler {
  return (request, response, next) => {
    const aheadMs = Number(request.headers["x-slack-request-timestamp"]) * SECOND_MS - clock.now();
    if (aheadMs > MAX_AHEAD_MS) {
      response.status(401).end();
      return;
    }
    next();
  };
}

/**
 * A request that somebody recorded is signed as well as the first one: each signature is good for one request.
 * Only valid ones are remembered, so that nobody can fill the memory, or take a signature before its owner.
 */
function refuseReplay(clock: Clock, signingSecret: string): RequestHandler {
  const seen = new Seen(clock, REPLAYABLE_MS, MAX_SIGNATURES);
  return (request: SlackRequest, response, next) => {
    const signature = request.headers["x-slack-signature"];
    const timestamp = Number(request.headers["x-slack-request-timestamp"]);
    const body = request.rawBody?.toString("utf8") ?? "";
    const headers = { "x-slack-signature": String(signature), "x-slack-request-timestamp": timestamp };
    const isValid = isValidSlackRequest({ signingSecret, body, headers, nowMilliseconds: clock.now() });
    if (isValid && seen.again(String(signature))) {
      response.status(401).end();
      return;
    }
    next();
  };
}

/** Too large, cut off or compressed: the parser says which. */
const refuseBody: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const status = error instanceof Error && "status" in error ? Number(error.status) : 400;
  response.status(status >= 400 && status < 500 ? status : 400).end();
};

/** Mounts Slack's one URL; `express` must not have a body parser in front of it yet. */
export function mountReceiver(
  express: Application,
  signingSecret: string,
  clock: Clock,
  logger: BoltLogger,
): ExpressReceiver {
  express.post(
    SLACK_PATH,
    raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false }),
    keepRawBody,
    answerSslCheck,
    refuseTimeAhead(clock),
    refuseReplay(clock, signingSecret),
    refuseBody,
  );
  return new ExpressReceiver({
    app: express,
    signingSecret,
    endpoints: SLACK_PATH,
    logger,
    bodyLimit: MAX_BODY_BYTES,
  });
}
