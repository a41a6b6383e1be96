import type { ErrorRequestHandler } from "express";
import type { Logger } from "pino";
import { fail } from "./failure.ts";
import type { FailureCode } from "./failure.ts";

interface Answer {
  readonly code: FailureCode;
  readonly message: string;
}

/** What the body parser and the router report; their own messages quote the body or the path. */
const KNOWN: ReadonlyMap<string, Answer> = new Map([
  ["entity.parse.failed", { code: "invalid_json", message: "the body is not valid JSON" }],
  ["json.too.many.containers", { code: "payload_too_large", message: "the body holds too many objects" }],
  ["entity.too.large", { code: "payload_too_large", message: "the body is too large" }],
  [
    "encoding.unsupported",
    { code: "unsupported_media_type", message: "the content encoding is not supported" },
  ],
  ["charset.unsupported", { code: "unsupported_media_type", message: "the character set is not supported" }],
  ["request.aborted", { code: "bad_request", message: "the body ended early" }],
  ["request.size.invalid", { code: "bad_request", message: "the body has another length than announced" }],
]);

function property(error: unknown, name: "type" | "status"): unknown {
  return typeof error === "object" && error !== null && name in error
    ? (error as Record<string, unknown>)[name]
    : undefined;
}

function answerTo(error: unknown): Answer {
  const known = KNOWN.get(String(property(error, "type")));
  if (known !== undefined) return known;
  const status = property(error, "status");
  return typeof status === "number" && status >= 400 && status < 500
    ? { code: "bad_request", message: "the request cannot be read" }
    : { code: "internal", message: "something went wrong on our side; the log says more" };
}

/** Where it happened, without the message, which may quote what was received. */
function stackFrames(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .join("\n");
}

/** What the log may know of an error: its kind and place. */
export function describeError(error: unknown): { readonly error: string; readonly stack: string } {
  return { error: error instanceof Error ? error.name : typeof error, stack: stackFrames(error) };
}

/** The last handler: nothing of an error's text reaches the caller or the log. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, _req, res, _next) => {
    const { code, message } = answerTo(error);
    if (code === "internal") logger.error(describeError(error), "a request failed");
    if (res.headersSent) res.destroy();
    else fail(res, code, message);
  };
}
